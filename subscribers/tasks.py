"""Background work: what takes long and what nobody waits for. Mails are no tasks; see ``mail.outbox``."""

import logging
from datetime import datetime

from django_tasks import TaskContext, task

from subscribers.exchange import upload_jobs

logger = logging.getLogger(__name__)


@task(takes_context=True)
def work_on_upload(context: TaskContext, name: str) -> None:
    """Rehearse or import a list that staff uploaded; its name tells nothing."""
    upload_jobs.work_on(name, context.task_result.worker_ids[-1])


def nudge_upload(name: str) -> bool:
    """Ask for the work on a list to be begun; return whether the engine of tasks took that.

    Where it did not, ``ask_again`` finds the list.
    """
    try:
        work_on_upload.enqueue(name)
    except Exception as error:
        # Each engine has errors of its own, and their texts may hold a password.
        logger.error("Nobody was asked to work on upload %s (%s).", name, type(error).__name__)
        return False
    return True


def ask_again(now: datetime) -> int:
    """Ask once more for the work on lists that have not moved for long; return how many. For the clock.

    Whatever engine carries tasks may lose one with its worker. One too many finds nothing to do.
    """
    return sum(map(nudge_upload, upload_jobs.stalled(now)))
