"""What a verb raises when nothing is done. Each text tells a person why, and what to do next."""

from django.core.exceptions import PermissionDenied


class NotPermitted(PermissionDenied):
    """This person may not do that. No Refused: the answer is a page of status 403, not a message."""


class Refused(Exception):
    """A verb was not done."""


class Overtaken(Refused):
    """Somebody else changed the object since the caller read it."""


class WrongState(Refused, ValueError):
    """The object is not in a state, or lacks something, that the verb needs."""


def require_reason(reason: str, wanted: str, place: str) -> str:
    """Return a reason on one line, or raise WrongState: “Say ``wanted``: the reason is kept in ``place``.”"""
    if not (reason := " ".join(reason.split())):
        raise WrongState(f"Say {wanted}: the reason is kept in {place}.")
    return reason
