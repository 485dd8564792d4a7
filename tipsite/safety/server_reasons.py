"""What the server says for or against the next slot: a look of ``verdict`` at settings, backups, disks."""

from collections.abc import Iterator

from django.core import checks

from shield.database_server import DatabaseServer
from tips.schedule.reasons import Reason, Severity
from tips.schedule.verdict import Question
from tipsite.backup import runs
from tipsite.safety import disks

# Of a disk, in bytes: less is nearly full, unless the disk is small.
_LITTLE = 500 * 2**20


def look(question: Question) -> Iterator[Reason]:
    """Say what the machines and the settings of the site have for or against its next slot."""
    if question.of_site:
        yield from _sender()
        standing = runs.standing(question.now)
        yield from _backups(standing)
        yield from _disks(standing, question.server)


def _stop(code: str, words: str, fact: str, headline: str, advice: str) -> Reason:
    return Reason(code, Severity.STOP, words, fact, headline, advice, is_internal=True)


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


def _disks(standing: runs.Standing, server: DatabaseServer) -> Iterator[Reason]:
    newest = standing.failed or standing.verified
    for disk in disks.look(server.folder, newest.file if newest else ""):
        if disk.is_read_only:
            words = f"The disk of {disk.content} is read-only: nothing can be written."
            yield _stop("disk", words, "Disk read-only", "a disk is read-only", "Mend it; look at its log.")
        elif disk.free < min(_LITTLE, disk.total * 0.05):
            words = f"The disk of {disk.content} is nearly full: {disk.free // 2**20} MB are free."
            advice = "Whoever runs the server makes room, before nothing can be written."
            yield _stop("disk", words, "Disk nearly full", "a disk is nearly full", advice)
    if server.is_read_only:
        words = "The database is read-only: no mail goes, and nobody can sign up, leave or sign in."
        advice = "After a failover, let DATABASE_URL name the new server."
        yield _stop("database", words, "Database read-only", "the database is read-only", advice)
