"""Who may do what with tips: the permissions that the verbs ask for."""

from django.contrib.auth.models import User

from desk.errors import NotPermitted
from tips.models import Tip, TipState

CHANGE_ANY = "tips.change_any_tip"
APPROVE = "tips.approve_tip"
PUBLISH = "tips.publish_tip"
APPROVE_OWN_TEXT = "tips.approve_own_text"
# Who decides what is mailed. It is a right of the room above, known here by its name alone.
MAIL = "subscribers.manage_mailing"


def may_change(user: User, tip: Tip) -> bool:
    """Tell whether a person may change a tip's texts: an author their own drafts, an editor everyone's."""
    if not user.has_perm("tips.change_tip"):
        return False
    return user.has_perm(CHANGE_ANY) or (tip.author_id == user.pk and tip.state == TipState.DRAFT)


def permit_change(user: User, tip: Tip, verb: str = "change") -> None:
    """Raise NotPermitted unless ``may_change``; ``verb`` completes “You may not …”."""
    if not may_change(user, tip):
        raise NotPermitted(f"You may not {verb} “{tip}”. Ask its author or an editor to do it.")


def permit(user: User, permission: str, action: str) -> None:
    """Raise NotPermitted unless a person has a permission; ``action`` completes “You may not …”."""
    if not user.has_perm(permission):
        raise NotPermitted(f"You may not {action}. Ask an editor to do it.")
