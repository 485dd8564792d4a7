"""The difference of two texts by words, as something a page can show.

A text is a list of blocks, each a kind ("paragraph", "heading", …) and its words. Where two texts differ, the
blocks that changed are compared word by word; the breaks between them count as words, so that a paragraph
that was split or joined shows as just that.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import chain, groupby
from typing import NamedTuple, TypeVar

from tips.text.html_tokens import tokens

SAME, ADDED, REMOVED = "same", "added", "removed"
# Comparing takes time with the product of both lengths; beyond this, the whole is shown as replaced.
_MOST_WORK = 16_000_000
# … and with the pairs of equal words in them, many in a text that repeats itself: so many in one comparison.
_MOST_PAIRS = 300_000
# An unchanged stretch this short between two changes is chance; shown apart, it makes a sieve of the text.
_CHANCE = 2
_HEADINGS = {"h2": "heading", "h3": "smaller heading", "h4": "smallest heading"}
_KINDS = {**_HEADINGS, "pre": "code", "figcaption": "caption", "ul": "list item", "ol": "numbered item"}
_BLOCKS = frozenset("p h2 h3 h4 li ul ol blockquote pre hr figure figcaption table".split())

_Item = TypeVar("_Item", bound=Hashable)
_Opcodes = Sequence[tuple[str, int, int, int, int]]
Text = Sequence[tuple[str, Sequence[str]]]


class Break(NamedTuple):
    """The beginning of a block, as a word among words."""

    kind: str


_Words = list[str | Break]


@dataclass
class Run:
    """Words in a row with one change: same, added or removed."""

    change: str
    text: str


@dataclass
class Block:
    """A block of the difference. ``change`` is that of the break before it, ``former_kind`` what it was."""

    kind: str
    change: str = SAME
    former_kind: str = ""
    runs: list[Run] = field(default_factory=list)

    @property
    def is_same(self) -> bool:
        return not self.former_kind and {self.change, *(run.change for run in self.runs)} == {SAME}

    @property
    def break_change(self) -> str:
        """How the break itself came or went, between words that stayed; empty where it did neither."""
        return self.change if self.change != SAME and any(run.change == SAME for run in self.runs) else ""


def blocks(source: str) -> list[tuple[str, list[str]]]:
    """Return clean HTML as a list of (kind, words): its structure in words, links with their URLs.

    Bold and italic are left out: what differs by them alone is for the caller to say.
    """
    result: list[tuple[str, list[str]]] = []
    lists: list[str] = []
    cells: list[str] | None = None
    kind, quotes, text, url = "paragraph", 0, "", ""
    for token in tokens(f"{source}<p>"):
        text += token.text
        match token.tag:
            case "br":
                text += " ⏎ "
            case "img":
                text += f" [{_picture(token.attributes)}] "
            case "a" if token.closes:
                text += f" ({url})"
            case "a":
                url = token.attributes.get("href", "")
            case "td" | "th" if cells is not None:
                if token.closes:
                    cells.append(" ".join(text.split()))
                text = ""
            case "tr" if token.closes and cells:
                result.append(("row of a table", " | ".join(cells).split()))
                cells = []
            case tag if tag in _BLOCKS and cells is not None and tag != "table":
                text += " "
            case tag if tag in _BLOCKS:
                if words := text.split():
                    result.append((f"{kind}, quoted" if quotes else kind, words))
                text = ""
                match tag:
                    case "ul" | "ol":
                        lists[-1:] = [] if token.closes else [*lists[-1:], tag]
                    case "blockquote":
                        quotes += -1 if token.closes else 1
                    case "hr":
                        result.append(("rule", ["⸻"]))
                    case "table":
                        cells = None if token.closes else []
                names_itself = tag in _KINDS and tag not in ("ul", "ol") and not token.closes
                kind = _KINDS.get(tag if names_itself else lists[-1] if lists else "", "paragraph")
    return result


def _picture(attributes: Mapping[str, str]) -> str:
    """Name an image by its alternative text and the first signs of its file: who compares knows no path."""
    file = attributes.get("src", "").rpartition("/")[2][:6]
    return f"picture {file}: {attributes.get('alt') or 'without alternative text'}"


def lines(text: str) -> list[tuple[str, list[str]]]:
    """Return plain text as a list of (kind, words), a block for each line."""
    return [("line", line.split()) for line in text.splitlines() if line.split()]


def compare(old: Text, new: Text) -> list[Block]:
    """Return the difference of two lists of (kind, words), as a list of Blocks in reading order."""
    old, new = ([(kind, tuple(words)) for kind, words in text] for text in (old, new))
    difference, pairs_left = [], _MOST_PAIRS
    for operation, i1, i2, j1, j2 in _opcodes(old, new, _MOST_PAIRS):
        if operation == "equal":
            difference += [Block(kind, runs=[Run(SAME, " ".join(words))]) for kind, words in new[j1:j2]]
        else:
            before, after = _flat(old[i1:i2]), _flat(new[j1:j2])
            difference += _as_blocks(_steps(before, after, pairs_left))
            pairs = _pairs(before, after)
            pairs_left -= pairs if pairs <= pairs_left else 0
    return difference


def folded(difference: Sequence[Block]) -> list[tuple[list[Block], bool]]:
    """Return blocks as a list of (blocks, is_hidden): long unchanged stretches apart from what changed."""
    changed = [place for place, block in enumerate(difference) if not block.is_same]
    near = {place + step for place in changed for step in (-1, 0, 1)}
    runs = groupby(range(len(difference)), key=lambda place: place not in near)
    stretches = [([difference[place] for place in places], is_far) for is_far, places in runs]
    return [(stretch, is_far and len(stretch) > 1) for stretch, is_far in stretches]


def _flat(text: Text) -> _Words:
    items: _Words = []
    for kind, words in text:
        items += [Break(kind), *words]
    return items


def _pairs(old: Iterable[_Item], new: Iterable[_Item]) -> int:
    """Return how many pairs of equal items two lists make: with them grows the work of comparing."""
    times = Counter(new)
    return sum(number * times[item] for item, number in Counter(old).items())


def _opcodes(old: Sequence[_Item], new: Sequence[_Item], most_pairs: int) -> _Opcodes:
    """Return the steps from old to new as SequenceMatcher has them; beyond the bounds, all is replaced."""
    if len(old) * len(new) > _MOST_WORK or _pairs(old, new) > most_pairs:
        return [("equal" if old == new else "replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _steps(old: _Words, new: _Words, most_pairs: int) -> Iterator[tuple[str, _Words]]:
    """Yield (change, words) that lead from old to new."""
    removed, added = _Words(), _Words()
    for operation, i1, i2, j1, j2 in _opcodes(old, new, most_pairs):
        before, after = old[i1:i2], new[j1:j2]
        between = i1 and j1 and i2 < len(old) and j2 < len(new)
        by_chance = between and len(before) <= _CHANCE and not any(isinstance(word, Break) for word in before)
        if operation == "equal" and not by_chance:
            yield from _interleaved(removed, added)
            yield SAME, after
            removed, added = [], []
        else:
            removed += before
            added += after
    yield from _interleaved(removed, added)


def _interleaved(before: _Words, after: _Words) -> Iterator[tuple[str, _Words]]:
    """Yield a change as (change, words) such that what took the place of words stands right beside them."""
    old, new = _pieces(before), _pieces(after)
    if len(old) == len(new):
        pairs = [pair for pieces in zip(old, new, strict=True) for pair in _break_apart(*pieces)]
    else:
        pairs = [(old[0], new[0]), ([*chain(*old[1:])], []), ([], [*chain(*new[1:])])]
    for removed, added in pairs:
        yield from ((change, words) for change, words in ((REMOVED, removed), (ADDED, added)) if words)


def _break_apart(old: _Words, new: _Words) -> list[tuple[_Words, _Words]]:
    """Return the breaks at the beginning of two pieces, then their words."""
    start = 1 if old and isinstance(old[0], Break) else 0
    return [(old[:start], new[:start]), (old[start:], new[start:])]


def _pieces(words: _Words) -> list[_Words]:
    """Return words as pieces: what stands before the first break, then from each break up to the next."""
    pieces: list[_Words] = [[]]
    for word in words:
        if isinstance(word, Break):
            pieces.append([])
        pieces[-1].append(word)
    return pieces


def _as_blocks(steps: Iterable[tuple[str, _Words]]) -> list[Block]:
    result: list[Block] = []
    for change, words in steps:
        for word in words:
            if isinstance(word, str):
                runs = result[-1].runs
                if runs and runs[-1].change == change:
                    runs[-1].text += f" {word}"
                else:
                    runs.append(Run(change, word))
            elif change == ADDED and result and result[-1].change == REMOVED and not result[-1].runs:
                # Nothing between the two: the break stayed, and is of another kind.
                former = result[-1].kind
                result[-1] = Block(word.kind, former_kind=former if former != word.kind else "")
            else:
                result.append(Block(word.kind, change))
    return [block for block in result if block.runs]
