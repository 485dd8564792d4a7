"""A database that is older than its journal, or has lost it, mails nothing until a person says so."""

import json
from types import SimpleNamespace

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from subscribers import addresses, tipmail
from subscribers.delivery import claims, heartbeat, pool, scheduling
from subscribers.delivery.sender import Sender
from subscribers.mail import link_mails, outbox
from subscribers.mailings import control
from subscribers.models import DatabaseIdentity, Delivery, Mailing, Subscriber, Suppression
from subscribers.people import journal, subscriptions
from subscribers.recovery import guard
from tests.subscribers import making
from tests.subscribers.draining import Never, drain
from tests.tips.making import make_tip

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher(django_user_model):
    person = django_user_model.objects.create_user("pia", "pia@example.org", "x", is_staff=True)
    person.groups.add(Group.objects.get(name="Publisher"))
    return person


def checkpoints():
    return [json.loads(line) for line in journal.path().read_text().splitlines()]


def take_backup():
    return DatabaseIdentity.objects.values("name", "counter").get()


def put_back(backup):
    DatabaseIdentity.objects.update(**backup)


def mailing_of(count, **fields):
    """Make a mailing that is on its way to so many people, none of whom has it."""
    values = {
        "state": Mailing.State.SENDING,
        "started_at": timezone.now(),
        "audience_up_to": Mailing.ALL,
    } | fields
    mailing = Mailing.objects.create(tip=make_tip(for_mail=True), **values)
    people = [Subscriber.objects.create(address=f"p{mailing.pk}-{n}@example.org") for n in range(count)]
    rows = [Delivery.objects.create(mailing=mailing, subscriber=person) for person in people]
    return mailing, rows


def test_a_new_database_may_mail_and_goes_on_doing_so():
    assert guard.why_closed() is None
    assert [guard.checkpoint() for _ in range(3)] == [True] * 3
    assert guard.why_closed() is None
    assert [line["counter"] for line in checkpoints()] == [0, 1, 2, 3]
    assert len({line["instance"] for line in checkpoints()}) == 1
    assert journal.path().stat().st_mode & 0o777 == 0o600


def test_a_database_that_was_put_back_may_not():
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint()
    put_back(backup)
    assert guard.why_closed() == guard.OLDER
    # Nor by trying: a checkpoint of its own would hide that it is older.
    before = checkpoints()
    assert guard.checkpoint() is False
    assert checkpoints() == before
    # Nor one from before there was any mail.
    DatabaseIdentity.objects.all().delete()
    assert guard.why_closed() == guard.OLDER


def test_a_database_that_lost_its_journal_or_has_anothers_may_not():
    guard.checkpoint()
    guard.checkpoint()
    kept = journal.path().read_text()
    journal.path().unlink()
    assert guard.why_closed() == guard.NO_JOURNAL
    assert guard.checkpoint() is False
    # People leave meanwhile, and that makes it no journal of ours.
    journal.append([journal.new_entry("erased", "0" * 64)])
    assert guard.why_closed() == guard.NO_JOURNAL
    journal.path().write_text(kept)
    assert guard.why_closed() is None
    DatabaseIdentity.objects.update(name="twin")
    assert guard.why_closed() == guard.ANOTHER
    assert guard.checkpoint() is False


@pytest.mark.parametrize(
    "moment", ["before the first checkpoint", "before a later checkpoint", "amid a checkpoint"]
)
def test_a_process_that_dies_on_the_way_closes_nothing(monkeypatch, moment):
    if moment != "before the first checkpoint":
        guard.checkpoint()
        whole = journal.path().read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(journal, "append", lambda entries: False)
        assert guard.checkpoint() is False
    if moment == "amid a checkpoint":
        journal.path().write_bytes(whole + whole.splitlines()[-1][:40])
    assert guard.why_closed() is None
    assert guard.checkpoint() is True
    assert guard.why_closed() is None


def test_marks_in_the_wrong_order_close_nothing():
    guard.checkpoint()
    guard.checkpoint()
    lines = journal.path().read_text().splitlines(keepends=True)
    journal.path().write_text("".join([lines[0], lines[2], lines[1]]))
    assert guard.why_closed() is None


def test_lines_that_are_none_are_passed_over():
    guard.checkpoint()
    odd = [
        b'{"what": "checkpoint"}',
        b'"checkpoint"',
        b'{"what": "checkpoint", "instance": 1, "counter": "x"}',
        b"\xff checkpoint",
    ]
    odd.append(b'{"what": "checkpoint", "instance": "another", "counter": 99, "up_to": "x"}')
    with journal.path().open("ab") as file:
        file.write(b"\n".join(odd) + b"\n")
    assert guard.why_closed() is None


def test_a_journal_that_cannot_be_read_lets_nothing_out():
    journal.path().mkdir()
    assert "cannot be read" in guard.why_closed().sentence
    assert guard.checkpoint() is False


def test_only_a_publisher_may_say_that_it_is_the_real_one(django_user_model):
    guard.checkpoint()
    journal.path().unlink()
    editor = django_user_model.objects.create_user("ed", "ed@example.org", "x", is_staff=True)
    editor.groups.add(Group.objects.get(name="Editor"))
    with pytest.raises(PermissionDenied):
        guard.declare_live(by=editor)
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
    sentence = guard.declare_live(by=publisher)
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
    assert guard.declare_live(by=publisher) == guard.OPEN
    assert checkpoints() == before


def test_a_database_without_a_journal_goes_on_once_somebody_said_so(publisher):
    guard.checkpoint()
    journal.path().unlink()
    guard.declare_live(by=publisher)
    assert guard.why_closed() is None
    assert guard.checkpoint() is True


def test_what_may_have_been_sent_since_the_backup_is_for_a_person_to_decide(publisher):
    mailing, rows = mailing_of(4)
    Delivery.objects.filter(pk=rows[0].pk).update(state=Delivery.State.SENT)
    guard.checkpoint(mailing, up_to=rows[0].pk)
    backup = take_backup()
    guard.checkpoint(mailing, up_to=rows[2].pk)
    put_back(backup)
    assert "2 deliveries are uncertain" in guard.declare_live(by=publisher)
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
    assert "3 deliveries are uncertain" in guard.declare_live(by=publisher)
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
    assert "3 deliveries are uncertain" in guard.declare_live(by=publisher)
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
    assert "0 deliveries are uncertain" in guard.declare_live(by=publisher)
    # And by a second restore, of a backup of afterwards, what was brought up then is not brought up again.
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint()
    put_back(backup)
    assert "0 deliveries are uncertain" in guard.declare_live(by=publisher)


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
    assert "0 suppressed" in guard.declare_live(by=publisher)
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
    guard.declare_live(by=publisher)
    mailing = Mailing.objects.get(tip=tip)
    assert (mailing.state, mailing.reason) == (Mailing.State.CANCELLED, guard.LOST)
    assert mailing.ended_at is not None


def test_a_correction_that_was_mailed_after_the_backup_is_not_mailed_again(publisher):
    sent, _ = mailing_of(1, state=Mailing.State.SENT)
    values = {
        "tip": sent.tip,
        "kind": Mailing.Kind.CORRECTION,
        "corrects": sent,
        "note": "The link was wrong.",
    }
    correction = Mailing.objects.create(**values)
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint(correction, up_to=9)
    put_back(backup)
    guard.declare_live(by=publisher)
    correction.refresh_from_db()
    assert (correction.state, correction.reason) == (Mailing.State.CANCELLED, guard.LOST)


def test_a_mailing_that_was_half_open_in_the_backup_waits_for_a_person(publisher):
    mailing, rows = mailing_of(1, state=Mailing.State.BUILDING, audience_up_to=5)
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint(mailing, up_to=rows[0].pk + 1)
    put_back(backup)
    assert "1 delivery is uncertain" in guard.declare_live(by=publisher)
    mailing.refresh_from_db()
    assert (mailing.state, mailing.reason) == (Mailing.State.PAUSED, guard.HALF_OPEN)


def test_a_tip_that_is_not_for_mail_here_does_not_stand_in_the_way(publisher):
    tip = make_tip(for_mail=False)
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint(SimpleNamespace(pk=77, tip_id=tip.pk, kind=Mailing.Kind.TIP), up_to=5)
    put_back(backup)
    guard.declare_live(by=publisher)
    assert guard.why_closed() is None
    assert not Mailing.objects.exists()


def test_it_stays_closed_where_the_journal_cannot_be_written(publisher, monkeypatch):
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint()
    put_back(backup)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "append", lambda entries: False)
        with pytest.raises(guard.JournalError):
            guard.declare_live(by=publisher)
    assert guard.why_closed() == guard.OLDER
    assert take_backup() == backup


@pytest.mark.parametrize("before", [0, 1])
def test_another_process_that_writes_a_checkpoint_while_we_look_does_not_close_it(monkeypatch, before):
    for _ in range(before):
        guard.checkpoint()
    latest, others = guard.checkpoints.latest, [guard.checkpoint]

    def look_slowly():
        last = latest()
        while others:
            others.pop()()
        return last

    monkeypatch.setattr(guard.checkpoints, "latest", look_slowly)
    assert guard.why_closed() is None
    assert take_backup()["counter"] == before + 1
    assert guard.why_closed() is None


# --- What is mailed --------------------------------------------------------------------------------------


def test_the_journal_knows_how_far_a_mailing_is_before_anything_goes(mail_server):
    making.make_people(3)
    mailing = making.open_mailing()
    last = mailing.deliveries.order_by("pk").last().pk
    known = []

    def look(stage, *_):
        if stage == "rcpt":
            known.append(checkpoints()[-1]["up_to"])

    mail_server.script = look
    drain()
    assert known == [last] * 3
    assert checkpoints()[-1] | {"at": "", "counter": 0, "instance": ""} == {
        "at": "", "what": "checkpoint", "instance": "", "counter": 0,
        "mailing": mailing.pk, "tip": mailing.tip_id, "kind": "tip", "up_to": 0, "finished": True,
    }  # fmt: skip


def test_nothing_is_opened_or_sent_while_it_is_closed_and_all_goes_on_afterwards(mail_server, publisher):
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
    assert "resume or cancel it" in guard.declare_live(by=publisher)
    drain()
    # Somebody may have stopped the one that was on its way: of that no journal tells.
    brought = {mail.message["Feedback-ID"].partition(":")[0] for mail in mail_server.taken}
    assert brought == {str(prepared.pk)}
    control.resume(sending, by=publisher)
    drain()
    assert len(mail_server.taken) == 4


def test_no_letter_goes_either_while_it_is_closed(mail_server, publisher):
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint()
    put_back(backup)
    subscriptions.request("anna@example.org")
    assert link_mails.outbox.send_due() == 0
    assert mail_server.taken == []
    guard.declare_live(by=publisher)
    with time_machine.travel(timezone.now() + outbox.WHILE_CLOSED):
        assert link_mails.outbox.send_due() == 1
    assert len(mail_server.taken) == 1


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
    guard.declare_live(by=publisher)
    making.open_mailing()
    drain()
    assert len({mail.sender for mail in mail_server.taken}) == len(mail_server.taken) == 4
    numbers = [tipmail.read_token(mail.sender) for mail in mail_server.taken]
    assert min(numbers[2:]) > max(numbers[:2]) + 1000


def test_nothing_is_sent_that_the_journal_could_not_note(mail_server, monkeypatch):
    making.make_people(1)
    mailing = making.open_mailing()
    with monkeypatch.context() as patch:
        patch.setattr(journal, "append", lambda entries: False)
        drain()
    assert mail_server.taken == []
    assert mailing.deliveries.get().state == Delivery.State.QUEUED
    drain()
    assert len(mail_server.taken) == 1


def test_who_left_by_the_journal_alone_is_not_in_the_audience(mail_server):
    anna, ben = making.make_people(2)
    journal.append([journal.new_entry("suppressed", anna.address_hash, reason="unsubscribed")])
    mailing = making.make_mailing()
    drain()
    assert [row.subscriber_id for row in mailing.deliveries.all()] == [ben.pk]
    anna.refresh_from_db()
    assert anna.state == Subscriber.State.LEFT


@pytest.mark.parametrize("how", ["a worker starts", "resumed", "sent once more"])
def test_who_left_by_the_journal_alone_gets_nothing_of_what_had_begun(
    mail_server, publisher, how, monkeypatch
):
    anna, ben = making.make_people(2)
    mailing = making.open_mailing()
    journal.append([journal.new_entry("suppressed", anna.address_hash, reason="unsubscribed")])
    monkeypatch.setattr(pool, "IDLE", 0)
    worker = pool.SenderPool(Never(), senders=1)
    sender = Sender(worker.worker_id, worker.stop)
    if how == "a worker starts":
        # None of its connections begins before the journal is read.
        assert not worker._send_some(sender)
        worker._open_mailings()
        assert worker._send_some(sender)
    elif how == "resumed":
        control.pause(mailing, by=publisher)
        control.resume(mailing, by=publisher)
    else:
        mailing.deliveries.update(state=Delivery.State.UNCERTAIN, uncertain_count=2)
        control.resolve(mailing, send_again=True, by=publisher)
    sender.close()
    drain()
    assert mail_server.recipients == {ben.address: 1}
    anna.refresh_from_db()
    assert anna.state == Subscriber.State.LEFT
