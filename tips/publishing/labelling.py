"""Verbs over the tags, the categories and the author of a tip. Lists do them for several tips, one by one.

They take and return what the verbs of ``workflow`` do.
"""

from collections.abc import Collection, Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from desk.errors import WrongState
from desk.log import log
from desk.names import person
from tips.models import Category, Tag, Tip, TipAction, TipState, TipVersion
from tips.permissions import CHANGE_ANY, permit, permit_change
from tips.publishing import preconditions, tagging
from tips.text import folding


@transaction.atomic
def add_tags(tip: Tip, names: Iterable[str], *, by: User) -> str:
    """Give a tip some tags; those that no tip has yet are made."""
    _lock(tip, by, "tag")
    held = set(tip.tags.values_list("pk", flat=True))
    new = [tag for tag in tagging.find_or_make(names) if tag.pk not in held]
    if not new:
        return "It had these tags already."
    tip.tags.add(*new)
    return _changed(tip, by, TipAction.TAGGED, f"Tagged {_in_words(new)}.")


@transaction.atomic
def take_tags(tip: Tip, names: Iterable[str], *, by: User) -> str:
    """Take some tags from a tip, each by its name in any spelling."""
    _lock(tip, by, "take tags from")
    known = Tag.objects.by_names(list(map(folding.visible, names))).values()
    here = list(tip.tags.filter(pk__in=[tag.pk for tag in known]))
    if not here:
        return "It had none of these tags."
    tip.tags.remove(*here)
    return _changed(tip, by, TipAction.UNTAGGED, f"No longer tagged {_in_words(here)}.")


@transaction.atomic
def put_into(tip: Tip, category: Category, *, by: User) -> str:
    """Put a tip into a category; the others that it is in stay."""
    _lock(tip, by, "categorise")
    if tip.categories.filter(pk=category.pk).exists():
        return f"It was in “{category}” already."
    tip.categories.add(category)
    return _changed(tip, by, TipAction.CATEGORISED, f"Put into “{category}”.")


@transaction.atomic
def take_out_of(tip: Tip, category: Category, *, by: User) -> str:
    """Take a tip out of a category, but not what is approved out of its last."""
    _lock(tip, by, "categorise")
    held = set(tip.categories.all())
    if category not in held:
        return f"It was not in “{category}”."
    require_category_left(tip, held - {category})
    tip.categories.remove(category)
    return _changed(tip, by, TipAction.CATEGORISED, f"Taken out of “{category}”.")


def require_category_left(tip: Tip, left: Collection[Category]) -> None:
    """Raise WrongState where no category would be ``left`` to an approved tip that has some."""
    if tip.state == TipState.APPROVED and not left and (held := tip.categories.all()):
        names = ", ".join(f"“{category}”" for category in held)
        raise WrongState(f"“{tip}” has no other category than {names}. Put it into another first.")


@transaction.atomic
def give(tip: Tip, author: User, *, by: User) -> str:
    """Make somebody the author of a tip: the tip is theirs to write while it is a draft."""
    permit(by, CHANGE_ANY, "give tips to others")
    preconditions.lock_unchanged(tip)
    if tip.author_id == author.pk:
        return f"It was {person(author)}’s already."
    before = person(tip.author) if tip.author else "nobody"
    Tip.objects.filter(pk=tip.pk).update(author=author)
    tip.author = author
    return _changed(tip, by, TipAction.AUTHOR_CHANGED, f"Author: {person(author)}, before {before}.")


def _lock(tip: Tip, by: User, verb: str) -> None:
    permit_change(by, tip, verb)
    preconditions.lock_unchanged(tip)


def _changed(tip: Tip, by: User, action: TipAction, sentence: str) -> str:
    """Note a change: in the versions, in the log, and in the moment at which the tip was last written."""
    tip.updated_at = timezone.now()
    Tip.objects.filter(pk=tip.pk).update(updated_at=tip.updated_at)
    TipVersion.objects.record(Tip.objects.get(pk=tip.pk), by=by)
    return log(by, tip, action, sentence)


def _in_words(tags: Collection[Tag]) -> str:
    return ", ".join(f"“{tag}”" for tag in tags)
