"""Background work for staff. A task carries an account's id, never an address."""

import logging

from django.contrib.auth.models import User
from django_tasks import task

from tipsite.staff import emails, mailed_links

logger = logging.getLogger(__name__)


@task
def send_password_reset(person_pk: int) -> None:
    """Send the link by which a person who forgot their password sets a new one."""
    person = User.objects.filter(pk=person_pk, is_active=True).first()
    if person:
        emails.password_reset(person, mailed_links.FORGOTTEN.link(person)).send()


def nudge_password_reset(person: User) -> None:
    """Ask for that mail to be sent soon: in the background, so that the answer is as quick for a stranger."""
    try:
        send_password_reset.enqueue(person.pk)
    except Exception as error:
        logger.error("The password mail of account %s was lost (%s)", person.pk, type(error).__name__)
