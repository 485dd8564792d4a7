"""The mail to who forgot their password: a row asks for it, and a task or the clock sends it.

A task may be late behind a long one, or lost with its engine. The row is there until its mail went out, and
whoever claims it sends the mail.
"""

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from tipsite.models import PasswordMail
from tipsite.staff import emails, mailed_links

logger = logging.getLogger(__name__)

# A claim that led to no mail is void after so long, and the clock leaves a row to its task for so long.
RETRY = timedelta(minutes=2)
# Nobody waits for the mail any more; whoever does asks again.
GIVE_UP = timedelta(hours=1)


def ask(person: User) -> None:
    """Ask for the mail to a person; a second time before it went out, ask for one still."""
    moments = {"asked_at": timezone.now(), "tried_at": None}
    PasswordMail.objects.update_or_create(person=person, defaults=moments)


def send(person_pk: int) -> bool:
    """Send the mail that a person asked for, if no other process does; return whether it went out.

    What the mail server refuses is tried again.
    """
    now = timezone.now()
    asked = PasswordMail.objects.filter(person=person_pk)
    if not _unclaimed(asked, now).update(tried_at=now):
        return False
    person = User.objects.filter(pk=person_pk, is_active=True).first()
    try:
        if person:
            emails.password_reset(person, mailed_links.FORGOTTEN.link(person)).send()
    except Exception as error:
        # Mail services have errors of their own. Never an error's text: servers quote the address in it.
        logger.warning("The password mail of account %s waits (%s).", person_pk, type(error).__name__)
        return False
    # Who asked once more meanwhile gets another one.
    asked.filter(tried_at=now).delete()
    return person is not None


def send_due(now: datetime) -> int:
    """Send what a task should have sent by ``now`` (aware); return how many went out. For the clock."""
    # A clock that was set back leaves rows of the future.
    span = (now - GIVE_UP, now + GIVE_UP)
    PasswordMail.objects.exclude(asked_at__range=span).delete()
    due = _unclaimed(PasswordMail.objects.filter(asked_at__lt=now - RETRY), now)
    return sum(map(send, list(due.order_by("asked_at").values_list("person", flat=True))))


def _unclaimed(rows: QuerySet[PasswordMail], now: datetime) -> QuerySet[PasswordMail]:
    return rows.filter(Q(tried_at=None) | Q(tried_at__lt=now - RETRY) | Q(tried_at__gt=now + RETRY))
