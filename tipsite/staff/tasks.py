"""Background work for staff. A task carries an account's id, never an address."""

import logging

from django.contrib.auth.models import User
from django_tasks import task

from tipsite.staff import password_mails

logger = logging.getLogger(__name__)


@task
def send_password_reset(person_pk: int) -> None:
    """Send the link by which a person who forgot their password sets a new one, if they wait for it still."""
    password_mails.send(person_pk)


def nudge_password_reset(person: User) -> None:
    """Ask for that mail to be sent soon: in the background, so that the answer is as quick for a stranger."""
    password_mails.ask(person)
    try:
        send_password_reset.enqueue(person.pk)
    except Exception as error:
        # Each engine has errors of its own. The clock sends the mail in a few minutes.
        logger.error("The password mail of account %s is late (%s).", person.pk, type(error).__name__)
