"""A backup that was taken in the middle of a mailing, and is put back when that is over."""

import pytest

from subscribers.models import Delivery, Mailing, SenderLease
from subscribers.recovery import guard
from tests.subscribers.draining import drain
from tests.subscribers.making import make_people, open_mailing
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
    assert "5 deliveries are uncertain" in guard.declare_live(by=publisher)
    drain()
    assert mail_server.recipients == {person.address: 1 for person in people}
    assert mailing.deliveries.filter(state=Delivery.State.SENT).count() == 3
    assert set(mailing.deliveries.held().values_list("reply", "uncertain_count")) == {(guard.REPLY, 2)}
