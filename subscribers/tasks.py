"""Background work: what takes long and what nobody waits for. Mails are no tasks; see ``mail.outbox``."""

from django_tasks import task

from subscribers.exchange import upload_jobs


@task
def work_on_upload(name: str) -> None:
    """Rehearse or import a list that staff uploaded; its name tells nothing."""
    upload_jobs.work_on(name)
