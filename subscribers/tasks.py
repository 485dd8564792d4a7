"""Background work. A task carries a row's id, never an address, and is only a nudge: the clock asks again."""

import logging

from django_tasks import task

from subscribers import confirmations, letters

logger = logging.getLogger(__name__)


@task
def send_confirmation(signup_pk):
    """Send the mail of a sign-up request, if its turn has come."""
    confirmations.outbox.send_one(signup_pk)


@task
def send_letter(letter_pk):
    """Send a letter to a subscriber, if its turn has come."""
    letters.outbox.send_one(letter_pk)


@task
def send_due():
    """Send the mails that no other task has sent; those to subscribers first."""
    letters.outbox.send_due()
    confirmations.outbox.send_due()


def nudge_due():
    """Ask for mails that wait, if any do. For the clock, which must not wait for a mail server itself."""
    if letters.outbox.any_due() or confirmations.outbox.any_due():
        send_due.enqueue()


def nudge(task, row):
    """Ask for the mail of a row to be sent soon, by one of the tasks above.

    Where nothing can take the task, the clock sends it.
    """
    try:
        task.enqueue(row.pk)
    except Exception as error:
        logger.warning("%s: its mail waits for the clock (%s)", row, type(error).__name__)
