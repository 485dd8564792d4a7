"""Background work. A task carries a row's id, never an address, and is only a nudge: the clock asks again."""

import logging
from datetime import timedelta

from django_tasks import task

from shield.rate_limits import FixedWindow
from subscribers.exchange import upload_jobs
from subscribers.mail import letters, signup_mail
from subscribers.models import Letter

# A second turn between two of the clock's, and no more: other tasks wait for their own.
EXTRA_TURN = FixedWindow("outbox turn", 1, timedelta(minutes=1))

logger = logging.getLogger(__name__)


@task
def send_confirmation(signup_pk):
    """Send the mail of a sign-up request, if its turn has come."""
    signup_mail.outbox.send_one(signup_pk)


@task
def send_letter(letter_pk):
    """Send a letter to a subscriber, if its turn has come."""
    letters.outbox.send_one(letter_pk)


@task
def send_due():
    """Send the mails that no other task has sent; those to subscribers first.

    Where a slow mail server leaves some of them, the next turn need not wait for the clock.
    """
    are_behind = [each.is_behind() for each in (letters.outbox, signup_mail.outbox)]
    if any(are_behind) and EXTRA_TURN.spend():
        send_due.enqueue()


@task
def work_on_upload(name):
    """Rehearse or import a list that staff uploaded; its name tells nothing."""
    upload_jobs.work_on(name)


def nudge_due():
    """Ask for mails that wait, if any do. For the clock, which must not wait for a mail server itself."""
    if letters.outbox.any_due() or signup_mail.outbox.any_due():
        send_due.enqueue()


def nudge_letters(subscriber):
    """Ask for the letters that a subscriber is due to be sent soon."""
    for letter in subscriber.letters.filter(mail=Letter.Mail.WAITING).order_by("pk"):
        nudge(send_letter, letter)


def nudge(task, row):
    """Ask for the mail of a row to be sent soon, by one of the tasks above.

    Where nothing can take the task, the clock sends it.
    """
    try:
        task.enqueue(row.pk)
    except Exception as error:
        logger.warning("%s: its mail waits for the clock (%s)", row, type(error).__name__)
