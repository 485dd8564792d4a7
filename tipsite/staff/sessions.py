"""Signing people out. Django itself ends a person's sessions when their password changes."""

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

# Where a session keeps who gave the right password and still owes a code.
PENDING = "two_factor_pending"


def end_all(person: User, but: str | None = None) -> int:
    """End a person's sessions, those half signed in too, but for the one with key ``but``; return how many.

    All are read, which are few, since only staff have one: a session that is half signed in, or older than
    the column for its person, names that person in its data alone.
    """
    keys = []
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        data = session.get_decoded()
        whose = data.get(SESSION_KEY) or data.get(PENDING, {}).get("person")
        if whose == str(person.pk) and session.session_key != but:
            keys.append(session.session_key)
    # With each goes the row that says whose it was, which is no session.
    return Session.objects.filter(session_key__in=keys).delete()[1].get(Session._meta.label, 0)
