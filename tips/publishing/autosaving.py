"""What is typed into a tip's form is kept every few seconds, beside the tip, which stays as it is.

No version is made and no lock taken. A row is erased when its form is saved or its writer throws it away,
with its writer's account, and after a month.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from shield import clocks
from tips.models import Autosave, Tip

KEPT_FOR = timedelta(days=30)
# Of one person; the oldest give way.
MOST = 50


def keep(person: User, tip: Tip | None, key: str, fields: dict[str, list[str]]) -> datetime:
    """Keep what a form holds; return the moment.

    ``key`` is the form's own; ``fields`` has what a browser sends of each of its inputs, by name.
    """
    now = timezone.now()
    row = Autosave(person=person, tip=tip, key=key, fields=fields, saved_at=now)
    Autosave.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["person", "key"],
        update_fields=["tip", "fields", "saved_at"],
    )
    beyond = of(person).values_list("pk", flat=True)[MOST : MOST + 10]
    if oldest := list(beyond):
        Autosave.objects.filter(pk__in=oldest).delete()
    return now


def of(person: User) -> QuerySet[Autosave]:
    """Return what a person typed and did not save, the newest first."""
    return Autosave.objects.filter(person=person).order_by("-saved_at", "-pk")


def forget(person: User, keys: Collection[str]) -> None:
    """Erase what was kept of some forms of a person."""
    Autosave.objects.filter(person=person, key__in=keys).delete()


def forget_old(now: datetime) -> int:
    """Erase what nobody came back to for a month; return how many rows. Run each day."""
    recent = (now - KEPT_FOR, clocks.latest_credible(now))
    return Autosave.objects.exclude(saved_at__range=recent).delete()[0]
