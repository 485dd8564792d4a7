"""Posts to tips: all mentions of one tip in a run become one, whatever the order of files."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from tips.importers.records import LineWarning, Post
from tips.models import Tip
from tips.publishing.tagging import key
from tips.text import markup, stems

_SAME = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("‘’‚‛`´′", "'") | dict.fromkeys("“”„‟«»″", '"')
)
_LONGEST_IN_IDENTITY = 200
# So many letters in common at the beginning are no coincidence.
_FEWEST_IN_COMMON = 20
_TYPOGRAPHIC = re.compile("[‘’“”–—…]")


class RankedTitle(NamedTuple):
    """A spelling of a title, ordered by preference: that of a full post, then the most typographic."""

    is_full: bool
    typographic: int
    title: str


class RankedText(NamedTuple):
    """A body and its takeaway, ordered by preference: the longer text, then the one with a takeaway."""

    letters: int = 0
    has_takeaway: bool = False
    body: str = ""
    takeaway: str = ""


@dataclass(frozen=True)
class StatedTip:
    """What a run states about one tip.

    ``categories`` and ``tags`` are {key: name}, those of full posts; ``in_strip`` is whether a strip has the
    tip. ``first`` is the (file, line) of its first mention, by name. ``was_undated`` is whether some mention
    lacks the date.
    """

    folded: str
    day: date | None
    impossible: bool
    title: RankedTitle
    text: RankedText
    excerpt: str
    in_strip: bool
    was_undated: bool
    categories: dict[str, str]
    tags: dict[str, str]
    first: tuple[str, int]

    @property
    def identity(self) -> str:
        return identity(self.folded, self.day)

    @property
    def body(self) -> str:
        return self.text.body

    @property
    def takeaway(self) -> str:
        return self.text.takeaway


def merge(posts: Iterable[Post]) -> tuple[list[StatedTip], list[LineWarning]]:
    """Return (tips, warnings): one StatedTip for each tip, by date with the undated last, then by title.

    A dated and an undated post of one title are one tip if their texts agree, else two and a warning.
    """
    by_title: defaultdict[str, defaultdict[date | None, list[Post]]] = defaultdict(lambda: defaultdict(list))
    for post in posts:
        by_title[folded(post.title)][post.day].append(post)
    tips: list[StatedTip] = []
    warnings = []
    for title, by_day in by_title.items():
        undated_posts = by_day.pop(None, [])
        dated = {day: _stated(title, day, by_day[day]) for day in sorted(filter(None, by_day))}
        if undated_posts:
            undated = _stated(title, None, undated_posts)
            same = next((day for day, tip in dated.items() if agree(tip, undated)), None)
            if same:
                dated[same] = _stated(title, same, by_day[same] + undated_posts)
            else:
                tips.append(undated)
                if dated:
                    warnings.append(kept_as_two(undated))
        tips += dated.values()
    tips.sort(key=lambda tip: (tip.day is None, tip.day or date.min, tip.folded))
    return tips, warnings


def _stated(folded_title: str, day: date | None, posts: list[Post]) -> StatedTip:
    texts = {(post.body, post.takeaway) for post in posts if post.body}
    return StatedTip(
        folded=folded_title,
        day=day,
        impossible=day is None and any(post.impossible for post in posts),
        title=max(ranked_title(post.title, post.full) for post in posts),
        text=max((ranked_text(*text) for text in texts), default=RankedText()),
        excerpt=longest(*(post.excerpt for post in posts)),
        in_strip=not all(post.full for post in posts),
        was_undated=any(post.day != day for post in posts),
        categories=_by_key(name for post in posts for name in post.categories),
        tags=_by_key(name for post in posts for name in post.tags),
        first=min((post.file, post.line) for post in posts),
    )


def _by_key(names: Iterable[str]) -> dict[str, str]:
    """Return {key: name}; of the spellings of one name the same in whatever order they come."""
    return {key(name): name for name in sorted(set(names), reverse=True)}


def folded(title: str) -> str:
    """Return a title without what tells no two tips apart: case, kinds of dashes, quotes and spaces.

    A long title ends in a digest of all of it, so that it fits into a row.
    """
    text = "".join(char for char in title if unicodedata.category(char) != "Cf")
    text = markup.one_line(stems.fold(text.translate(_SAME)).translate(_SAME))
    if len(text) <= _LONGEST_IN_IDENTITY:
        return text
    return text[:150] + "#" + short_digest(text)


def short_digest(text: str) -> str:
    """Return a digest of text, in 32 characters."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def identity(folded_title: str, day: date | None) -> str:
    """Return what makes two posts one tip, as a row keeps it: the folded title and the date."""
    return f"{folded_title}|{day.isoformat() if day else ''}"


def ranked_title(title: str, is_full: bool) -> RankedTitle:
    """Return a title with its rank among the spellings of it."""
    return RankedTitle(is_full, len(_TYPOGRAPHIC.findall(title)), title)


def ranked_text(body: str, takeaway: str) -> RankedText:
    """Return a body and its takeaway with their rank among the texts of one tip."""
    letters = sum(map(len, f"{markup.to_text(body)} {takeaway}".split()))
    return RankedText(letters, bool(takeaway), body, takeaway)


def longest(*excerpts: str) -> str:
    """Return the preferred of some excerpts."""
    return max(excerpts, key=lambda excerpt: (len(excerpt), excerpt))


def agree(one: StatedTip, other: StatedTip | Tip) -> bool:
    """Tell whether two tips have the same text.

    They have where the excerpt or the text of one is the beginning of the other's, and no short one.
    """
    return any(
        mine == theirs
        or (
            min(len(mine), len(theirs)) >= _FEWEST_IN_COMMON
            and (mine.startswith(theirs) or theirs.startswith(mine))
        )
        for mine in _beginnings(one)
        for theirs in _beginnings(other)
    )


def _beginnings(tip: StatedTip | Tip) -> Iterator[str]:
    for text in (tip.excerpt, f"{markup.to_text(tip.body)} {tip.takeaway}"):
        letters = "".join(filter(str.isalnum, stems.fold(text)))
        if letters:
            yield letters


def kept_as_two(tip: StatedTip) -> LineWarning:
    """Return the warning about a dated and an undated post of one title whose texts differ."""
    return LineWarning(
        *tip.first,
        f"“{tip.title.title}” stands here {'with' if tip.day else 'without'} a date and elsewhere"
        f" {'without' if tip.day else 'with'} one, and the texts do not agree: kept as two tips.",
    )
