"""The desk's choice: which tips readers are led to at once, by a tag that one press gives or takes."""

from django.contrib.auth.models import User

from desk import once
from tips.models import DeskChoice, Tip, TipState
from tips.permissions import CHANGE_ANY
from tips.publishing import labelling

# What a choice is called in buttons and messages, as the heading of its list on home begins.
NAMES = {DeskChoice.START_HERE: "Start here", DeskChoice.BEST_OF: "The best of the archive"}


def may_choose(user: User, tip: Tip, choice: DeskChoice) -> bool:
    """Tell whether a person may add a tip to a choice: editors what is approved, and has its whole text."""
    return _may_set(user, tip) and tip.has_body and choice not in _choices_of(tip)


def may_let_go(user: User, tip: Tip, choice: DeskChoice) -> bool:
    """Tell whether a person may take a tip out of a choice."""
    return _may_set(user, tip) and choice in _choices_of(tip)


def choose(tip: Tip, choice: DeskChoice, *, by: User) -> str:
    """Add a tip to a choice; return what follows. Safe to repeat."""
    labelling.add_tags(tip, [choice.label], by=by)
    when = "now" if tip.is_published else "once readers see it"
    return f"It stands under “{NAMES[choice]}” {when}."


def let_go(tip: Tip, choice: DeskChoice, *, by: User) -> str:
    """Take a tip out of a choice; return what follows. Safe to repeat."""
    labelling.take_tags(tip, [choice.label], by=by)
    return f"It stands under “{NAMES[choice]}” no longer."


def _may_set(user: User, tip: Tip) -> bool:
    return tip.state == TipState.APPROVED and user.has_perm(CHANGE_ANY)


def _choices_of(tip: Tip) -> set[str]:
    """Return the slugs of the choices that a tip is in; asked once for all buttons of a page."""
    slugs = tip.tags.filter(slug__in=DeskChoice.values)
    return once.asked(("choices", tip.pk), lambda: set(slugs.values_list("slug", flat=True)))
