"""What a verb raises when it is not done. Each text tells a person why, and what to do next."""

from django.core.exceptions import PermissionDenied


class Refused(Exception):
    """A verb was not done."""


class NotPermitted(Refused, PermissionDenied):
    """This person may not do that."""


class Overtaken(Refused):
    """Somebody else changed the thing since the caller read it."""


class WrongState(Refused, ValueError):
    """The thing is not in a state, or lacks something, that the verb needs."""
