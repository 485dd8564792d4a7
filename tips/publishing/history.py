"""What became of a tip's text: its versions, the difference between two, and the way back to one."""

import copy
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from desk.errors import Overtaken, WrongState
from desk.log import log
from desk.names import person
from tips.dates import short
from tips.models import WRITTEN, Category, Tip, TipAction, TipVersion
from tips.permissions import permit_change
from tips.publishing import editing, labelling, pictures, tagging
from tips.schedule import queue_lock
from tips.text import body_images, contents, folding, sanitiser
from tips.text import diff as text_diff

_Item = TypeVar("_Item", bound=Hashable)


@dataclass(frozen=True)
class Part:
    """What changed in one part of a tip: ``blocks`` of a text, or names ``added`` and ``removed``."""

    label: str
    blocks: Sequence[text_diff.Block] = ()
    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    note: str = ""

    @property
    def stretches(self) -> list[tuple[list[text_diff.Block], bool]]:
        """The blocks, long unchanged stretches apart."""
        return text_diff.folded(self.blocks)


def saved(tip: Tip) -> QuerySet[TipVersion]:
    """Return the versions of a tip, the newest first, each with the person who saved it."""
    return tip.versions.select_related("saved_by")


def diff(old: object, new: object) -> list[Part]:
    """Return what changed between two versions as a list of Parts, the unchanged ones left out.

    A tip does for a version, if it has ``categories`` and ``tags`` as lists of names.
    """
    parts = []
    for name in WRITTEN:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            parts.append(text_part(name, before, after))
    for name, added, removed in _changed_names(old, new):
        parts.append(Part(name.capitalize(), added=added, removed=removed))
    return parts


def text_part(name: str, before: str, after: str) -> Part:
    """Return what changed in one of a tip's texts, named as in ``WRITTEN``."""
    read = text_diff.blocks if name == "body" else text_diff.lines
    blocks = text_diff.compare(read(before), read(after))
    is_same = all(block.is_same for block in blocks)
    note = "The words are the same; only the formatting or the spacing changed." if is_same else ""
    return Part(_label(name).capitalize(), () if is_same else blocks, note=note)


def summary(old: TipVersion | None, new: TipVersion) -> str:
    """Return in words what a version changed: "title; body (12 words added, 1 picture removed); tags"."""
    if old is None:
        return "first version"
    changes = []
    for name in WRITTEN:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            counts = ", ".join(_counted(before, after) if name == "body" else _counted_words(before, after))
            changes.append(f"{_label(name)} ({counts or 'order or formatting'})")
    for name, added, removed in _changed_names(old, new):
        labels = [f"+ {label}" for label in added] + [f"− {label}" for label in removed]
        changes.append(f"{name} ({', '.join(labels)})")
    return "; ".join(changes) or "nothing"


def _label(field: str) -> str:
    return field.replace("_", " ")


def _counted(before: str, after: str) -> Iterator[str]:
    """Yield what came into a body and what went: words, then pictures, links, lists and tables."""
    yield from _in_words("word", contents.words(before), contents.words(after))
    for kind in contents.THINGS:
        yield from _in_words(kind, contents.things(before, kind), contents.things(after, kind))


def _counted_words(before: str, after: str) -> Iterator[str]:
    return _in_words("word", Counter(before.split()), Counter(after.split()))


def _in_words(name: str, before: Counter[_Item], after: Counter[_Item]) -> Iterator[str]:
    for verb, number in (("added", (after - before).total()), ("removed", (before - after).total())):
        if number:
            yield f"{number} {name}{'' if number == 1 else 's'} {verb}"


def _changed_names(old: object, new: object) -> Iterator[tuple[str, list[str], list[str]]]:
    for name in ("categories", "tags"):
        before, after = getattr(old, name), getattr(new, name)
        added = [label for label in after if label not in before]
        removed = [label for label in before if label not in after]
        if added or removed:
            yield name, added, removed


def who(version: TipVersion) -> str:
    """Return the name of the person who saved a version, or what did it where no person is known."""
    return person(version.saved_by) if version.saved_by else "nobody signed in"


def since(tip: Tip, number: int) -> tuple[TipVersion | None, TipVersion] | None:
    """Return (opened, newest) versions where a tip was saved since a form was opened on version ``number``.

    Returns None where it was not. ``opened`` is None where that version is not known.
    """
    newest = saved(tip).first()
    if newest is None or newest.pk == number:
        return None
    return saved(tip).filter(pk=number).first(), newest


@transaction.atomic
def revert(tip: Tip, version: TipVersion, *, by: User, seen: int | None = None) -> str:
    """Bring back the text of a version: title, takeaway, excerpt, body, categories and tags.

    State, slug, slot and dates stay, but that it is an edit like any other: an approved tip that is not
    public yet goes back to review. It makes a new version, so that it can be undone the same way. ``seen`` is
    the number of the newest version as the caller saw it. Returns a sentence that says what followed. Raises
    NotPermitted, WrongState where the version is of another tip, or a picture says nothing, Overtaken.
    """
    queue_lock.lock()
    current = Tip.objects.select_for_update(of=("self",)).filter(pk=tip.pk).first()
    if current is None:
        raise Overtaken(f"“{tip}” was deleted meanwhile.")
    permit_change(by, current)
    if version.tip_id != current.pk:
        raise WrongState(f"That is no version of “{current}”. Choose one from its history.")
    if seen is not None and current.versions.newest_id() != seen:
        raise Overtaken(f"Somebody saved “{current}” meanwhile. Look again before you revert.")
    current.hold_version()
    for name in WRITTEN:
        setattr(current, name, getattr(version, name))
    current.body, gone = _body(version)
    categories, left_out = _categories(current, version)
    followed = editing.revise(current, WRITTEN, by=by)
    current.categories.set(categories)
    current.tags.set(tagging.find_or_make(version.tags))
    sentence = f"Brought back the text of {short(version.saved_at)}, saved by {who(version)}."
    TipVersion.objects.record(current, by=by, reason=sentence)
    log(by, current, TipAction.REVERTED, sentence)
    return " ".join(filter(None, [sentence, followed, left_out, gone]))


def as_brought_back(tip: Tip, version: TipVersion) -> TipVersion:
    """Return a version as ``revert`` brings it back, to be shown before: with what is still there."""
    brought = copy.copy(version)
    brought.body = pictures.without_gone(sanitiser.clean(version.body))[0]
    brought.categories = sorted(category.name for category in _categories(tip, version)[0])
    return brought


def _body(version: TipVersion) -> tuple[str, str]:
    """Return the body that a tip gets with a version, and a sentence on the pictures that are gone."""
    body, gone = pictures.without_gone(sanitiser.clean(version.body))
    nameless = next((number for number, each in enumerate(body_images.shown(body), 1) if not each.alt), None)
    if nameless:
        raise WrongState(
            f"Not brought back: picture {nameless} of that version has no alternative text. Copy the words"
            " that you need from the version into the tip’s form, and add the picture there with its text."
        )
    names = ", ".join(f"“{each.alt}”" if each.alt else "a picture without a text" for each in gone)
    left_out = f"Left out, since it is not on this site any more: {names}. Upload it again." if gone else ""
    if len(gone) > 1:
        left_out = f"Left out, since they are not on this site any more: {names}. Upload them again."
    return pictures.with_image_sizes(body), left_out


def _categories(tip: Tip, version: TipVersion) -> tuple[list[Category], str]:
    """Return the categories that a tip gets with a version, and a sentence on those that it does not get.

    A category that was renamed is found by its old name too. What is approved keeps those that it has where
    the version leaves none, as in the tip's form.
    """
    known = Category.objects.by_names(version.categories)
    meant = {name: known.get(folding.column_key(name)) for name in version.categories}
    categories = [category for category in meant.values() if category]
    gone = ", ".join(name for name in meant if not meant[name])
    left_out = f"Left out, since there is no such category any more: {gone}." if gone else ""
    try:
        labelling.require_category_left(tip, categories)
    except WrongState:
        categories = list(tip.categories.all())
        stays = ", ".join(f"“{category}”" for category in categories)
        left_out += f" It stays in {stays}: what is approved keeps a category."
    return categories, left_out.strip()
