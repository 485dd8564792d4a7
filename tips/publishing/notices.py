"""What a tip shows of the old notices in its text, while the house has notices of its own."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction

from tips.models import StandingNotice, Tip, TipAction
from tips.permissions import CHANGE_ANY, permit
from tips.publishing.preconditions import lock_unchanged, write_if_unchanged
from tips.text import promotions


def may_show(user: User, tip: Tip) -> bool:
    """Tell whether a person decides which old notices a tip shows, and it has some."""
    return bool(tip.pk and user.has_perm(CHANGE_ANY) and promotions.at_the_end(tip.body))


@transaction.atomic
def show(tip: Tip, sorts: Collection[str], *, by: User) -> str:
    """Let a tip show its old notices of some sorts, and no others, whatever notices the house has."""
    permit(by, CHANGE_ANY, "decide which old notices a tip shows")
    lock_unchanged(tip)
    names = [label for value, label in StandingNotice.Sort.choices if value in sorts]
    sentence = (
        f"Its old notices stay: {', '.join(names)}." if names else "Its old notices give way to the house’s."
    )
    kept = " ".join(sorted(sorts))
    return write_if_unchanged(tip, by, TipAction.OLD_NOTICES, sentence, kept_notices=kept)
