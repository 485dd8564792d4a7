"""That nothing bypasses a suppression: every reason, and every pair, against every path back."""

from datetime import timedelta
from itertools import combinations

import pytest
from django.core.management import call_command
from django.utils import timezone

from subscribers import addresses
from subscribers.mail import link_mails, service_mails
from subscribers.models import LinkRequest, ServiceMail, Subscriber, Suppression
from subscribers.people import erasure, journal, subscriptions, suppressions
from subscribers.recovery import replay
from subscribers.tokens import Purpose, make

pytestmark = pytest.mark.django_db

REASONS = list(Suppression.Reason)
NONE, LEFT = (), (Suppression.Reason.UNSUBSCRIBED,)
SETS = [NONE, *combinations(REASONS, 1), *combinations(REASONS, 2)]


@pytest.fixture(autouse=True)
def own_journal(settings, tmp_path):
    settings.STATE_DIR = tmp_path


class Silenced:
    """Somebody who was a subscriber until some reasons came, with the links that they had got before.

    Where there is no reason, it is somebody new: that a path leads anywhere at all shows by them.
    """

    def __init__(self, name, reasons):
        self.address, self.reasons, self.undo = f"{name}@example.org", reasons, ""
        signup = subscriptions.request(self.address)
        self.older_link = f"/subscribe/confirm/{signup.token}/"
        self.row = Subscriber.objects.create(address=self.address)
        self.preferences = subscriptions.request(self.address, kind=LinkRequest.Kind.LINK)
        if not reasons:
            self.row.delete()
        if Suppression.Reason.UNSUBSCRIBED in reasons:
            subscriptions.leave(self.row)
            self.undo = make(Purpose.UNDO_BY_MAIL, subscriptions.leaving(self.row))
        for reason in set(reasons) - {Suppression.Reason.UNSUBSCRIBED, Suppression.Reason.ERASED}:
            suppressions.suppress(self.row.address_hash, reason)
        if Suppression.Reason.ERASED in reasons:
            erasure.erase(self.row)

    def __str__(self):
        return f"{self.address} ({', '.join(self.reasons)})"

    @property
    def is_reachable(self):
        rows = Subscriber.objects.reachable(timezone.localdate())
        return rows.filter(address_folded=self.address).exists()


# --- The paths back. Each gets all of them, so that files are read once, and a client. ------------------


def sign_up_and_confirm(people, client):
    for each in people:
        signup = subscriptions.request(each.address)
        client.post(f"/subscribe/confirm/{signup.token}/")


def ask_for_the_confirmation_once_more(people, client):
    for each in people:
        signup = subscriptions.request(each.address, kind=LinkRequest.Kind.AGAIN)
        client.post(f"/subscribe/confirm/{signup.token}/")


def ask_for_the_confirmation_and_wait(people, client):
    for each in people:
        subscriptions.request(each.address)
        subscriptions.request(each.address, kind=LinkRequest.Kind.AGAIN)


def press_a_link_mailed_before(people, client):
    for each in people:
        client.post(each.older_link)


def press_undo(people, client):
    for each in people:
        client.post(f"/subscribe/undo/{each.undo or make(Purpose.UNDO, subscriptions.no_leaving())}/")


def open_preferences(people, client):
    for each in people:
        link = f"/subscribe/preferences/{each.preferences.token}/"
        for act in ("name", "pause", "resume", "move"):
            client.post(link, {"do": act, "first_name": "Anna", "address": each.address})


def move_somebody_there(people, client):
    for n, each in enumerate(people):
        other = Subscriber.objects.create(address=f"other{n}@elsewhere.example")
        subscriptions.move(subscriptions.ask_to_move(other, each.address))


def bring_them_over_from_a_file(people, client):
    file = journal.path().with_name("list.csv")
    lines = ["Email Address,Status", *(f"{each.address},subscribed" for each in people)]
    file.write_text("\n".join(lines) + "\n")
    call_command("import_subscribers", str(file), source="A list of ours.", verbosity=0)


def write_the_row_by_hand(people, client):
    for each in people:
        row, _ = Subscriber.objects.get_or_create(
            address_folded=each.address, defaults={"address": each.address}
        )
        row.state, row.left_at = Subscriber.State.CONFIRMED, None
        row.save()


def delete_the_row_and_add_it(people, client):
    for each in people:
        Subscriber.objects.filter(address_folded=each.address).delete()
        Subscriber.objects.create(address=each.address)


def restore_a_backup_and_replay(people, client):
    Suppression.objects.all().delete()
    Subscriber.objects.all().delete()
    Subscriber.objects.bulk_create(
        Subscriber(
            address=each.address,
            address_folded=each.address,
            address_hash=addresses.keyed_hash(each.address),
            joined_at=timezone.now() - timedelta(days=9),
        )
        for each in people
    )
    replay.replay(journal.entries())


# Whom each path leads to the list: new people, and by their own press those who had only left.
PATHS = {
    sign_up_and_confirm: [NONE, LEFT],
    ask_for_the_confirmation_once_more: [NONE, LEFT],
    press_undo: [LEFT],
    ask_for_the_confirmation_and_wait: [],
    press_a_link_mailed_before: [NONE],
    open_preferences: [],
    move_somebody_there: [NONE],
    bring_them_over_from_a_file: [NONE],
    write_the_row_by_hand: [NONE],
    delete_the_row_and_add_it: [NONE],
    restore_a_backup_and_replay: [NONE],
}
# New people and those who only left may be asked by mail, and nobody else.
MAY_BE_ASKED = {ask_for_the_confirmation_and_wait: [NONE, LEFT]}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_no_path_leads_back_but_the_persons_own_word_after_leaving(path, client, post_office):
    people = [Silenced(f"anna{n}", reasons) for n, reasons in enumerate(SETS)]
    ServiceMail.objects.all().delete()
    LinkRequest.objects.update(mail_state=LinkRequest.MailState.SENT)
    path(people, client)
    link_mails.outbox.send_due()
    service_mails.outbox.send_due()
    mailed = {address for letter in post_office.letters for address in letter.recipients}
    for each in people:
        assert each.is_reachable == (each.reasons in PATHS[path]), each
        may_be_asked = each.reasons in MAY_BE_ASKED.get(path, [])
        assert (each.address in mailed) <= (each.is_reachable or may_be_asked), each
        assert (each.address in mailed) >= may_be_asked, each
        assert suppressions.reasons(each.address) == set([] if each.is_reachable else each.reasons), each


def test_several_reasons_hold_at_once_and_end_one_by_one():
    key = addresses.keyed_hash("anna@example.org")
    Subscriber.objects.create(address="anna@example.org")
    everybody = Subscriber.objects.reachable(timezone.localdate())
    for reason in (Suppression.Reason.BOUNCED, Suppression.Reason.COMPLAINED, Suppression.Reason.BOUNCED):
        suppressions.suppress(key, reason)
    assert suppressions.reasons("Anna@Example.org") == {"bounced", "complained"}
    assert suppressions.lift(key, Suppression.Reason.BOUNCED)
    assert not suppressions.lift(key, Suppression.Reason.BOUNCED)
    assert not everybody.exists()
    assert suppressions.lift(key, Suppression.Reason.COMPLAINED)
    assert everybody.exists()


def test_the_list_names_nobody():
    suppressions.suppress_all(
        [
            Suppression(address_hash=addresses.keyed_hash(f"anna{n}@example.org"), reason="bounced")
            for n in range(3)
        ]
    )
    assert "anna" not in str(list(Suppression.objects.values()))
