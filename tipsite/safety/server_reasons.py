"""What the server says for or against the next slot: a look of ``verdict`` at workers, clocks and disks."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from django.core import checks
from django.urls import reverse
from django.utils import timezone

from shield import clocks
from subscribers.delivery import heartbeat
from subscribers.models import Heartbeat
from tips import permissions
from tips.schedule.verdict import Question, Reason, Remedy, Severity
from tipsite.backup import runs
from tipsite.safety import disks

# Of a disk, in bytes: less is nearly full, unless the disk is small.
_LITTLE = 500 * 2**20
_SET_CLOCK = "Let each machine take the time from the network (NTP)."
_START = "Whoever runs the server starts one, with manage.py worker or manage.py serve. Nothing is lost."


def look(question: Question) -> Iterator[Reason]:
    """Say what the machines and the settings of the site have for or against its next slot."""
    if question.of_site:
        yield from _workers()
        yield from _sender()
        standing = runs.standing(question.now)
        yield from _backups(standing)
        yield from _disks(standing)


def _stop(code: str, words: str, fact: str, headline: str, advice: str) -> Reason:
    return Reason(code, Severity.STOP, words, fact, headline, advice, is_internal=True)


def _workers() -> Iterator[Reason]:
    ahead_here = clocks.ahead_of_database()
    there = timezone.now() - ahead_here
    workers = list(Heartbeat.objects.all())
    alive = [worker for worker in workers if heartbeat.is_alive(worker, there)]
    if alive:
        yield Reason("worker", Severity.GOOD, "", "Worker awake")
    else:
        words = "No worker is alive: no mail goes out."
        reason = _stop("worker", words, "Worker silent", "no worker is awake", _START)
        url = f"{reverse('admin:safe')}#worker"
        yield replace(reason, remedies=(Remedy("How to start a worker", url, permissions.APPROVE),))
    ahead = {worker.host: timedelta(seconds=worker.clock_ahead) for worker in alive}
    # A worker of this very machine may have seen it before the clock was set.
    ahead[socket.gethostname()] = ahead_here
    for host, difference in ahead.items():
        if abs(difference) > clocks.WORTH_TELLING:
            seconds = f"{abs(difference).total_seconds():,.0f} seconds"
            side = "ahead of" if difference > timedelta() else "behind"
            yield _clock(f"The clock of {host or 'a worker'} is {seconds} {side} the database’s.")
    if any(worker.seen_at > there + clocks.TOLERANCE for worker in workers):
        yield _clock("A worker was seen in the future: the database’s clock was set back.")


def _clock(words: str) -> Reason:
    return _stop("clock", words, "Clocks differ", "the clocks differ", _SET_CLOCK)


def _sender() -> Iterator[Reason]:
    for message in checks.run_checks(tags=["mail"]):
        advice = message.hint or "Whoever runs the server changes the setting, and starts the site anew."
        yield _stop(
            "sender", str(message.msg), "Sender’s settings", "the sender’s settings are wrong", advice
        )


def _backups(standing: runs.Standing) -> Iterator[Reason]:
    if standing.failed:
        words, advice = runs.failure_in_words(standing.failed), ""
        yield _stop("backup", words, "Backup failed", "the last backup failed", advice)
    if standing.is_overdue:
        words = runs.overdue_in_words(standing.verified)
        yield _stop("backup", words, "Backup overdue", "a backup is overdue", "")


def _disks(standing: runs.Standing) -> Iterator[Reason]:
    database = disks.database()
    newest = standing.failed or standing.verified
    for disk in disks.look(database.folder, newest.file if newest else ""):
        if disk.is_read_only:
            words = f"The disk of {disk.content} is read-only: nothing can be written."
            yield _stop("disk", words, "Disk read-only", "a disk is read-only", "Mend it; look at its log.")
        elif disk.free < min(_LITTLE, disk.total * 0.05):
            words = f"The disk of {disk.content} is nearly full: {disk.free // 2**20} MB are free."
            advice = "Whoever runs the server makes room, before nothing can be written."
            yield _stop("disk", words, "Disk nearly full", "a disk is nearly full", advice)
    if database.is_read_only:
        words = "The database is read-only: no mail goes, and nobody can sign up, leave or sign in."
        advice = "After a failover, let DATABASE_URL name the new server."
        yield _stop("database", words, "Database read-only", "the database is read-only", advice)
