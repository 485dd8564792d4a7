"""What became of a tip's text: its versions, the difference between two, and the way back to one."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify

from desk.errors import NotPermitted, Overtaken, Refused
from desk.log import log
from tips.dates import in_words
from tips.models import TEXTS, Category, Tip, TipAction, TipVersion
from tips.permissions import may_change
from tips.publishing import editing, tagging
from tips.schedule import queue_lock
from tips.text import diff as text_diff
from tips.text import markup

LABELS = {"title": "Title", "takeaway": "Takeaway", "excerpt": "Excerpt", "body": "Body"}


class NoSuchVersion(Refused, ValueError):
    """The version is of another tip."""


@dataclass(frozen=True)
class Part:
    """What changed in one part of a tip: ``blocks`` of a text, or names ``added`` and ``removed``."""

    label: str
    blocks: tuple = ()
    added: tuple = ()
    removed: tuple = ()
    note: str = ""

    @property
    def stretches(self):
        """The blocks, long unchanged stretches apart."""
        return text_diff.folded(list(self.blocks))


def saved(tip):
    """Return the versions of a tip, the newest first, each with the person who saved it."""
    return tip.versions.select_related("saved_by")


def diff(old, new):
    """Return what changed between two versions (or a version and a tip with ``categories`` and ``tags`` as
    lists of names) as a list of Parts, the unchanged ones left out.
    """
    parts = []
    for name, label in LABELS.items():
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        read = text_diff.blocks if name == "body" else text_diff.lines
        found = text_diff.compare(read(before), read(after))
        if all(block.is_same for block in found):
            found, note = (), "The words are the same; only the formatting or the spacing changed."
        else:
            note = ""
        parts.append(Part(label, blocks=tuple(found), note=note))
    for name, label in (("categories", "Categories"), ("tags", "Tags")):
        before, after = getattr(old, name), getattr(new, name)
        if set(before) != set(after):
            added = tuple(each for each in after if each not in before)
            removed = tuple(each for each in before if each not in after)
            parts.append(Part(label, added=added, removed=removed))
    return parts


def summary(old, new):
    """Return in words what a version changed: "title; body (12 words added, 3 removed); tags"."""
    if old is None:
        return "first version"
    found = []
    for name, label in LABELS.items():
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        read = text_diff.blocks if name == "body" else text_diff.lines
        added, removed = text_diff.count(read(before), read(after))
        counts = [_words(number, what) for number, what in ((added, "added"), (removed, "removed")) if number]
        found.append(f"{label.lower()} ({', '.join(counts) or 'order or formatting'})")
    for name in ("categories", "tags"):
        added = [f"+ {each}" for each in getattr(new, name) if each not in getattr(old, name)]
        removed = [f"− {each}" for each in getattr(old, name) if each not in getattr(new, name)]
        if added or removed:
            found.append(f"{name} ({', '.join(added + removed)})")
    return "; ".join(found) or "nothing"


def _words(number, what):
    return f"{number} word{'' if number == 1 else 's'} {what}"


def who(version):
    """Return the name of the person who saved a version, or what did it where no person is known."""
    user = version.saved_by
    return (user.get_full_name() or user.get_username()) if user else "nobody signed in"


def since(tip, number):
    """Return (opened, newest) versions where a tip was saved since a form was opened on version ``number``.

    Returns None where it was not. ``opened`` is None where that version is not known.
    """
    newest = saved(tip).first()
    if newest is None or newest.pk == number:
        return None
    return saved(tip).filter(pk=number).first(), newest


@transaction.atomic
def revert(tip, version, *, by, seen=None):
    """Bring back the text of a version: title, takeaway, excerpt, body, categories and tags.

    State, address, slot and dates stay, but that it is an edit like any other: an approved tip that is not
    public yet goes back to review. It makes a new version, so that it can be undone the same way. ``seen`` is
    the number of the newest version as the caller saw it. Returns a sentence that says what followed. Raises
    NotPermitted, NoSuchVersion, Overtaken.
    """
    queue_lock.lock()
    row = Tip.objects.select_for_update(of=("self",)).filter(pk=tip.pk).first()
    if row is None:
        raise Overtaken(f"“{tip}” was deleted meanwhile.")
    if not may_change(by, row):
        raise NotPermitted(f"You may not change “{row}”. Ask its author or an editor to do it.")
    if version.tip_id != row.pk:
        raise NoSuchVersion(f"That is no version of “{row}”. Choose one from its history.")
    if seen is not None and row.versions.newest_id() != seen:
        raise Overtaken(f"Somebody saved “{row}” meanwhile. Look at the difference again before you revert.")
    row.hold_version()
    for name in TEXTS:
        setattr(row, name, getattr(version, name))
    row.body = markup.clean(row.body)
    followed = editing.revise(row, TEXTS, by=by)
    categories, gone = _categories(version.categories)
    row.categories.set(categories)
    row.tags.set(tagging.find_or_make(version.tags))
    sentence = f"Brought back the text of {in_words(version.saved_at)}, saved by {who(version)}."
    TipVersion.objects.record(row, by=by, reason=sentence)
    log(by, row, TipAction.REVERTED, sentence)
    left_out = f" Left out, since there is no such category any more: {', '.join(gone)}." if gone else ""
    return f"{sentence}{f' {followed}' if followed else ''}{left_out}"


def _categories(names):
    """Return (categories, gone): the rows that names mean now, and the names that mean none.

    A category that was renamed kept its address, and is found by it.
    """
    by_name, by_slug = {}, {}
    for category in Category.objects.all():
        by_name[tagging.key(category.name)] = by_slug[category.slug] = category
    found = {name: by_name.get(tagging.key(name)) or by_slug.get(slugify(name)) for name in names}
    return [each for each in found.values() if each], [name for name, each in found.items() if not each]
