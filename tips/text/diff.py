"""The difference of two texts by words, as something a page can show.

A text is a list of blocks, each a kind ("paragraph", "heading", …) and its words. Where two texts differ, the
blocks that changed are compared word by word; the breaks between them count as words, so that a paragraph
that was split or joined shows as just that.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import chain

SAME, ADDED, REMOVED = "same", "added", "removed"
# Comparing takes time with the product of both lengths; beyond this, the whole is shown as replaced.
_MOST_WORK = 16_000_000
# … and with the pairs of equal words in them, many in a text that repeats itself: so many in one comparison.
_MOST_PAIRS = 300_000
# An unchanged stretch this short between two changes is chance; shown apart, it makes a sieve of the text.
_CHANCE = 2
_KINDS = {
    "p": "paragraph",
    "h2": "heading",
    "h3": "smaller heading",
    "ul": "list item",
    "ol": "numbered item",
    "blockquote": "quote",
}
_TOKEN = re.compile(
    r"""<(?P<close>/?)(?P<tag>[a-z0-9]+)(?P<rest>[^>"]*(?:"[^"]*"[^>"]*)*)>|(?P<text>[^<]+)"""
)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Break:
    """The beginning of a block, as a word among words."""

    kind: str


@dataclass
class Run:
    """Words in a row with one fate: same, added or removed."""

    fate: str
    text: str


@dataclass
class Block:
    """A block of the difference. ``fate`` is that of the break before it; ``was`` the kind it had before."""

    kind: str
    fate: str = SAME
    was: str = ""
    runs: list[Run] = field(default_factory=list)

    @property
    def is_same(self):
        return self.fate == SAME and not self.was and all(run.fate == SAME for run in self.runs)

    @property
    def mark(self):
        """Whether the break itself came or went, between words that stayed."""
        return self.fate if self.fate != SAME and any(run.fate == SAME for run in self.runs) else ""


def blocks(source):
    """Return clean HTML as a list of (kind, words): its structure in words, links with their addresses.

    Bold and italic are left out: what differs by them alone is for the caller to say.
    """
    found, lists, quotes = [], [], 0
    words, kind, link = [], "paragraph", None

    def flush():
        text = "".join(words).split()
        words.clear()
        if text:
            found.append((f"{kind}, quoted" if quotes and kind != "quote" else kind, text))

    for token in _TOKEN.finditer(source):
        if token["text"] is not None:
            words.append(html.unescape(token["text"]))
            continue
        tag, closes = token["tag"], bool(token["close"])
        attributes = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(token["rest"])}
        if tag == "br":
            words.append(" ⏎ ")
        elif tag == "img":
            alt = attributes.get("alt") or "without alternative text"
            words.append(f" [picture: {alt}, {attributes.get('src', '')}] ")
        elif tag == "a":
            if not closes:
                link = attributes.get("href", "")
            elif link is not None:
                words.append(f" ({link})")
                link = None
        elif tag in ("p", "h2", "h3", "li", "ul", "ol", "blockquote"):
            flush()
            if tag in ("ul", "ol"):
                lists[-1:] = [] if closes else [*lists[-1:], tag]
            elif tag == "blockquote":
                quotes += -1 if closes else 1
            in_list = lists[-1] if lists else None
            plain = _KINDS[in_list] if in_list else _KINDS["p"]
            kind = plain if closes or tag not in ("h2", "h3") else _KINDS[tag]
    flush()
    return found


def lines(text):
    """Return plain text as a list of (kind, words), a block for each line."""
    return [("line", line.split()) for line in text.splitlines() if line.split()]


def compare(old, new):
    """Return the difference of two lists of (kind, words), as a list of Blocks in reading order."""
    old_keys, new_keys = ([(kind, " ".join(words)) for kind, words in each] for each in (old, new))
    found, pairs_left = [], _MOST_PAIRS
    for op, i1, i2, j1, j2 in _opcodes(old_keys, new_keys, _MOST_PAIRS):
        if op == "equal":
            found += [Block(kind, runs=[Run(SAME, " ".join(words))]) for kind, words in new[j1:j2]]
        else:
            before, after = _flat(old[i1:i2]), _flat(new[j1:j2])
            found += _blocks(_words(before, after, pairs_left))
            pairs = _pairs(before, after)
            pairs_left -= pairs if pairs <= pairs_left else 0
    return found


def folded(found, around=1):
    """Return blocks as a list of (blocks, is_hidden): long unchanged stretches apart from what changed."""
    near = {
        place
        for changed, block in enumerate(found)
        if not block.is_same
        for place in range(changed - around, changed + around + 1)
    }
    stretches = []
    for place, block in enumerate(found):
        hidden = place not in near
        if stretches and stretches[-1][1] == hidden:
            stretches[-1][0].append(block)
        else:
            stretches.append(([block], hidden))
    return [(each, hidden and len(each) > 1) for each, hidden in stretches]


def count(old, new):
    """Return (added, removed): how many words one text has that the other has not, wherever they stand."""
    old, new = (Counter(word for _, words in each for word in words) for each in (old, new))
    return (new - old).total(), (old - new).total()


def _flat(some_blocks):
    return [each for kind, words in some_blocks for each in (Break(kind), *words)]


def _pairs(old, new):
    """Return how many pairs of equal things two lists make: with them grows the work of comparing."""
    old, new = Counter(old), Counter(new)
    return sum(times * new[each] for each, times in old.items())


def _opcodes(old, new, most_pairs):
    """Return the steps from old to new as SequenceMatcher has them; beyond the bounds, all is replaced."""
    if len(old) * len(new) > _MOST_WORK or _pairs(old, new) > most_pairs:
        same = old == new
        return [("equal" if same else "replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _words(old, new, most_pairs):
    """Return a list of (fate, words) that leads from old to new."""
    steps = []
    for op, i1, i2, j1, j2 in _opcodes(old, new, most_pairs):
        between = i1 and j1 and i2 < len(old) and j2 < len(new)
        only_words = not any(isinstance(each, Break) for each in old[i1:i2])
        if op == "equal" and not (between and only_words and i2 - i1 <= _CHANCE):
            steps.append((SAME, [], new[j1:j2]))
        elif steps and steps[-1][0] != SAME:
            steps[-1][1].extend(old[i1:i2])
            steps[-1][2].extend(new[j1:j2])
        else:
            steps.append((REMOVED, old[i1:i2], new[j1:j2]))
    found = []
    for fate, before, after in steps:
        if fate == SAME:
            found.append((SAME, after))
        else:
            found += _interleaved(before, after)
    return found


def _interleaved(before, after):
    """Return a change as (fate, words) such that what took the place of words stands right beside them."""
    before, after = _split(before), _split(after)
    if len(before) == len(after):
        pairs = [(old, new) for both in zip(before, after, strict=True) for old, new in _apart(*both)]
    else:
        pairs = [(before[0], after[0]), ([*chain(*before[1:])], []), ([], [*chain(*after[1:])])]
    return [step for old, new in pairs for step in ((REMOVED, old), (ADDED, new)) if step[1]]


def _apart(old, new):
    """Yield the breaks of two pieces, then their words."""
    if old and isinstance(old[0], Break):
        yield old[:1], new[:1]
        old, new = old[1:], new[1:]
    yield old, new


def _split(words):
    """Return words as pieces: what stands before the first break, then from each break up to the next."""
    pieces = [[]]
    for word in words:
        if isinstance(word, Break):
            pieces.append([])
        pieces[-1].append(word)
    return pieces


def _blocks(steps):
    found = []
    for fate, words in steps:
        for word in words:
            if isinstance(word, Break):
                last = found[-1] if found else None
                if last and last.fate == REMOVED and not last.runs and fate == ADDED:
                    # Nothing between the two: the break stayed, and is of another kind.
                    found[-1] = Block(word.kind, was=last.kind if last.kind != word.kind else "")
                else:
                    found.append(Block(word.kind, fate))
            elif found[-1].runs and found[-1].runs[-1].fate == fate:
                found[-1].runs[-1].text += f" {word}"
            else:
                found[-1].runs.append(Run(fate, word))
    return [block for block in found if block.runs]
