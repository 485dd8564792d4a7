"""Posts to tips: every mention of one tip in a run becomes one, whatever the order of files."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from tips.importers.records import Post, Warned
from tips.publishing.tagging import key
from tips.text import markup, stems

_SAME = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("‘’‚‛`´′", "'") | dict.fromkeys("“”„‟«»″", '"')
)
_LONGEST_IN_IDENTITY = 200
# So many letters in common at the beginning are no coincidence.
_TELLING = 20
_TYPOGRAPHIC = re.compile("[‘’“”–—…]")


def folded(title):
    """Return a title without what tells no two tips apart: case, kinds of dashes, quotes and spaces.

    A long one ends in a digest of all of it, so that it fits into a row.
    """
    text = "".join(char for char in title if unicodedata.category(char) != "Cf")
    text = markup.one_line(stems.fold(text.translate(_SAME)).translate(_SAME))
    if len(text) <= _LONGEST_IN_IDENTITY:
        return text
    return text[:150] + "#" + short_digest(text)


def short_digest(text):
    """Return a digest of text, in 32 characters."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def identity(folded_title, day):
    """Return what makes two posts one tip, as a row keeps it: the folded title and the date."""
    return f"{folded_title}|{day.isoformat() if day else ''}"


def title_rank(title, full):
    """Return the key by which one spelling of a title is preferred: a full post's, then the typographic."""
    return full, len(_TYPOGRAPHIC.findall(title)), title


def text_rank(body, takeaway):
    """Return the key by which one text is preferred: the longer one, then the one with a takeaway."""
    letters = sum(map(len, f"{markup.to_text(body)} {takeaway}".split()))
    return letters, bool(takeaway), body, takeaway


def excerpt_rank(excerpt):
    """Return the key by which one excerpt of a strip is preferred: the longest."""
    return len(excerpt), excerpt


def agree(one, other):
    """Tell whether two things with ``excerpt``, ``body`` and ``takeaway`` have the same text.

    They do where the excerpt or the text of one is the beginning of the other's, and long enough to tell.
    """
    return any(
        mine == theirs
        or (min(len(mine), len(theirs)) >= _TELLING and (mine.startswith(theirs) or theirs.startswith(mine)))
        for mine in _beginnings(one)
        for theirs in _beginnings(other)
    )


def _beginnings(tip):
    for text in (tip.excerpt, f"{markup.to_text(tip.body)} {tip.takeaway}"):
        letters = "".join(filter(str.isalnum, stems.fold(text)))
        if letters:
            yield letters


@dataclass
class Merged:
    """What a run states about one tip.

    ``stated`` are the categories that full posts state; ``in_strip`` is whether a strip has it. ``file`` and
    ``line`` are of its first mention, by name. ``was_undated`` is whether some mention lacks the date.
    """

    folded: str
    day: date | None
    impossible: bool = False
    title: tuple = ()
    text: tuple = (0, False, "", "")
    excerpt: str = ""
    in_strip: bool = False
    was_undated: bool = False
    stated: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    where: tuple[str, int] = ()

    @property
    def identity(self):
        return identity(self.folded, self.day)

    @property
    def body(self):
        return self.text[2]

    @property
    def takeaway(self):
        return self.text[3]

    def add(self, post):
        """Take in one more mention of this tip."""
        self.impossible = self.impossible or post.impossible
        self.title = max(self.title, title_rank(post.title, post.full))
        if post.body and (post.body, post.takeaway) != self.text[2:]:
            self.text = max(self.text, text_rank(post.body, post.takeaway))
        self.excerpt = max(self.excerpt, post.excerpt, key=excerpt_rank)
        self.in_strip = self.in_strip or not post.full
        _add_names(self.stated, post.categories)
        _add_names(self.tags, post.tags)
        self.where = min(self.where or (post.file, post.line), (post.file, post.line))

    def absorb(self, undated):
        """Take in the undated mentions of this tip."""
        self.title = max(self.title, undated.title)
        self.text = max(self.text, undated.text)
        self.excerpt = max(self.excerpt, undated.excerpt, key=excerpt_rank)
        self.in_strip = self.in_strip or undated.in_strip
        self.was_undated = True
        _add_names(self.stated, undated.stated.values())
        _add_names(self.tags, undated.tags.values())
        self.where = min(self.where, undated.where)


def _add_names(known, names):
    for name in names:
        known[key(name)] = min(known.get(key(name), name), name)


def merge(posts: list[Post]):
    """Return (tips, warnings): one Merged for each tip, by date with the undated last, then by title.

    A dated and an undated post of one title are one tip if their texts agree, else two and a warning.
    """
    by_title = defaultdict(dict)
    for post in posts:
        days = by_title[folded(post.title)]
        if post.day not in days:
            days[post.day] = Merged(folded(post.title), post.day)
        days[post.day].add(post)
    tips, warnings = [], []
    for days in by_title.values():
        undated = days.pop(None, None)
        dated = [days[day] for day in sorted(days)]
        if undated:
            same = next((tip for tip in dated if agree(tip, undated)), None)
            if same:
                same.absorb(undated)
            else:
                tips.append(undated)
                if dated:
                    warnings.append(kept_as_two(undated))
        tips += dated
    tips.sort(key=lambda tip: (tip.day is None, tip.day or date.min, tip.folded))
    return tips, warnings


def kept_as_two(tip):
    """Return the warning about a dated and an undated post of one title whose texts differ."""
    return Warned(
        *tip.where,
        f"“{tip.title[-1]}” stands here {'with' if tip.day else 'without'} a date and elsewhere"
        f" {'without' if tip.day else 'with'} one, and the texts do not agree: kept as two tips.",
    )
