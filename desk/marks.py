"""Whose form it is: said in each form of the desk, so that nobody sends what somebody else has typed.

The tag ``person_mark`` writes the mark; ``tipsite.staff.sign_in_again`` asks whoever sends another's form.
"""

from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer

_SIGNER = "desk.person"
# The hidden field that has the mark.
FIELD = "_person"


def mark_of(person: User) -> str:
    """Return what a form carries of whom it was shown to. Signed: a mark made up names nobody."""
    return Signer(salt=_SIGNER).sign(str(person.pk))


def person_in(mark: str) -> int | None:
    """Return the primary key of whom a form was shown to, or None where that is not known."""
    try:
        return int(Signer(salt=_SIGNER).unsign(mark))
    except (BadSignature, ValueError):
        return None
