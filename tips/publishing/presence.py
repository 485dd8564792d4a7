"""Who has a tip's form open: said while it is, forgotten soon after."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.text import get_text_list

from desk.names import person
from shield import clocks
from tips.models import EditingSession, Tip

FORGOTTEN_AFTER = timedelta(seconds=90)


def touch(tip: Tip, user: User) -> None:
    """Note that somebody has a tip open now."""
    session = EditingSession(tip=tip, user=user, seen_at=timezone.now())
    EditingSession.objects.bulk_create(
        [session], update_conflicts=True, unique_fields=["tip", "user"], update_fields=["seen_at"]
    )


def forget_old() -> None:
    """Forget those who had a tip open, and have it no more."""
    EditingSession.objects.exclude(seen_at__range=_recently(timezone.now())).delete()


def others(tip: Tip, user: User) -> list[str]:
    """Return the names of the others who have a tip open, in order."""
    recent = EditingSession.objects.filter(tip=tip, seen_at__range=_recently(timezone.now()))
    return sorted(person(session.user) for session in recent.exclude(user=user).select_related("user"))


def line(names: list[str]) -> str:
    """Return the sentence that warns of others, empty where there are none."""
    if not names:
        return ""
    who = f"{get_text_list(names, 'and')} {'has' if len(names) == 1 else 'have'}"
    return f"{who} this tip open too. Where you both change the same, the second to save is asked what stays."


def _recently(now: datetime) -> tuple[datetime, datetime]:
    return now - FORGOTTEN_AFTER, clocks.latest_credible(now)
