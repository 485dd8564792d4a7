"""What is due this minute.

Each job is a plain function of the moment. It must be safe to run twice, since several workers may keep
time beside each other, and to miss, since the machine may be off at its minute.
"""

import logging
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from shield import rate_limits
from subscribers.bounces import reports
from subscribers.delivery import scheduling
from subscribers.exchange import upload_jobs
from subscribers.people import erasure, subscriptions, suppressions
from tips import images
from tips.search import index
from tipsite.alerts import flood_alerts, mailing_alerts, slot_alerts
from tipsite.worker import task_leases

logger = logging.getLogger(__name__)

# How long the outcome of a background task can be looked up.
KEEP_RESULTS = timedelta(days=14)


def clear_expired_sessions(now):
    """Delete the sessions of staff who have been signed out by time."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def prune_task_results(now):
    """Delete what finished tasks have left behind."""
    DBTaskResult.objects.finished().filter(finished_at__lt=now - KEEP_RESULTS).delete()


def keep_mailings(now):
    """Prepare the mailings of tips that go live, and bring those that wait in step with their tips."""
    scheduling.keep_up(now)


def catch_up_with_the_journal(now):
    """Write to the journal what could not be written when it happened."""
    suppressions.catch_up()


def forget_what_ended(now):
    """Delete link requests that nobody confirmed, and rate limits that are over."""
    subscriptions.forget_old_requests()
    rate_limits.forget_ended()


def forget_uploads(now):
    """Delete lists of addresses that staff uploaded and did not come back to."""
    upload_jobs.forget_old(now)


def wipe_what_was_deleted(now):
    """Empty SQLite's log of what was deleted, where that was not possible at once."""
    erasure.wipe()


def forget_stray_reports(now):
    """Delete what came back long ago and was about no mail of ours."""
    reports.forget_strays(now)


def count_words(now):
    """Count the words of the tips anew, by which related tips are found."""
    index.count_words()


EACH_MINUTE = [
    task_leases.sweep,
    keep_mailings,
    catch_up_with_the_journal,
    slot_alerts.send_alerts,
    mailing_alerts.send_alerts,
    flood_alerts.send_alert,
]
# By the hour rather than by the day: an hour that is missed is made up for by the next one.
EACH_HOUR = [
    clear_expired_sessions,
    prune_task_results,
    forget_what_ended,
    wipe_what_was_deleted,
    forget_uploads,
    count_words,
]
# In the small hours of the site's zone. What is missed is made up for by the next day.
EACH_DAY = [images.delete_unused, forget_stray_reports]
_HOUR = 3


def tick(now):
    """Run what is due in the minute of ``now`` (an aware datetime); a job that fails stops no other."""
    due = EACH_MINUTE + (EACH_HOUR if now.minute == 0 else [])
    if (local := timezone.localtime(now)).hour == _HOUR and local.minute == 0:
        due = due + EACH_DAY
    for job in due:
        try:
            job(now)
        except Exception as error:
            away = isinstance(error, (OperationalError, InterfaceError))
            logger.error(
                "The clock's job %s failed; it is tried again when it is next due. %s",
                job.__name__,
                error if away else "",
                exc_info=not away,
            )
            # The next job gets a connection that works, if there is one.
            close_old_connections()
