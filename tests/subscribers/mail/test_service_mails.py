"""The welcome, the tip it names, and the letters that tell of a change."""

import re
import threading

import pytest
from django.db import connection, transaction

from subscribers.mail import compose, service_mails
from subscribers.mailings import taken_back
from subscribers.models import Delivery, Mailing, ServiceMail, Suppression
from subscribers.people import subscriptions, suppressions
from tests.subscribers.conftest import free_port
from tests.tips.making import ago, make_tip
from tips.models import Tip

pytestmark = pytest.mark.django_db


@pytest.fixture
def tip():
    """The newest full dated tip, among others that are none of these."""
    make_tip("An older one", publish_at=ago(days=20))
    make_tip("Without a day", undated=True)
    make_tip("Not brought over", body="", publish_at=ago(days=1))
    make_tip("Still to come", publish_at=ago(days=-1))
    return make_tip(
        "Ask & <listen>", takeaway="First hear, then speak.", publish_at=ago(days=2), for_mail=True
    )


def join(address="anna@example.org", first_name="Anna"):
    return subscriptions.confirm(subscriptions.request(address, first_name=first_name))


def come_back(anna):
    subscriptions.leave(anna)
    join(anna.address)


def ledger(subscriber):
    """Return (tip, state) of what the ledger has for a subscriber."""
    return [((row.tip or row.mailing.tip).pk, row.state) for row in subscriber.deliveries.order_by("pk")]


def titles(post_office):
    """Send what is due; return for each mail whether it names a tip, by its kind."""
    del post_office.letters[:]
    service_mails.outbox.send_due()
    return [
        (letter.message["Subject"].partition(":")[0], "Here is the newest one" in letter.text)
        for letter in post_office.letters
    ]


def test_the_welcome_names_the_newest_full_dated_tip_and_counts_as_its_delivery(
    post_office, tip, settings, client
):
    settings.SITE_URL = "https://tips.example.org"
    anna = join(first_name="<Änne & Co>")
    service_mails.outbox.send_due()
    (letter,) = post_office.letters
    link = f"https://tips.example.org{tip.get_absolute_url()}"
    assert "Hello <Änne & Co>,\n\n" in letter.text
    assert "to begin with: Ask & <listen>\n\nFirst hear, then speak.\n" in letter.text
    assert f"\nRead the tip:\n{link}\n" in letter.text
    assert "Hello &lt;Änne &amp; Co&gt;," in letter.html
    assert "Ask &amp; &lt;listen&gt;</b>" in letter.html
    assert re.search(f'<a href="{link}"[^>]*>Read the tip</a>', letter.html)
    assert ledger(anna) == [(tip.pk, Delivery.State.SENT)]
    assert anna.deliveries.get().sent_at == ServiceMail.objects.get().mailed_at
    for text in (letter.text, letter.html):
        assert "/unsubscribe/" in text
        (preferences,) = re.findall(r"https://tips.example.org(/subscribe/preferences/[^\s\"]+)", text)
    assert "Änne" in client.get(preferences).text


def test_mail_programs_leave_by_the_headers_of_a_welcome(post_office, settings, client):
    settings.SITE_URL, settings.HTTPS = "https://a-rather-long-name.tips.example.org", True
    anna = join()
    service_mails.outbox.send_due()
    (letter,) = post_office.letters
    lines = letter.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    (leave,) = [line for line in lines if line.startswith(b"List-Unsubscribe:")]
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    address = leave.removeprefix(b"List-Unsubscribe: <https://a-rather-long-name.tips.example.org")
    client.post(address.decode().rstrip(">"), {"List-Unsubscribe": "One-Click"})
    anna.refresh_from_db()
    assert anna.state == anna.State.LEFT
    # What confirms a leaving is no mail of the list; and without HTTPS there is no such header.
    service_mails.outbox.send_due()
    assert b"List-Unsubscribe" not in post_office.letters[-1].raw
    settings.HTTPS = False
    assert not compose.welcome(ServiceMail.objects.first(), None).extra_headers.keys() & {"List-Unsubscribe"}


def test_what_is_not_delivered_of_a_letter_comes_back_to_the_mailbox_for_that(post_office, settings):
    settings.BOUNCE_ADDRESS = "bounces@example.org"
    settings.DEFAULT_FROM_EMAIL = "Zoë <tips@example.org>"
    join()
    service_mails.outbox.send_due()
    settings.BOUNCE_ADDRESS = ""
    join("bo@example.org")
    service_mails.outbox.send_due()
    assert [each.sender for each in post_office.letters] == ["bounces@example.org", "tips@example.org"]
    assert [str(each.message["From"]) for each in post_office.letters] == ["Zoë <tips@example.org>"] * 2


def test_a_welcome_without_a_tip_is_a_welcome_still(post_office):
    anna = join(first_name="")
    assert titles(post_office) == [("Welcome", False)]
    assert "Hello,\n" in post_office.letters[0].text
    assert ledger(anna) == []


def test_a_name_that_an_import_brought_stands_in_one_line(tip):
    anna = join()
    anna.first_name = "Anna\nBcc: eve@evil.example"
    mail = compose.welcome(ServiceMail(subscriber=anna, kind="welcome"), None)
    assert "Hello Anna Bcc: eve@evil.example,\n" in mail.body


@pytest.mark.parametrize(
    "state",
    [
        Delivery.State.QUEUED,
        Delivery.State.SENDING,
        Delivery.State.SENT,
        Delivery.State.DEFERRED,
        Delivery.State.UNCERTAIN,
    ],
)
def test_a_tip_that_a_mailing_brings_is_not_named_again(post_office, tip, state):
    anna = join()
    mailing = Mailing.objects.create(tip=tip)
    Delivery.objects.create(mailing=mailing, subscriber=anna, state=state)
    assert titles(post_office) == [("Welcome", False)]
    assert ledger(anna) == [(tip.pk, state)]


@pytest.mark.parametrize("state", [Delivery.State.SKIPPED, Delivery.State.REFUSED])
def test_a_tip_that_did_not_come_by_its_mailing_is_named(post_office, tip, state):
    anna = join()
    mailing = Mailing.objects.create(tip=tip)
    Delivery.objects.create(mailing=mailing, subscriber=anna, state=state)
    assert titles(post_office) == [("Welcome", True)]
    assert ledger(anna) == [(tip.pk, state), (tip.pk, Delivery.State.SENT)]


@pytest.mark.parametrize(
    "fields",
    [{"for_mail": False, "publish_at": ago(hours=1)}, {"for_mail": True, "publish_at": ago(days=800)}],
    ids=["not for mail", "years old"],
)
def test_a_tip_that_is_not_new_is_one_to_begin_with(post_office, fields):
    make_tip("Listen", **fields)
    join()
    assert titles(post_office) == [("Welcome", False)]
    (letter,) = post_office.letters
    assert "Here is one to begin with: Listen" in letter.text
    assert "Here is one to begin with: <b" in letter.html


def test_a_tip_that_is_the_newest_no_more_when_the_welcome_goes_is_not_called_so(post_office, tip):
    anna = join()
    service_mail = ServiceMail.objects.get()
    assert "Here is the newest one" in service_mails.prepare(service_mail).body
    make_tip("Newer", publish_at=ago(hours=1), for_mail=True)
    service_mail.refresh_from_db()
    assert f"Here is one to begin with: {tip}" in service_mails.prepare(service_mail).body
    assert ledger(anna) == [(tip.pk, Delivery.State.SENDING)]


def test_a_tip_that_is_withdrawn_before_the_welcome_goes_did_not_come_with_it(post_office, tip):
    anna = join()
    service_mail = ServiceMail.objects.get()
    service_mails.prepare(service_mail)
    Tip.objects.filter(pk=tip.pk).update(state="withdrawn")
    assert titles(post_office) == [("Welcome", False)]
    assert tip.title not in post_office.letters[0].text
    older = Tip.objects.get(title="An older one")
    assert ledger(anna) == [(tip.pk, Delivery.State.SKIPPED), (older.pk, Delivery.State.SENT)]


def test_whoever_comes_back_is_not_given_the_same_tip_by_a_second_welcome(post_office, tip):
    anna = join()
    assert titles(post_office) == [("Welcome", True)]
    come_back(anna)
    assert ("Welcome", False) in titles(post_office)
    newer = make_tip("Newer", publish_at=ago(hours=1), for_mail=True)
    come_back(anna)
    assert ("Welcome", True) in titles(post_office)
    assert ledger(anna) == [(tip.pk, Delivery.State.SENT), (newer.pk, Delivery.State.SENT)]


def test_a_welcome_that_could_not_be_sent_gives_its_tip_to_the_next_one(post_office, tip, settings):
    anna = join()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    assert titles(post_office) == []
    assert ledger(anna) == [(tip.pk, Delivery.State.SENDING)]
    subscriptions.leave(anna)
    ServiceMail.objects.update(due_at=ago(minutes=1))
    settings.EMAIL_PORT = port
    assert titles(post_office) == [("You have left", False)]
    assert ledger(anna) == [(tip.pk, Delivery.State.SKIPPED)]
    join()
    assert titles(post_office) == [("Welcome", True)]
    assert ledger(anna) == [(tip.pk, Delivery.State.SENT)]


def test_one_welcome_is_sent_to_who_left_and_returned_before_the_first(post_office, tip):
    anna = join()
    come_back(anna)
    assert titles(post_office) == [("Welcome", True)]
    assert ledger(anna) == [(tip.pk, Delivery.State.SENT)]


def test_nobody_who_left_or_is_silenced_is_welcomed(post_office, tip):
    subscriptions.leave(join())
    berta = join("berta@example.org")
    suppressions.suppress(berta.address_hash, Suppression.Reason.COMPLAINED)
    assert titles(post_office) == [("You have left", False)]
    assert not Delivery.objects.exists()


def test_the_old_address_is_told_of_a_change_once_and_kept_no_longer(post_office, tip):
    anna = join()
    titles(post_office)
    subscriptions.move(subscriptions.ask_to_move(anna, "new@example.org"))
    assert titles(post_office) == [("Your tips go to another address now", False)]
    assert post_office.letters[0].recipients == ["anna@example.org"]
    assert "new@example.org" not in post_office.letters[0].text
    assert not ServiceMail.objects.exclude(address="").exists()


def test_an_address_that_one_moved_back_to_is_not_told_that_the_tips_end(post_office, tip):
    anna = join()
    titles(post_office)
    for address in ("new@example.org", "anna@example.org"):
        anna.refresh_from_db()
        subscriptions.move(subscriptions.ask_to_move(anna, address))
    titles(post_office)
    assert [letter.recipients for letter in post_office.letters] == [["new@example.org"]]


# SQLite has one writer at a time.
if connection.vendor == "postgresql":

    @pytest.mark.django_db(transaction=True)
    def test_a_welcome_and_whoever_withdraws_its_tip_in_mid_send_do_not_wait_for_each_other(tip):
        mailing = Mailing.objects.create(tip=tip, state=Mailing.State.SENDING, tip_moment=tip.publish_at)
        join()
        locked, faults = threading.Event(), []

        def welcome():
            try:
                assert locked.wait(20)
                with transaction.atomic():
                    service_mails.prepare(ServiceMail.objects.get())
            except Exception as error:
                faults.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=welcome)
        thread.start()
        with transaction.atomic(), connection.cursor() as cursor:
            withdrawn = Tip.objects.select_for_update().get(pk=tip.pk)
            locked.set()
            while thread.is_alive():
                cursor.execute("SELECT 1 FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
                if cursor.fetchone():
                    break
            withdrawn.state = "withdrawn"
            withdrawn.save()
            taken_back.consequence(withdrawn)
        thread.join(20)
        mailing.refresh_from_db()
        assert (faults, mailing.state) == ([], Mailing.State.PAUSED)
        assert Delivery.objects.filter(tip=tip).count() == 0
