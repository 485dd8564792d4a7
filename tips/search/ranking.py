"""How well a tip fits a query: by how rare the words are that it holds, and by where they stand.

Pure Python over lists of ids, so that both databases give the same order. Whole numbers, and one order of
adding up, keep it the same to the last bit. Only public tips are counted: what is hidden changes nothing.
"""

import heapq
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import repeat
from operator import add, attrgetter, mul

from tips.search.archive import Archive, Label
from tips.search.index import BODY_MOST, TAKEAWAY, TITLE

# What a word is worth by where it stands: in the title, in the takeaway, and once, twice or more in the body.
# A tip gets the sum of its places.
IN_TITLE, IN_TAKEAWAY = 500, 200
IN_BODY = (0, 100, 120, 135)
# In the name of a category or a tag of the tip. A label that many tips have says less about each.
IN_LABEL = 110
# Two words of the query side by side in a title or a takeaway, as a share of what the two are worth there.
SIDE_BY_SIDE = 0.5
# A synonym is worth this share of the word itself.
SYNONYM = 0.85
# A related word is worth this share of the word itself. A tip with only such counts as holding that share.
RELATED, RELATED_HELD = 0.35, 0.5
# A tip without any word of the query, or a synonym, is a hit if it gets this share of what the best one gets.
RELATED_LEAST = 0.15
# A word that says little beside others ("keep", "thing") counts as so much of its rarity.
WEAK = 0.5
# That the best hit lacks a word is said if the word is at least so rare, beside the rarest of the query.
TELLING = 0.5
# How much a tip gains by holding more of the query: the exponent of the share that it holds.
COMPLETENESS = 0.25
# A tip is a hit if it holds at least this share of what the fullest one holds, words counted by their rarity.
# Few are left out: a word that says little is often the rarest in a small archive.
LEAST_SHARE = 0.2

# Where tips hold a word (see ``index``): the ids of public ones, each in one of the sets.
Held = Mapping[int, Set[int]]
# What it adds to the score of some tips that they hold a word, and to what they hold of the query.
_Layer = tuple[float, float, Set[int]]


def worth(held: int) -> int:
    """Return what a word is worth that is ``held`` so (see ``index``)."""
    head = (IN_TITLE if held & TITLE else 0) + (IN_TAKEAWAY if held & TAKEAWAY else 0)
    return head + IN_BODY[held & BODY_MOST]


@dataclass
class Sought:
    """What was found for one term of a query: where tips hold it, its synonyms, labels and related words.

    What is empty is left out. ``pairs`` has those with the next term beside it. ``count`` is set where only
    titles were read: in how many tips it stands.
    """

    own: list[Held] = field(default_factory=list)
    synonyms: list[Held] = field(default_factory=list)
    labels: list[Set[int]] = field(default_factory=list)
    related: list[Held] = field(default_factory=list)
    pairs: Held = field(default_factory=dict)
    is_weak: bool = False
    count: int = 0

    @property
    def is_found(self) -> bool:
        """Whether any tip holds it, or what stands for it."""
        return bool(self.own or self.synonyms or self.labels or self.related)


@dataclass(frozen=True)
class Ranked:
    """The hits, best first, how many there are, and whether the best lacks a telling word of the query."""

    ids: list[int]
    total: int
    is_partial: bool


@dataclass(frozen=True)
class _Weighed:
    """A term with its rarity, and what it adds to which tips.

    ``holders`` has the sets of those that hold the term itself, a synonym or a label; ``distant`` those that
    hold only related words.
    """

    rarity: float
    layers: Sequence[_Layer]
    holders: Sequence[Set[int]]
    distant: Set[int] = frozenset()

    def is_held_by(self, tip: int) -> bool:
        return any(tip in tips for tips in self.holders)


def rank(terms: Sequence[Sought], public: Archive, filtered: Collection[int] | None, most: int) -> Ranked:
    """Return the hits for some terms, of which at most ``most`` ids.

    ``filtered`` has those of the public tips that may be hits, None for all.
    """
    wanted = None if filtered is None else public.known.intersection(filtered)
    everybody = len(public.known)
    found = [term for term in terms if term.is_found]
    if len(found) == 1 and not found[0].related and not _telling_labels(found[0], everybody):
        return _rank_one(found[0], public, wanted, most)
    weighed = [_weigh(term, everybody) for term in terms]
    sums = _sums(weighed, wanted)
    _add_pairs(terms, weighed, sums)
    shares = list(map(attrgetter("imag"), sums.values()))
    counts = Counter(shares)
    least = LEAST_SHARE * max(counts, default=0.0) - 1e-9
    whole = sum(term.rarity for term in weighed)
    gains = {share: (share / whole) ** COMPLETENESS if share >= least else 0.0 for share in counts}
    points = list(map(mul, map(attrgetter("real"), sums.values()), map(gains.__getitem__, shares)))
    total = sum(count for share, count in counts.items() if share >= least)
    distant = set[int]().union(*(term.distant for term in weighed)).intersection(sums)
    if distant:
        enough = RELATED_LEAST * round(max(points, default=0.0))
        distant = distant.difference(*(tips for term in weighed for tips in term.holders))
        few = {pk for pk, each in zip(sums, points, strict=True) if pk in distant and round(each) < enough}
        total -= sum(1 for pk in few if sums[pk].imag >= least)
        points = [0.0 if pk in few else each for pk, each in zip(sums, points, strict=True)]
    # Of those that come near to the last that is shown, the score is rounded, and then the newest is best.
    last = heapq.nlargest(most, points)[-1:]
    size = len(public.ids) + 1
    keys = [
        round(each) * size - public.place[pk]
        for pk, each in zip(sums, points, strict=True)
        if each and each >= last[0] - 1
    ]
    keys.sort(reverse=True)
    ids = [public.ids[-key % size] for key in keys[:most]]
    rarest = max((term.rarity for term in weighed), default=0.0)
    telling = [
        each
        for each, term in zip(weighed, terms, strict=True)
        if each.rarity >= TELLING * rarest > 0 and not term.is_weak and not term.count
    ]
    return Ranked(ids, total, any(not term.is_held_by(pk) for pk in ids[:1] for term in telling))


def _sums(weighed: Sequence[_Weighed], wanted: Set[int] | None) -> dict[int, complex]:
    """Return {tip: its score, and as the imaginary part what it holds of the query}.

    From the rarest term on. Once the rest of them together could not make a tip a hit, no tip is added.
    """
    sums: dict[int, complex] = {}
    order = sorted(range(len(weighed)), key=lambda number: (-weighed[number].rarity, number))
    done, rest = 0.0, sum(term.rarity for term in weighed)
    for number in order:
        # The fullest tip holds no more than all terms so far.
        is_rest = rest < LEAST_SHARE * done and rest < LEAST_SHARE * max(
            map(attrgetter("imag"), sums.values()), default=0.0
        )
        for score, share, tips in weighed[number].layers:
            pks = tips if wanted is None else tips & wanted
            if is_rest:
                pks = sums.keys() & pks
            # Both are added up at once, and without a loop: a common word is in most tips.
            before = map(sums.get, pks, repeat(0j))
            sums.update(zip(pks, map(add, before, repeat(complex(score, share))), strict=True))
        done += weighed[number].rarity
        rest -= weighed[number].rarity
    return sums


def _rank_one(term: Sought, public: Archive, wanted: Set[int] | None, most: int) -> Ranked:
    """Return the hits for a single term without labels as ``rank`` does, and look at the best alone."""
    _, layers = _layers(term, len(public.known))
    own = _union(term.own) if term.synonyms else frozenset[int]()
    parted: list[tuple[int, Set[int]]] = []
    for value, pks in layers:
        if term.synonyms:
            parted += [(value, pks & own), (round(value * SYNONYM**COMPLETENESS), pks - own)]
        else:
            parted.append((value, pks))
    best: list[int] = []
    total, seen = 0, set[int]()
    for points in sorted({points for points, _ in parted}, reverse=True):
        alike: Set[int] = _joined([pks for each, pks in parted if each == points])
        alike = alike if wanted is None else alike & wanted
        if term.synonyms or len(term.own) > 1:
            alike = alike - seen
            seen |= alike
        total += len(alike)
        if len(best) < most:
            places = heapq.nsmallest(most - len(best), map(public.place.__getitem__, alike))
            best += [public.ids[place] for place in places]
    return Ranked(best, total, is_partial=False)


def _union(each: Sequence[Held]) -> Set[int]:
    """Return the tips that hold any of some words."""
    return _joined([pks for held in each for pks in held.values()])


def _joined(sets: Sequence[Set[int]]) -> Set[int]:
    return sets[0] if len(sets) == 1 else set[int]().union(*sets)


def _layers(term: Sought, everybody: int) -> tuple[float, list[tuple[int, Set[int]]]]:
    """Return the rarity of a term, and what it and its synonyms are worth in which tips, the most first."""
    rarity = rarity_of(term.count or _count(term.own), everybody)
    rarity = rarity or rarity_of(len(_joined(term.labels)), everybody)
    layers = [(worth(how), pks) for held in term.own for how, pks in held.items()]
    kin = [(held, rarity_of(_count([held]), everybody)) for held in term.synonyms]
    rarity = rarity or max((each for _, each in kin), default=0.0)
    if rarity:
        # A synonym that is common says no more than it would if it had been typed.
        layers += [
            (int(SYNONYM * min(1.0, each / rarity) * worth(how)), pks)
            for held, each in kin
            for how, pks in held.items()
        ]
    return rarity, sorted(layers, key=lambda layer: -layer[0])


def _weigh(term: Sought, everybody: int) -> _Weighed:
    rarity, valued = _layers(term, everybody)
    if not rarity:
        rarity = max((rarity_of(_count([held]), everybody) for held in term.related), default=0.0)
    weight = rarity * (WEAK if term.is_weak else 1)
    if len(term.own) == 1 and not (term.synonyms or term.labels or term.related):
        layers = [(value * weight, weight, pks) for value, pks in valued]
        return _Weighed(weight, layers, [pks for _, pks in valued])
    labels = _telling_labels(term, everybody)
    labelled = _joined([tips for tips, _ in labels])
    own = _union(term.own) | labelled
    layers, seen = [], set[int]()
    # The most that a tip has counts.
    for value, pks in valued:
        more = pks - seen
        seen |= more
        layers += [(value * weight, weight, more & own), (value * weight, SYNONYM * weight, more - own)]
    layers += [(value * weight, 0.0, tips) for tips, value in labels]
    layers.append((0.0, weight, labelled - seen))
    seen |= labelled
    related = _related(term, rarity, everybody)
    distant = _joined([tips for _, tips in related]) - seen
    layers += [(value * weight, 0.0, tips) for value, tips in related]
    layers.append((0.0, RELATED_HELD * weight, distant))
    return _Weighed(weight, [layer for layer in layers if layer[2]], [seen], distant)


def _related(term: Sought, rarity: float, everybody: int) -> list[tuple[int, Set[int]]]:
    """Return what the related words of a term are worth, each for itself, in which tips."""
    result = []
    for held in term.related:
        share = RELATED * min(1.0, rarity_of(_count([held]), everybody) / rarity)
        result += [(int(share * worth(how)), pks) for how, pks in held.items()]
    return result


def _count(each: Sequence[Held]) -> int:
    """Return how many tips hold any of some words."""
    return sum(map(len, each[0].values())) if len(each) == 1 else len(_union(each))


def rarity_of(count: int, everybody: int) -> float:
    """Return how much a word says that so many of all tips hold: the rarer, the more; 0 for none."""
    return math.log(1 + everybody / count) if count else 0.0


def is_telling(label: Label, public: Archive) -> bool:
    """Tell whether a label says anything about a tip; the tips of one that nearly all have are not read."""
    return _worth_of_label(public.counts.get(label, 1), len(public.known)) > 0


def _worth_of_label(tips: int, everybody: int) -> int:
    """Return what a label on so many tips is worth: next to 0 if all have it, and then nothing."""
    value = round(IN_LABEL * (1 - (tips - 1) / everybody) ** 2) if tips else 0
    return value if value > IN_LABEL // 20 else 0


def _telling_labels(term: Sought, everybody: int) -> list[tuple[Set[int], int]]:
    """Return (tips, worth) of those labels of a term that say something about a tip."""
    valued = [(tips, _worth_of_label(len(tips), everybody)) for tips in term.labels]
    return [(tips, value) for tips, value in valued if value]


def _add_pairs(terms: Sequence[Sought], weighed: Sequence[_Weighed], sums: dict[int, complex]) -> None:
    for number, term in enumerate(terms[:-1]):
        rarity = weighed[number].rarity + weighed[number + 1].rarity
        for how, pks in term.pairs.items():
            bonus = SIDE_BY_SIDE * rarity * worth(how & ~BODY_MOST)
            for pk in sums.keys() & pks:
                sums[pk] += bonus
