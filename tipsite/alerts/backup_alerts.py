"""What staff are told by mail when a backup failed, or none was taken for days.

Each run that failed is told of once, unless a later one did not fail. That there is no backup is told of once
a week. Whoever manages mailings is told, as of the restore guard, and STAFF_EMAIL.
"""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from subscribers.recovery import guard
from tipsite.alerts import notices
from tipsite.backup import runs
from tipsite.models import Notice
from tipsite.staff import emails

_REMINDER = timedelta(weeks=1)


def send_alerts(now: datetime) -> None:
    """Tell staff that the last backup failed, or is too old. Run each minute."""
    standing = runs.standing(now)
    if standing.failed:
        notice = Notice(kind=Notice.Kind.BACKUP_FAILED, about=str(standing.failed.pk))
        words = runs.failure_in_words(standing.failed)
        notices.send_once(notice, partial(_mail, sentence=words, has_failed=True), now)
    if standing.is_overdue:
        last = standing.verified
        weeks = (now - last.began_at) // _REMINDER if last else now.toordinal() // _REMINDER.days
        about = str(last.pk) if last else ""
        notice = Notice(kind=Notice.Kind.BACKUP_OVERDUE, about=about, occasion=f"week {weeks}")
        notices.send_once(notice, partial(_mail, sentence=runs.overdue_in_words(last)), now)


def mail_without_database(failure: str) -> None:
    """Tell STAFF_EMAIL alone that a backup failed, where the database can neither be asked nor written.

    ``failure`` is in words. Raises OSError.
    """
    words = f"A backup failed, and the database takes nothing down: {failure}"
    context = {"sentence": words, "has_failed": True, "url": settings.SITE_URL + _page()}
    emails.build("backup_alert", settings.STAFF_EMAIL, context).send()


def _page() -> str:
    return reverse("admin:safe")


def _mail(**context: object) -> EmailMessage:
    return notices.mail_to_staff("backup_alert", guard.PERMISSION, _page(), **context)
