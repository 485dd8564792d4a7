"""The mark “not for mail”: an editor sets it, and only a Publisher lifts it, tip by tip.

These verbs take and return what the verbs of ``publishing`` do. This room does not know what mail is: what
follows from the mark, and what stands against it, an upper room says by ``register`` in its
``AppConfig.ready``.
"""

from django.db import transaction
from django.utils import timezone

from desk.errors import NotPermitted, WrongState
from tips.models import TipAction
from tips.permissions import APPROVE, MAIL, permit
from tips.publishing import preconditions

_CONSEQUENCES = []


def register(consequence):
    """Add a function that says what follows from the mark; adding it twice is the same.

    It is called with a tip and ``for_mail``, whether the tip shall be for mail from now on. It returns a
    sentence, and raises WrongState where nothing would follow.
    """
    if consequence not in _CONSEQUENCES:
        _CONSEQUENCES.append(consequence)


def keep_from_mail(tip, *, by):
    """Say that a tip is not to be mailed. Readers see it on the site all the same."""
    permit(by, APPROVE, "keep tips from being mailed")
    return _mark(tip, by, False, "Marked as not for mail.")


def give_to_mail(tip, *, by):
    """Lift the mark from a tip: it is mailed when it goes live, like any other."""
    if not by.has_perm(MAIL):
        raise NotPermitted("You may not lift “not for mail”. Ask a publisher to do it.")
    return _mark(tip, by, True, "Not for mail no more: the mark was lifted.")


def may_mark(user, tip, for_mail):
    """Tell whether a person may set the mark so (``for_mail``), and something would follow from it."""
    if not user.has_perm(MAIL if for_mail else APPROVE):
        return False
    try:
        _consequences(tip, for_mail)
    except WrongState:
        return False
    return True


def _mark(tip, by, for_mail, sentence):
    with transaction.atomic():
        preconditions.lock_unchanged(tip, timezone.now())
        tip.refresh_from_db(fields=["for_mail"])
        followed = _consequences(tip, for_mail)
        action = TipAction.RELEASED_FOR_MAIL if for_mail else TipAction.EXCLUDED_FROM_MAIL
        preconditions.write_if_unchanged(tip, by, action, sentence, for_mail=for_mail)
    return " ".join([sentence, *followed])


def _consequences(tip, for_mail):
    """Return what follows, in sentences. Raises WrongState where nothing would."""
    if tip.for_mail == for_mail:
        standing = "is for mail already" if for_mail else "is marked as not for mail already"
        raise WrongState(f"“{tip}” {standing}. Nothing was changed.")
    if tip.undated:
        raise WrongState(f"“{tip}” is undated, and what is undated is never mailed. Nothing was changed.")
    return [consequence(tip, for_mail) for consequence in _CONSEQUENCES]
