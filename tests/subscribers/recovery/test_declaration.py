"""A person says that a restored database is the real one: who gets mail then, and who decides on the rest."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from subscribers import addresses, tipmail
from subscribers.delivery import claims, heartbeat, scheduling
from subscribers.mail import outbox
from subscribers.mailings import control, status
from subscribers.models import DatabaseIdentity, Delivery, Mailing, Subscriber, Suppression
from subscribers.people import journal, subscriptions
from subscribers.recovery import declaration, doubts, guard
from tests.subscribers import making
from tests.subscribers.draining import drain, send_outgoing
from tests.subscribers.recovery.backups import checkpoints, mailing_of, put_back, take_backup
from tests.tips.making import make_tip

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_only_a_publisher_may_say_that_it_is_the_real_one(django_user_model):
    guard.checkpoint()
    journal.path().unlink()
    editor = django_user_model.objects.create_user("ed", "ed@example.org", "x", is_staff=True)
    editor.groups.add(Group.objects.get(name="Editor"))
    with pytest.raises(PermissionDenied):
        declaration.declare_live(by=editor)
    assert guard.why_closed() == guard.NO_JOURNAL


def test_saying_so_brings_back_who_left_and_opens_it_under_a_new_name(publisher):
    anna = Subscriber.objects.create(address="anna@example.org")
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint()
    journal.append(
        [journal.new_entry("suppressed", addresses.keyed_hash("anna@example.org"), reason="unsubscribed")]
    )
    put_back(backup)
    sentence = declaration.declare_live(by=publisher)
    anna.refresh_from_db()
    assert anna.state == Subscriber.State.LEFT
    assert set(Suppression.objects.values_list("reason", flat=True)) == {"unsubscribed"}
    assert "1 left" in sentence
    assert guard.why_closed() is None
    assert guard.checkpoint() is True
    # Its twin, the copy under the old name, is closed.
    put_back(backup)
    assert guard.why_closed() == guard.OLDER
    # So is what a slow process writes under the old name.
    journal.append(
        [{"at": timezone.now().isoformat(), "what": "checkpoint", "instance": backup["name"], "counter": 99}]
    )
    assert guard.why_closed() == guard.OLDER


def test_saying_so_where_nothing_is_wrong_changes_nothing(publisher):
    guard.checkpoint()
    before = checkpoints()
    assert declaration.declare_live(by=publisher) == declaration.OPEN
    assert checkpoints() == before


def test_of_two_who_press_at_once_the_second_changes_nothing(publisher, monkeypatch):
    mailing, rows = mailing_of(2)
    guard.checkpoint(mailing, up_to=rows[1].pk)
    journal.path().unlink()
    replay_journal, sentences = guard.replay_journal, []

    def overtaken():
        monkeypatch.setattr(guard, "replay_journal", replay_journal)
        sentences.append(declaration.declare_live(by=publisher))
        control.send_to_all(Mailing.objects.get(), by=publisher)
        return replay_journal()

    monkeypatch.setattr(guard, "replay_journal", overtaken)
    assert declaration.declare_live(by=publisher) == declaration.OPEN
    assert "1 mailing waits" in sentences[0]
    mailing.refresh_from_db()
    assert (mailing.state, mailing.cause) == (Mailing.State.SENDING, "")


def test_what_the_journal_of_another_site_finished_is_held_here_and_not_taken_for_mailed(publisher):
    guard.checkpoint()
    tip = make_tip("To come", publish_at=timezone.now() + HOUR, for_mail=True)
    mailing = Mailing.objects.create(tip=tip)
    theirs = {"mailing": mailing.pk, "tip": tip.pk, "kind": "tip", "up_to": 9, "finished": True}
    line = {"at": timezone.now().isoformat(), "what": "checkpoint", "instance": "theirs", "counter": 9}
    journal.path().write_text(json.dumps(line | theirs) + "\n")
    assert guard.why_closed() == guard.ANOTHER
    assert doubts.survey().mailed_tips == set()
    declaration.declare_live(by=publisher)
    mailing.refresh_from_db()
    assert (mailing.state, mailing.cause) == (Mailing.State.HELD, Mailing.Cause.RESTORED)


def test_a_database_without_a_journal_goes_on_once_somebody_said_so(publisher):
    guard.checkpoint()
    journal.path().unlink()
    declaration.declare_live(by=publisher)
    assert guard.why_closed() is None
    assert guard.checkpoint() is True


def test_what_may_have_been_sent_since_the_backup_is_for_a_person_to_decide(publisher):
    mailing, rows = mailing_of(4)
    Delivery.objects.filter(pk=rows[0].pk).update(state=Delivery.State.SENT)
    guard.checkpoint(mailing, up_to=rows[0].pk)
    backup = take_backup()
    guard.checkpoint(mailing, up_to=rows[2].pk)
    put_back(backup)
    assert "2 deliveries are uncertain" in declaration.declare_live(by=publisher)
    states = list(Delivery.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["sent", "uncertain", "uncertain", "queued"]
    assert Delivery.objects.held().count() == 2


@pytest.mark.parametrize("order", ["the finish alone", "the finish first", "the finish last"])
def test_of_what_was_finished_since_nothing_is_sent_again(publisher, order):
    mailing, rows = mailing_of(4)
    Delivery.objects.filter(pk=rows[0].pk).update(state=Delivery.State.SENT)
    # Put off when the backup was taken, and refused for good afterwards: no claim is needed for that.
    Delivery.objects.filter(pk=rows[1].pk).update(state=Delivery.State.DEFERRED, due_at=timezone.now())
    guard.checkpoint(mailing, up_to=rows[3].pk)
    backup = take_backup()
    if order == "the finish last":
        guard.checkpoint(mailing, up_to=rows[1].pk)
    guard.checkpoint(mailing, finished=True)
    if order == "the finish first":
        guard.checkpoint(mailing, up_to=rows[1].pk)
    put_back(backup)
    assert "3 deliveries are uncertain" in declaration.declare_live(by=publisher)
    assert Delivery.objects.held().count() == 3
    assert scheduling.finish(mailing.pk)


def test_what_was_on_its_way_in_a_copy_that_was_put_back_by_hand_is_for_a_person(mail_server, publisher):
    making.make_people(3)
    mailing = making.open_mailing()
    welcome = Delivery.objects.create(tip=mailing.tip, state=Delivery.State.SENDING)
    watch, lease_id = heartbeat.Watch(), claims.new_lease("w")
    claim = claims.take(lease_id, mailing.pk)
    guard.checkpoint(mailing, max(claim.ids))
    backup = take_backup()
    # From here on all of them are sent, which neither the copy knows nor any checkpoint.
    guard.checkpoint()
    put_back(backup)
    assert [claims.sweep(watch, moment) for moment in (0, 14, 28, 42)] == [0] * 4
    assert set(mailing.deliveries.values_list("state", flat=True)) == {Delivery.State.SENDING}
    assert "3 deliveries are uncertain" in declaration.declare_live(by=publisher)
    assert claims.sweep(watch, 50) == 1
    drain()
    assert mail_server.taken == []
    assert mailing.deliveries.held().count() == 3
    welcome.refresh_from_db()
    assert welcome.state == Delivery.State.SENDING


def test_what_the_backup_knows_already_is_left_alone(publisher):
    mailing, rows = mailing_of(2)
    guard.checkpoint(mailing, up_to=rows[1].pk)
    # Of what was claimed then, one was put off: no doubt about it.
    backup = take_backup()
    guard.checkpoint()
    put_back(backup)
    assert "0 deliveries are uncertain" in declaration.declare_live(by=publisher)
    # And by a second restore, of a backup of afterwards, what was brought up then is not brought up again.
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint()
    put_back(backup)
    assert "0 deliveries are uncertain" in declaration.declare_live(by=publisher)


def test_no_strange_line_of_the_journal_keeps_it_closed(publisher, caplog):
    """Each is something that a person, another program or a broken disk may have written."""
    key, at = "a" * 64, "2026-01-01T00:00:00+00:00"
    entry = {"at": at, "what": "suppressed", "address_hash": key, "reason": "bounced"}
    guard.checkpoint()
    row = take_backup()
    checkpoint = {"at": at, "what": "checkpoint", "instance": row["name"], "counter": 9}
    of_one = {**checkpoint, "mailing": 1, "tip": 1, "kind": "tip", "up_to": 5}
    wrong = [
        *(entry | {"at": value} for value in ("2026-01-01T00:00:00", "2026-01-01", 7, None)),
        *(entry | {"at": f"{year}-12-31T23:59:59-12:00"} for year in ("0001", "9999")),
        *(
            entry | {"address_hash": value}
            for value in ("\ud800" * 64, "A" * 64, "a" * 65, "a" * 63 + "\0", [], None)
        ),
        *(entry | {"reason": value} for value in ("", "\0", "b" * 13, "Bounced", 5, {})),
        *(entry | {"what": value} for value in ("moved", "praised", [], None)),
        {**entry, "what": "moved", "to": "\ud800"},
        *(checkpoint | {"counter": value} for value in (2**53, 10**30, -1, True, 1.5, "9", None)),
        *(checkpoint | {name: 5} for name in ("instance", "instead_of")),
        {**checkpoint, "mailing": 1, "up_to": 5},
        *(
            of_one | {name: value}
            for name in ("mailing", "tip", "up_to")
            for value in (2**63, -1, [], "x", None)
        ),
        *(of_one | {"kind": value} for value in ({}, [], 1, None)),
    ]
    lines = [json.dumps(value).encode() for value in wrong]
    lines += [
        b"[" * 100_000,
        b'"what": "checkpoint"' + b"[" * 100_000,
        b"[" * 100_000 + b'"what": "checkpoint"',
    ]
    lines += [
        b'{"what": "checkpoint", "counter": ' + b"9" * 5000 + b"}",
        b"\xff\xfe\x00{}",
        b'{"at": "2026-01-0',
    ]
    # These are checkpoints, though of nothing that there is here.
    closing = [checkpoint, *(of_one | {"kind": value} for value in ("\0", "\ud800", "praise"))]
    first = len(checkpoints()) + 1
    with journal.path().open("ab") as file:
        file.write(b"\n".join(lines + [json.dumps(value).encode() for value in closing]) + b"\n")
    assert guard.why_closed() == guard.OLDER
    assert "0 suppressed" in declaration.declare_live(by=publisher)
    logged = [n for n in range(1, first + len(lines) + 9) if f", line {n}: no " in caplog.text]
    assert logged == list(range(first, first + len(lines)))
    assert key not in caplog.text
    assert guard.why_closed() is None
    assert guard.checkpoint()
    assert not any(guard.replay_journal().values())


@pytest.mark.parametrize("known", ["nothing", "prepared"])
def test_a_tip_that_was_mailed_after_the_backup_is_not_mailed_again(publisher, known):
    tip = make_tip(for_mail=True)
    guard.checkpoint()
    backup = take_backup()
    lost = SimpleNamespace(pk=77, tip_id=tip.pk, kind=Mailing.Kind.TIP)
    guard.checkpoint(lost, up_to=500)
    guard.checkpoint(lost, up_to=900, finished=True)
    if known == "prepared":
        Mailing.objects.create(tip=tip)
    put_back(backup)
    declaration.declare_live(by=publisher)
    mailing = Mailing.objects.get(tip=tip)
    assert (mailing.state, mailing.reason) == (Mailing.State.CANCELLED, declaration.LOST)
    assert mailing.ended_at is not None


@pytest.mark.parametrize("finished", [True, False])
def test_a_correction_that_was_mailed_after_the_backup_is_not_mailed_again_by_itself(publisher, finished):
    sent, _ = mailing_of(1, state=Mailing.State.SENT)
    correction = make_correction(sent)
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint(correction, up_to=9)
    if finished:
        guard.checkpoint(correction, finished=True)
    put_back(backup)
    declaration.declare_live(by=publisher)
    correction.refresh_from_db()
    cancelled = Mailing.State.CANCELLED, "", declaration.LOST
    held = Mailing.State.HELD, Mailing.Cause.RESTORED, declaration.BEGUN
    assert (correction.state, correction.cause, correction.reason) == (cancelled if finished else held)


def make_correction(mailing):
    values = {"kind": Mailing.Kind.CORRECTION, "corrects": mailing, "note": "The link was wrong."}
    return Mailing.objects.create(tip=mailing.tip, **values)


def test_a_mailing_that_was_half_open_in_the_backup_waits_for_a_person(publisher):
    mailing, rows = mailing_of(1, state=Mailing.State.BUILDING, audience_up_to=5)
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint(mailing, up_to=rows[0].pk + 1)
    put_back(backup)
    assert "1 delivery is uncertain" in declaration.declare_live(by=publisher)
    mailing.refresh_from_db()
    assert (mailing.state, mailing.cause) == (Mailing.State.PAUSED, Mailing.Cause.RESTORED)


def test_of_one_that_was_half_open_and_finished_since_nobody_else_gets_a_row(publisher):
    mailing, _ = mailing_of(1, state=Mailing.State.BUILDING, audience_up_to=5)
    making.make_people(3)
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint(mailing, finished=True)
    put_back(backup)
    declaration.declare_live(by=publisher)
    drain()
    mailing.refresh_from_db()
    assert (mailing.state, mailing.deliveries.count()) == (Mailing.State.SENT, 1)


def restore(publisher, meanwhile=lambda: None, **options):
    """Take a backup, let something happen, put the backup back, and say that this is the real one."""
    guard.checkpoint()
    backup = take_backup()
    meanwhile()
    guard.checkpoint()
    put_back(backup)
    return declaration.declare_live(by=publisher, **options)


def standing(tip):
    return Mailing.objects.values_list("state", "cause").get(tip=tip)


HELD = (Mailing.State.HELD, Mailing.Cause.RESTORED)


@pytest.mark.parametrize("known", ["no mailing", "prepared", "stopped", "a correction"])
def test_what_may_have_gone_out_since_the_backup_does_not_begin_by_itself(mail_server, publisher, known):
    making.make_people(2)
    tip = make_tip(for_mail=True, publish_at=timezone.now() - timedelta(minutes=1))
    if known == "prepared":
        making.make_mailing(tip)
    elif known == "stopped":
        making.make_mailing(tip, state=Mailing.State.HELD, reason="Stopped by ed.", by=publisher)
    elif known == "a correction":
        tip = make_correction(mailing_of(1, state=Mailing.State.SENT)[0]).tip
        Mailing.objects.filter(tip=tip, kind=Mailing.Kind.TIP).update(state=Mailing.State.SENT)
    restore(publisher)
    scheduling.keep_up(timezone.now())
    drain()
    assert mail_server.taken == []
    assert HELD in Mailing.objects.filter(tip=tip).values_list("state", "cause")


def test_what_goes_live_afterwards_begins_by_itself(mail_server, publisher):
    making.make_people(2)
    now = timezone.now()
    waits, tip = make_tip(for_mail=True, publish_at=now), make_tip(for_mail=True, publish_at=now + HOUR)
    restore(publisher)
    with time_machine.travel(now + HOUR):
        scheduling.keep_up(timezone.now())
        drain()
    assert len(mail_server.taken) == 2
    assert (standing(waits), standing(tip)) == (HELD, (Mailing.State.SENT, ""))


def test_a_clock_that_is_behind_the_journal_lets_nothing_begin(mail_server, publisher):
    making.make_people(1)
    tip = make_tip(for_mail=True, publish_at=timezone.now() + HOUR)

    def go_live():
        with time_machine.travel(timezone.now() + 2 * HOUR):
            guard.checkpoint()

    restore(publisher, go_live)
    with time_machine.travel(timezone.now() + HOUR):
        scheduling.keep_up(timezone.now())
    assert standing(tip) == HELD


def test_what_somebody_had_paused_says_that_it_may_have_gone_on(publisher):
    mailing, _ = mailing_of(2, state=Mailing.State.PAUSED, reason="Paused by ed. A typo")
    restore(publisher)
    mailing.refresh_from_db()
    described = status.describe(mailing)
    assert "0 have it, and 2 may have it already" in described.sentence
    assert "Paused by ed. A typo" in described.sentence
    assert "nobody more, to those never tried, or to all" in described.advice


def test_who_was_put_off_before_the_backup_counts_as_tried(publisher):
    mailing, rows = mailing_of(3)
    put_off = {"state": Delivery.State.DEFERRED, "due_at": timezone.now() + HOUR, "tries": 1}
    Delivery.objects.filter(pk=rows[0].pk).update(**put_off)
    Delivery.objects.filter(pk=rows[1].pk).update(state=Delivery.State.SENT)
    restore(publisher)
    mailing.refresh_from_db()
    assert doubts.reached(mailing) == doubts.Reached(sent=1, tried=1, untried=1, is_list_open=False)


# --- Mails to one person each ----------------------------------------------------------------------------


def waiting_letters():
    """Have a confirmation and a welcome wait."""
    asked = subscriptions.request("anna@example.org")
    subscriptions.confirm(subscriptions.request("ben@example.org"))
    return asked


@pytest.mark.parametrize("send", [False, True])
def test_letters_that_waited_at_the_backup_are_dropped_unless_somebody_wants_them_sent(
    mail_server, publisher, client, send
):
    asked = waiting_letters()
    sentence = restore(publisher, send_letters=send)
    with time_machine.travel(timezone.now() + outbox.WHILE_CLOSED):
        send_outgoing()
    assert len(mail_server.taken) == (2 if send else 0)
    assert ("2 mails to one person each were dropped." in sentence) != send
    # The link that went out before still works.
    assert client.get(f"/subscribe/confirm/{asked.token}/").status_code == 200
    client.post(f"/subscribe/confirm/{asked.token}/")
    assert Subscriber.objects.confirmed().filter(address="anna@example.org").exists()


def test_letters_asked_for_since_the_restore_are_sent(mail_server, publisher):
    waiting_letters()
    guard.checkpoint()
    DatabaseIdentity.objects.update(restored_at=timezone.now())
    subscriptions.request("carl@example.org")
    assert send_outgoing() is None
    assert mail_server.taken == []
    declaration.declare_live(by=publisher)
    with time_machine.travel(timezone.now() + outbox.WHILE_CLOSED):
        send_outgoing()
    assert list(mail_server.recipients) == ["carl@example.org"]


def test_a_tip_that_is_not_for_mail_here_does_not_stand_in_the_way(publisher):
    tip = make_tip(for_mail=False)
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint(SimpleNamespace(pk=77, tip_id=tip.pk, kind=Mailing.Kind.TIP), up_to=5)
    put_back(backup)
    declaration.declare_live(by=publisher)
    assert guard.why_closed() is None
    assert not Mailing.objects.exists()


def test_it_stays_closed_where_the_journal_cannot_be_written(publisher, monkeypatch):
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint()
    put_back(backup)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "append", lambda entries: False)
        with pytest.raises(declaration.JournalError):
            declaration.declare_live(by=publisher)
    assert guard.why_closed() == guard.OLDER
    assert take_backup() == backup


def test_nothing_is_opened_or_sent_while_it_is_closed(mail_server, publisher):
    making.make_people(2)
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint()
    sending, prepared = making.open_mailing(), making.make_mailing()
    put_back(backup)
    drain()
    assert mail_server.taken == []
    prepared.refresh_from_db()
    sending.refresh_from_db()
    assert prepared.state == Mailing.State.PREPARED
    assert sending.trouble == guard.OLDER.sentence
    assert "2 mailings wait for somebody to say who gets it" in declaration.declare_live(by=publisher)
    drain()
    # Both may have gone out, or gone on: of that no journal tells.
    assert mail_server.taken == []
    for mailing in (sending, prepared):
        mailing.refresh_from_db()
        control.send_to_all(mailing, by=publisher)
    drain()
    assert len(mail_server.taken) == 4


def test_what_comes_back_of_a_lost_delivery_is_nobody_elses(mail_server, publisher, settings):
    settings.BOUNCE_ADDRESS = "bounces@tips.example.org"
    making.make_people(2)
    guard.checkpoint()
    backup = take_backup()
    lost = making.open_mailing()
    drain()
    # Gone with all that was numbered since, as by a restore.
    lost.deliveries.all().delete()
    put_back(backup)
    declaration.declare_live(by=publisher)
    making.open_mailing()
    drain()
    assert len({mail.sender for mail in mail_server.taken}) == len(mail_server.taken) == 4
    numbers = [tipmail.read_token(mail.sender) for mail in mail_server.taken]
    assert min(numbers[2:]) > max(numbers[:2]) + 1000
