"""Keeping a tip from mail: an editor excludes it, and only a Publisher releases it, tip by tip.

These verbs take and return what the verbs of ``workflow`` do. This room does not know what mail is: what
follows, and what stands against it, an upper room says by ``register`` in its ``AppConfig.ready``.
"""

from collections.abc import Callable
from contextlib import suppress

from django.contrib.auth.models import User
from django.db import transaction

from desk.errors import NotPermitted, WrongState
from tips.models import Tip, TipAction
from tips.permissions import APPROVE, MAIL, permit
from tips.publishing import consequences
from tips.publishing.preconditions import lock_unchanged, write_if_unchanged

Consequence = Callable[[Tip, bool], str]
_CONSEQUENCES: list[Consequence] = []


def register(consequence: Consequence) -> None:
    """Add a function that says what follows; adding it twice is the same.

    It is called with a tip and ``for_mail``, whether the tip shall be for mail from now on. It returns a
    sentence, or "", and raises WrongState where nothing would follow. It changes nothing.
    """
    if consequence not in _CONSEQUENCES:
        _CONSEQUENCES.append(consequence)


def exclude(tip: Tip, *, by: User) -> str:
    """Say that a tip is not to be mailed. Readers see it on the site all the same."""
    permit(by, APPROVE, "keep tips from being mailed")
    return _set_for_mail(tip, by, False, TipAction.EXCLUDED_FROM_MAIL, "Marked as not for mail.")


def release(tip: Tip, *, by: User) -> str:
    """Let a tip be mailed when it goes live, like any other."""
    if not by.has_perm(MAIL):
        raise NotPermitted("You may not lift “not for mail”. Ask a publisher to do it.")
    sentence = "For mail again: “not for mail” was lifted."
    return _set_for_mail(tip, by, True, TipAction.RELEASED_FOR_MAIL, sentence)


def may_set(user: User, tip: Tip, for_mail: bool) -> bool:
    """Tell whether a person may release (``for_mail``) or exclude a tip, and something would follow."""
    if user.has_perm(MAIL if for_mail else APPROVE):
        with suppress(WrongState):
            _consequences(tip, for_mail)
            return True
    return False


@transaction.atomic
def _set_for_mail(tip: Tip, by: User, for_mail: bool, action: TipAction, sentence: str) -> str:
    lock_unchanged(tip)
    tip.refresh_from_db(fields=["for_mail"])
    followed = _consequences(tip, for_mail)
    sentence = write_if_unchanged(tip, by, action, sentence, for_mail=for_mail)
    said = " ".join(filter(None, [sentence, *followed]))
    return said if for_mail else consequences.follow(tip, said)


def _consequences(tip: Tip, for_mail: bool) -> list[str]:
    """Return what follows, in sentences. Raises WrongState where nothing would."""
    if tip.for_mail == for_mail:
        state = "for mail" if for_mail else "marked as not for mail"
        raise WrongState(f"“{tip}” is {state} already. Nothing was changed.")
    if tip.undated:
        raise WrongState(f"“{tip}” is undated, and what is undated is never mailed. Nothing was changed.")
    return [consequence(tip, for_mail) for consequence in _CONSEQUENCES]
