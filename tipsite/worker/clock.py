"""What is due this minute.

Each job is a plain function of the moment, an aware datetime. It must be safe to run twice, since several
workers may keep time beside each other, and to miss, since the machine may be off at its minute.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from importlib import import_module

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from shield import rate_limits
from subscribers import outages, tasks
from subscribers.bounces import reports
from subscribers.delivery import claims, condensing, counting, repeated_refusals, scheduling
from subscribers.exchange import upload_jobs
from subscribers.people import contact, erasure, subscriptions, suppressions
from tips import image_store
from tips.cards import making
from tips.publishing import autosaving
from tips.search import index
from tipsite.alerts import (
    backup_alerts,
    contact_mails,
    first_start,
    flood_alerts,
    mailing_alerts,
    refusal_alerts,
    slot_alerts,
    work_mails,
)
from tipsite.staff import lockout, password_mails
from tipsite.worker import other_queues, task_leases

logger = logging.getLogger(__name__)

Job = Callable[[datetime], object]


def clear_expired_sessions(now: datetime) -> None:
    """Delete the sessions of staff who have been signed out by time."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def prune_task_results(now: datetime) -> None:
    """Delete what finished tasks have left behind."""
    DBTaskResult.objects.finished().filter(finished_at__lt=now - task_leases.KEEP_RESULTS).delete()


def _without_moment(job: Callable[[], object]) -> Job:
    return wraps(job)(lambda now: job())


EACH_MINUTE: list[Job] = [
    task_leases.sweep,
    other_queues.sweep,
    claims.release_from_wrong_clock,
    lockout.forget_wrong_clock,
    password_mails.send_due,
    scheduling.keep_up,
    # What could not be written to the journal when it happened.
    _without_moment(suppressions.catch_up),
    repeated_refusals.decide,
    first_start.spared(slot_alerts.send_alerts),
    mailing_alerts.send_alerts,
    refusal_alerts.send_alert,
    flood_alerts.send_alert,
    backup_alerts.send_alerts,
    work_mails.send_due,
    contact_mails.send_due,
    # Last, since it takes longest.
    image_store.scale_due,
    making.draw_due,
]
# What an engine of tasks lost, or was away for.
EACH_QUARTER: list[Job] = [tasks.ask_again]
# By the hour rather than by the day: an hour that is missed is made up for by the next one.
EACH_HOUR: list[Job] = [
    clear_expired_sessions,
    prune_task_results,
    _without_moment(subscriptions.forget_old_requests),
    _without_moment(rate_limits.forget_ended),
    # SQLite's log of deleted rows, where that was not possible at once.
    _without_moment(erasure.wipe),
    upload_jobs.forget_old,
    # By these, related tips are found.
    _without_moment(index.count_words),
]
# In the small hours of the site's zone. What is missed is made up for by the next day.
EACH_DAY: list[Job] = [
    image_store.delete_unused,
    image_store.look_after_scaled,
    making.clear_away,
    autosaving.forget_old,
    contact.forget_old,
    reports.forget_strays,
    condensing.condense_old,
    counting.look_after,
    work_mails.forget_old,
]
_HOUR = 3


def tick(now: datetime) -> None:
    """Run what is due in the minute of ``now``; a job that fails stops no other."""
    due = EACH_MINUTE + (EACH_QUARTER if now.minute % 15 == 0 else [])
    due = due + (EACH_HOUR if now.minute == 0 else [])
    if (local := timezone.localtime(now)).hour == _HOUR and local.minute == 0:
        due = due + EACH_DAY
    for job in due:
        try:
            job(now)
        except Exception as error:
            is_away = isinstance(error, outages.AWAY)
            name, why = f"{job.__module__}.{job.__name__}", error if is_away else ""
            logger.error("The clock's job %s failed; it is due again. %s", name, why, exc_info=not is_away)
            # The next job gets a connection that works, if there is one.
            close_old_connections()
