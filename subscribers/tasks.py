"""Background work. A task carries a row's id, never an address, and is only a nudge: the clock asks again."""

import logging

from django_tasks import task

from subscribers import confirmations

logger = logging.getLogger(__name__)


@task
def send_confirmation(signup_pk):
    """Send the confirmation mail of a sign-up request, if its turn has come."""
    confirmations.send_one(signup_pk)


@task
def send_due_confirmations():
    """Send the confirmation mails that no other task has sent."""
    confirmations.send_due()


def nudge_due_confirmations():
    """Ask for mails that wait, if any do. For the clock, which must not wait for a mail server itself."""
    if confirmations.any_due():
        send_due_confirmations.enqueue()


def nudge_confirmation(signup):
    """Ask for a request's mail to be sent soon. Where nothing can take the task, the clock sends it."""
    try:
        send_confirmation.enqueue(signup.pk)
    except Exception as error:
        logger.warning("Sign-up request %s waits for the clock (%s)", signup.pk, type(error).__name__)
