"""What is typed into a tip's form is kept every few seconds, beside the tip, which stays as it is.

No version is made and no lock taken. A text is erased when its form is saved or its writer throws it away,
with its writer's account, and after a month. What comes in behind something newer of its form, the saving
above all, is not kept.
"""

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from shield import clocks
from tips.dates import DAY
from tips.models import Autosave, Tip

KEPT_FOR = timedelta(days=30)
# Of one person; the oldest give way.
MOST = 50
_KEY = re.compile(r"[a-z0-9]{8,40}")


def is_key(text: str) -> bool:
    """Tell whether a text may be the key of an open form, by which what is typed there is kept."""
    return _KEY.fullmatch(text) is not None


def keep(
    person: User, tip: Tip | None, key: str, fields: dict[str, list[str]], sequence: int = 0
) -> datetime:
    """Keep what a form holds, unless something newer of the form is here; return the moment.

    ``key`` is the form's own; ``fields`` has what a browser sends of each of its inputs, by name. The
    ``sequence`` of what a form sends grows from one sending to the next.
    """
    now = timezone.now()
    _write(Autosave(person=person, tip=tip, key=key, fields=fields, saved_at=now, sequence=sequence))
    beyond = of(person).values_list("pk", flat=True)[MOST : MOST + 10]
    if oldest := list(beyond):
        Autosave.objects.filter(pk__in=oldest).delete()
    return now


def settle(person: User, key: str, sequence: int) -> None:
    """Erase what was kept of a form that is saved or thrown away now; keep nothing that it sent before."""
    row = Autosave(
        person=person, key=key, fields={}, saved_at=timezone.now(), sequence=sequence, is_saved=True
    )
    _write(row)


def _write(row: Autosave) -> None:
    """Write a row, or what it has over an older one of the same form, whichever request comes in first."""
    Autosave.objects.bulk_create([row], ignore_conflicts=True)
    older = Q(sequence__lt=row.sequence) | Q(sequence=row.sequence, is_saved=False)
    Autosave.objects.filter(older, person=row.person, key=row.key).update(
        tip=row.tip, fields=row.fields, saved_at=row.saved_at, sequence=row.sequence, is_saved=row.is_saved
    )


def of(person: User) -> QuerySet[Autosave]:
    """Return what a person typed and did not save, the newest first."""
    return Autosave.objects.filter(person=person, is_saved=False).order_by("-saved_at", "-pk")


def forget(person: User, keys: Collection[str]) -> None:
    """Erase what was kept of some forms of a person."""
    Autosave.objects.filter(person=person, key__in=keys).delete()


def forget_old(now: datetime) -> int:
    """Erase what nobody came back to for a month, and what a saved form left; return how many rows.

    Run each day.
    """
    latest = clocks.latest_credible(now)
    settled = Autosave.objects.filter(is_saved=True).exclude(saved_at__range=(now - DAY, latest))
    recent = (now - KEPT_FOR, latest)
    return settled.delete()[0] + Autosave.objects.exclude(saved_at__range=recent).delete()[0]
