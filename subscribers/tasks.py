"""Background work: what takes long and what nobody waits for. Mails are no tasks; see ``mail.outbox``."""

from datetime import datetime

from django_tasks import task

from subscribers.exchange import upload_jobs


@task
def work_on_upload(name: str) -> None:
    """Rehearse or import a list that staff uploaded; its name tells nothing."""
    upload_jobs.work_on(name)


def ask_again(now: datetime) -> int:
    """Ask once more for the work on lists that have not moved for long; return how many. For the clock.

    Whatever engine carries tasks may lose one with its worker. One too many finds nothing to do.
    """
    names = upload_jobs.stalled(now)
    for name in names:
        work_on_upload.enqueue(name)
    return len(names)
