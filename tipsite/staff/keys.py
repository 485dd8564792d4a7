"""What opens an account, or shows what its owner may see: sessions, mailed links, previews, calendars.

Where these end, they end for good. The account may come back, and may get an address back that it once had.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from tips.models import PreviewLink
from tipsite.models import CalendarKey, KeyGeneration
from tipsite.staff import sessions


def end_all(person: User) -> None:
    """End a person's sessions, their mailed links, the links to previews they made, and their calendar's."""
    with transaction.atomic():
        CalendarKey.objects.filter(person=person).delete()
        end_mailed_links(person)
        PreviewLink.objects.filter(made_by=person, revoked_at=None).update(revoked_at=timezone.now())
        sessions.end_all(person)


def end_mailed_links(person: User) -> None:
    """End the links that were mailed to a person: invitations, and those for a forgotten password."""
    KeyGeneration.objects.get_or_create(person=person)
    KeyGeneration.objects.filter(person=person).update(number=F("number") + 1)
