"""Background work. A task carries a row's id, never an address, and is only a nudge: the clock asks again."""

import logging
from datetime import timedelta

from django_tasks import task

from shield.rate_limits import FixedWindow
from subscribers.exchange import upload_jobs
from subscribers.mail import link_mails, service_mails
from subscribers.models import ServiceMail

# A second turn between two of the clock's, and no more: other tasks wait for their own.
EXTRA_TURN = FixedWindow("outbox turn", 1, timedelta(minutes=1))

logger = logging.getLogger(__name__)


@task
def send_link_mail(link_request_pk):
    """Send the mail of a link request, if its turn has come."""
    link_mails.outbox.send_one(link_request_pk)


@task
def send_service_mail(service_mail_pk):
    """Send a service mail to a subscriber, if its turn has come."""
    service_mails.outbox.send_one(service_mail_pk)


@task
def send_due():
    """Send the mails that no other task has sent; those to subscribers first.

    Where a slow mail server leaves some of them, the next turn need not wait for the clock.
    """
    are_behind = [each.is_behind() for each in (service_mails.outbox, link_mails.outbox)]
    if any(are_behind) and EXTRA_TURN.spend():
        send_due.enqueue()


@task
def work_on_upload(name):
    """Rehearse or import a list that staff uploaded; its name tells nothing."""
    upload_jobs.work_on(name)


def nudge_due():
    """Ask for mails that wait, if any do. For the clock, which must not wait for a mail server itself."""
    if service_mails.outbox.any_due() or link_mails.outbox.any_due():
        send_due.enqueue()


def nudge_service_mails(subscriber):
    """Ask for the service mails that a subscriber is due to be sent soon."""
    for service_mail in subscriber.service_mails.filter(mail_state=ServiceMail.MailState.WAITING).order_by(
        "pk"
    ):
        nudge(send_service_mail, service_mail)


def nudge(task, row):
    """Ask for the mail of a row to be sent soon, by one of the tasks above.

    Where nothing can take the task, the clock sends it.
    """
    try:
        task.enqueue(row.pk)
    except Exception as error:
        logger.warning("%s: its mail waits for the clock (%s)", row, type(error).__name__)
