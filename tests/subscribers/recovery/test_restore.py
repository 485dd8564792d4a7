"""A backup is put back: one of the middle of a mailing, and one of before a tip went out."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from subscribers.delivery import scheduling
from subscribers.mailings import status
from subscribers.models import Delivery, Mailing, SenderLease
from subscribers.people import journal, subscriptions
from subscribers.recovery import declaration, guard
from tests.subscribers.draining import drain
from tests.subscribers.making import make_people, open_mailing
from tests.tips.making import make_tip
from tipsite.backup import backup_file


class BackupAfter:
    """A ``stop`` that never comes, and takes a backup as soon as a server has taken so many mails."""

    def __init__(self, file, server, count):
        self.file, self.server, self.count = file, server, count

    def wait(self, seconds):
        return False

    def __bool__(self):
        if len(self.server.taken) == self.count and not self.file.exists():
            backup_file.backup(self.file)
        return False


@pytest.mark.processes
def test_nobody_has_it_twice_and_it_is_told_of_whom_nobody_knows(own_copy, mail_server, publisher, tmp_path):
    people, file = make_people(8), tmp_path / "all.tar"
    mailing = open_mailing()
    drain(BackupAfter(file, mail_server, 3))
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.SENT
    assert file.exists()
    backup_file.restore(file)
    assert guard.why_closed() == guard.OLDER
    assert not SenderLease.objects.exists()
    # Whatever anybody does before a Publisher has spoken.
    assert mailing.deliveries.held().count() == 5
    assert "5 deliveries are uncertain" in declaration.declare_live(by=publisher)
    drain()
    assert mail_server.recipients == {person.address: 1 for person in people}
    assert mailing.deliveries.filter(state=Delivery.State.SENT).count() == 3
    assert set(mailing.deliveries.held().values_list("reply", "uncertain_count")) == {(guard.REPLY, 2)}


@pytest.mark.processes
@pytest.mark.parametrize("journal_is", ["the backup's", "lost"])
def test_a_tip_that_went_out_after_the_backup_waits_for_a_person(
    own_copy, mail_server, publisher, tmp_path, settings, journal_is
):
    people, file = make_people(12), tmp_path / "all.tar"
    tip = make_tip(for_mail=True, publish_at=timezone.now() + timedelta(hours=1))
    backup_file.backup(file)
    scheduling.keep_up(tip.publish_at - scheduling.GRACE)
    with time_machine.travel(tip.publish_at):
        drain()
        assert len(mail_server.taken) == 12
        for person in people[:3]:
            subscriptions.leave(person)
    # An empty machine, with nothing but the backup.
    settings.STATE_DIR = tmp_path / "new"
    settings.STATE_DIR.mkdir()
    backup_file.restore(file)
    if journal_is == "lost":
        journal.path().unlink()
    with time_machine.travel(tip.publish_at + timedelta(hours=1)):
        scheduling.keep_up(timezone.now())
        drain()
        assert guard.why_closed() == (guard.NO_JOURNAL if journal_is == "lost" else guard.OLDER)
        declaration.declare_live(by=publisher)
        scheduling.keep_up(timezone.now())
        drain()
        assert len(mail_server.taken) == 12
        mailing = Mailing.objects.get(tip=tip)
        assert (mailing.state, mailing.cause) == (Mailing.State.HELD, Mailing.Cause.RESTORED)
        assert "any of the 12 on the list may have it" in status.describe(mailing).sentence
