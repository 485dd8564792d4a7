"""Posts to tips: all mentions of one tip in a run become one, whatever the order of files."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from tips.importers.records import LineWarning, Post
from tips.models import Tip
from tips.text import folding, html_to_plain, stems

# So many letters in common at the beginning are no coincidence.
_FEWEST_IN_COMMON = 20
_TYPOGRAPHIC = re.compile("[‘’“”–—…]")


@dataclass(frozen=True)
class StatedTip:
    """What a run states about one tip.

    ``categories`` and ``tags`` are {key: name}, of full posts. ``is_full`` is whether there is a full post,
    ``in_strip`` whether a strip has the tip, ``was_undated`` whether some mention lacks the date. ``first``
    is the (file, line) of its first mention, by name.
    """

    folded: str
    day: date | None
    impossible: bool
    title: str
    excerpt: str
    body: str
    takeaway: str
    is_full: bool
    in_strip: bool
    was_undated: bool
    categories: dict[str, str]
    tags: dict[str, str]
    first: tuple[str, int]

    @property
    def identity(self) -> str:
        return identity(self.folded, self.day)


def merge(posts: Iterable[Post]) -> tuple[list[StatedTip], list[LineWarning]]:
    """Return (tips, warnings): one StatedTip for each tip, by date with the undated last, then by title.

    A dated and an undated post of one title are one tip if their texts agree, else two and a warning.
    """
    by_title: defaultdict[str, defaultdict[date | None, list[Post]]] = defaultdict(lambda: defaultdict(list))
    for post in posts:
        by_title[folding.column_key(post.title, accents=False)][post.day].append(post)
    tips: list[StatedTip] = []
    warnings = []
    for title, by_day in by_title.items():
        stated = {day: _stated(title, day, by_day[day]) for day in by_day}
        undated, days = stated.get(None), sorted(filter(None, stated))
        if undated and days:
            if same := next((day for day in days if agree(stated[day], undated)), None):
                stated[same] = _stated(title, same, by_day[same] + by_day[None])
                del stated[None]
            else:
                warnings.append(kept_as_two(undated))
        tips += stated.values()
    tips.sort(key=lambda tip: (tip.day is None, tip.day or date.min, tip.folded))
    return tips, warnings


def _stated(folded_title: str, day: date | None, posts: list[Post]) -> StatedTip:
    texts = {(post.body, post.takeaway) for post in posts if post.body}
    body, takeaway = max(texts, key=lambda text: text_rank(*text), default=("", ""))
    return StatedTip(
        folded=folded_title,
        day=day,
        impossible=day is None and any(post.impossible for post in posts),
        title=max(title_rank(post.title, post.full) for post in posts)[-1],
        excerpt=longest(*(post.excerpt for post in posts)),
        body=body,
        takeaway=takeaway,
        is_full=any(post.full for post in posts),
        in_strip=not all(post.full for post in posts),
        was_undated=any(post.day != day for post in posts),
        categories=_by_key(name for post in posts for name in post.categories),
        tags=_by_key(name for post in posts for name in post.tags),
        first=min((post.file, post.line) for post in posts),
    )


def _by_key(names: Iterable[str]) -> dict[str, str]:
    """Return {key: name}; of the spellings of one name the same in whatever order they come."""
    return {folding.column_key(name): name for name in sorted(set(names), reverse=True)}


def identity(folded_title: str, day: date | None) -> str:
    """Return what makes two posts one tip, as a row keeps it: the key of the title, and the date."""
    return f"{folded_title}|{day.isoformat() if day else ''}"


def title_rank(title: str, is_full: bool) -> tuple[bool, int, str]:
    """Return what orders the spellings of a title: that of a full post first, then the most typographic."""
    return is_full, len(_TYPOGRAPHIC.findall(title)), title


def text_rank(body: str, takeaway: str) -> tuple[int, bool, str, str]:
    """Return what orders the texts of one tip: the longer first, then the one with a takeaway."""
    text = folding.without_invisible(f"{html_to_plain.to_text(body)} {takeaway}")
    letters = sum(map(len, text.split()))
    return letters, bool(takeaway), body, takeaway


def longest(*excerpts: str) -> str:
    """Return the preferred of some excerpts."""
    return max(excerpts, key=lambda excerpt: (len(excerpt), excerpt))


def agree(one: StatedTip | Tip, other: StatedTip | Tip) -> bool:
    """Tell whether two tips have the same text.

    They have where the excerpt or the text of one is the beginning of the other's, and no short one.
    """
    pairs = (sorted(pair, key=len) for pair in product(_beginnings(one), _beginnings(other)))
    return any(a == b or (len(a) >= _FEWEST_IN_COMMON and b.startswith(a)) for a, b in pairs)


def _beginnings(tip: StatedTip | Tip) -> Iterator[str]:
    for text in (tip.excerpt, f"{html_to_plain.to_text(tip.body)} {tip.takeaway}"):
        if letters := "".join(filter(str.isalnum, stems.fold(text))):
            yield letters


def kept_as_two(tip: StatedTip) -> LineWarning:
    """Return the warning about a dated and an undated post of one title whose texts differ."""
    here, there = ("dated", "undated") if tip.day else ("undated", "dated")
    message = f"“{tip.title}” is {here} here and {there} elsewhere, and the texts differ: kept as two tips."
    return LineWarning(*tip.first, message)
