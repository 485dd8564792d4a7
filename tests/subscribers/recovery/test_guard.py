"""A database that is older than its journal, or has lost it, mails nothing until a person says so."""

import json

import pytest
from django.utils import timezone

from subscribers.delivery import pool
from subscribers.delivery.sender import Sender
from subscribers.mailings import control
from subscribers.models import DatabaseIdentity, Delivery, Subscriber
from subscribers.people import journal
from subscribers.recovery import guard
from tests.subscribers import making
from tests.subscribers.draining import Never, drain
from tests.subscribers.recovery.backups import checkpoints, put_back, take_backup

pytestmark = pytest.mark.django_db


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


def test_a_journal_that_was_cut_off_or_fetched_hours_ago_closes_it():
    for _ in range(4):
        guard.checkpoint()
    lines = journal.path().read_text().splitlines(keepends=True)
    # What a process that died has not written is no gap; what stood there once is.
    journal.path().write_text("".join(lines[:-1]))
    assert guard.why_closed() is None
    journal.path().write_text("".join(lines[:-2]))
    assert guard.why_closed() == guard.CUT_OFF
    assert guard.checkpoint() is False
    journal.path().write_text("".join(lines))
    assert guard.why_closed() is None


def test_a_journal_in_the_same_file_that_is_another_one_is_read_from_its_start():
    guard.checkpoint()
    own = journal.path().read_text()
    assert guard.why_closed() is None
    entry = journal.new_entry("erased", "0" * 64)
    journal.path().write_text(f"{json.dumps(entry)}\n" * 9)
    assert guard.why_closed() == guard.NO_JOURNAL
    journal.path().write_text(f"{json.dumps(entry)}\n" * 9 + own)
    assert guard.why_closed() is None


def test_a_restored_database_that_had_never_mailed_may_not_either():
    DatabaseIdentity.objects.create(pk=1, restored_at=timezone.now())
    assert guard.why_closed() == guard.NO_JOURNAL
    # Nor with a journal that agrees with it.
    DatabaseIdentity.objects.update(restored_at=None)
    guard.checkpoint()
    DatabaseIdentity.objects.update(restored_at=timezone.now())
    assert guard.why_closed() == guard.OLDER


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
