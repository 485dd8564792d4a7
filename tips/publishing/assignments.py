"""Who sees to a tip, and by when its draft is to be submitted.

These verbs take and return what the verbs of ``workflow`` do. They touch neither text nor queue.
"""

from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from desk.errors import WrongState
from desk.names import person
from tips import dates
from tips.models import Tip, TipAction, TipState
from tips.permissions import APPROVE, may_change, permit, permit_change
from tips.publishing.preconditions import require_state, write_if_unchanged

_AT_WORK = (TipState.DRAFT, TipState.IN_REVIEW)


def editors() -> QuerySet[User]:
    """Return those who may approve tips and can sign in, by name."""
    app, codename = APPROVE.split(".")
    right = {"content_type__app_label": app, "codename": codename}
    named = {f"user_permissions__{name}": value for name, value in right.items()}
    by_group = {f"groups__permissions__{name}": value for name, value in right.items()}
    staff = User.objects.filter(is_active=True, is_staff=True)
    able = staff.filter(Q(is_superuser=True) | Q(**named) | Q(**by_group)).distinct()
    return able.order_by("first_name", "last_name", "username")


def line(tip: Tip) -> str:
    """Return who sees to a tip and by when its draft is due, as one line; empty where neither is said."""
    if tip.state not in _AT_WORK:
        return ""
    who = f"For {person(tip.editor)}" if tip.editor_id else ""
    when = ""
    if tip.due_on and tip.state == TipState.DRAFT:
        when = f"due {dates.short_day(dates.moment(tip.due_on))}"
    words = ", ".join(filter(None, [who, when]))
    return words[:1].upper() + words[1:]


def may_assign(user: User, tip: Tip) -> bool:
    """Tell whether a person may say who sees to a tip: an editor, while it is not approved."""
    return tip.state in _AT_WORK and user.has_perm(APPROVE)


@transaction.atomic
def assign(tip: Tip, editor: User | None, *, by: User) -> str:
    """Say which editor sees to a tip; None: whoever comes first."""
    permit(by, APPROVE, "assign tips")
    require_state(tip, *_AT_WORK, verb="assigned")
    if editor and not editors().filter(pk=editor.pk).exists():
        raise WrongState(f"{person(editor)} may not approve tips. Choose an editor.")
    if tip.editor_id == (editor.pk if editor else None):
        return "It stays as it was."
    if editor is None:
        sentence, action = "Assigned to nobody: whoever comes first sees to it.", TipAction.UNASSIGNED
    else:
        sentence, action = f"Assigned to {person(editor)}.", TipAction.ASSIGNED
    return write_if_unchanged(tip, by, action, sentence, editor=editor)


def may_set_due_day(user: User, tip: Tip) -> bool:
    """Tell whether a person may say by when a draft is due: its author, or an editor."""
    return tip.state == TipState.DRAFT and may_change(user, tip)


@transaction.atomic
def set_due_day(tip: Tip, day: date | None, *, by: User) -> str:
    """Say by which day a draft is to be submitted; None: by none."""
    permit_change(by, tip, "set a due day for")
    require_state(tip, TipState.DRAFT, verb="given a due day")
    if day == tip.due_on:
        return "It stays as it was."
    if day is None:
        return write_if_unchanged(tip, by, TipAction.DUE_DAY_REMOVED, "Due on no day.", due_on=None)
    if day < timezone.localdate():
        raise WrongState("That day has passed. Choose today or a later day.")
    sentence = f"Due on {dates.short_day(dates.moment(day))}."
    return write_if_unchanged(tip, by, TipAction.DUE_DAY_SET, sentence, due_on=day)
