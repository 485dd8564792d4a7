"""How well a tip fits a query: by how rare the words are that it holds, and by where they stand.

Pure Python over lists of ids, so that both databases give the same order. Whole numbers, and one order of
adding up, keep it the same to the last bit. Only public tips are counted: what is hidden changes nothing.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tips.search.archive import Archive
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

Held = Mapping[int, Collection[int]]


def worth(held: int) -> int:
    """Return what a word is worth that is ``held`` so (see ``index``)."""
    head = (IN_TITLE if held & TITLE else 0) + (IN_TAKEAWAY if held & TAKEAWAY else 0)
    return head + IN_BODY[held & BODY_MOST]


@dataclass
class Sought:
    """What was found for one term of a query: where tips hold it, its synonyms, labels and related words."""

    own: list[Held] = field(default_factory=list)
    synonyms: list[Held] = field(default_factory=list)
    labels: list[Collection[int]] = field(default_factory=list)
    related: list[Held] = field(default_factory=list)
    # Those with the next term beside it.
    pairs: Held = field(default_factory=dict)
    is_weak: bool = False

    @property
    def own_or_synonyms(self) -> bool:
        """Whether any tip holds it, hidden or not."""
        return any(pks for held in (*self.own, *self.synonyms) for pks in held.values())


@dataclass(frozen=True)
class Ranked:
    """The hits, best first, how many there are, and whether the best lacks a telling word of the query."""

    ids: list[int]
    total: int
    is_partial: bool


@dataclass
class _Weighed:
    """A term with its rarity: what it is worth in each tip, and which tips hold the term itself.

    ``distant`` has the tips that hold only related words of it.
    """

    rarity: float
    values: dict[int, int]
    own: Collection[int]
    distant: Collection[int]


def rank(terms: Sequence[Sought], public: Archive, filtered: Collection[int] | None, most: int) -> Ranked:
    """Return the hits for some terms, of which at most ``most`` ids.

    ``filtered`` has those of the public tips that may be hits, None for all.
    """
    place = public.place
    found = [term for term in terms if term.own_or_synonyms or any(term.labels) or term.related]
    alone = found[0] if len(found) == 1 and not found[0].related else None
    if alone and alone.own_or_synonyms and not _telling_labels(alone, public.known):
        hits = public.known if filtered is None else public.known.intersection(filtered)
        return _rank_one(alone, public, hits, most)
    weighed = [_weigh(term, public.known) for term in terms]
    if filtered is not None:
        place = {pk: place[pk] for pk in filtered if pk in place}
    # From the rarest on. Once the rest of the words together could not make a tip a hit, no tip is added.
    order = sorted(range(len(weighed)), key=lambda number: (-weighed[number].rarity, number))
    held: dict[int, float] = {}
    scores: dict[int, float] = {}
    rest, fullest = sum(term.rarity for term in weighed), 0.0
    for number in order:
        term = weighed[number]
        values, rarity, own, less = term.values, term.rarity, term.own, SYNONYM * term.rarity
        distant, least_held = term.distant, RELATED_HELD * term.rarity
        candidates: Iterable[int] = held if rest < LEAST_SHARE * fullest else values
        for pk in candidates:
            if pk in values and pk in place:
                scores[pk] = scores.get(pk, 0.0) + values[pk] * rarity
                share = rarity if pk in own else least_held if pk in distant else less
                held[pk] = held.get(pk, 0.0) + share
        fullest = max(held.values(), default=0.0)
        rest -= term.rarity
    _add_pairs(terms, weighed, scores)
    wanted = sum(term.rarity for term in weighed)
    least = LEAST_SHARE * fullest - 1e-9
    # The score, and then the place by date, as one number: quicker to sort than pairs.
    size = len(public.ids) + 1
    gains = {share: (share / wanted) ** COMPLETENESS for share in set(held.values()) if share >= least}
    points = {pk: round(scores[pk] * gains[share]) for pk, share in held.items() if share >= least}
    if any(term.distant for term in weighed):
        near = set[int]().union(*(term.values.keys() - term.distant for term in weighed))
        enough = RELATED_LEAST * max(points.values(), default=0)
        points = {pk: each for pk, each in points.items() if pk in near or each >= enough}
    keys = [each * size - place[pk] for pk, each in points.items()]
    keys.sort(reverse=True)
    ids = [public.ids[-key % size] for key in keys[:most]]
    rarest = max(term.rarity for term in weighed)
    telling = [
        each
        for each, term in zip(weighed, terms, strict=True)
        if each.rarity >= TELLING * rarest > 0 and not term.is_weak
    ]
    lacks = any(pk not in term.values or pk in term.distant for pk in ids[:1] for term in telling)
    return Ranked(ids, len(keys), lacks)


def _rank_one(term: Sought, public: Archive, wanted: frozenset[int], most: int) -> Ranked:
    """Return the hits for a single term without labels as ``rank`` does, and look at the best alone."""
    own = set[int]().union(*(pks for held in term.own for pks in held.values()))
    _, layers = _layers(term, own, public.known)
    parted: list[tuple[int, bool, Collection[int]]] = [(value, True, pks) for value, pks in layers]
    if term.synonyms:
        lessened = SYNONYM**COMPLETENESS
        parted += [(round(value * lessened), False, pks) for value, pks in layers]
    best: list[int] = []
    seen = set[int]()
    for points in sorted({points for points, *_ in parted}, reverse=True):
        alike = set[int]()
        for each, is_own, pks in parted:
            if each == points:
                alike |= own.intersection(pks) if is_own else set(pks) - own
        places = sorted(map(public.place.__getitem__, wanted & alike - seen))
        seen |= alike
        best += [public.ids[place] for place in places[: most - len(best)]]
        if len(best) == most:
            break
    every = own.union(*(pks for held in term.synonyms for pks in held.values()))
    return Ranked(best, len(wanted & every), is_partial=False)


def _layers(
    term: Sought, own: set[int], everybody: frozenset[int]
) -> tuple[float, list[tuple[int, Collection[int]]]]:
    """Return the rarity of a term, and what its words and synonyms are worth in which tips."""
    rarity = _rarity(own, everybody)
    labelled = set[int]().union(*term.labels) & everybody
    rarity = rarity or _rarity(labelled, everybody)
    layers = [(worth(how), pks) for held in term.own for how, pks in held.items()]
    kin = [(held, _rarity(set[int]().union(*held.values()), everybody)) for held in term.synonyms]
    rarity = rarity or max((each for _, each in kin), default=0.0)
    if rarity:
        # A synonym that is common says no more than it would if it had been typed.
        layers += [
            (int(SYNONYM * min(1.0, each / rarity) * worth(how)), pks)
            for held, each in kin
            for how, pks in held.items()
        ]
    return rarity, layers


def _weigh(term: Sought, everybody: frozenset[int]) -> _Weighed:
    own = set[int]().union(*(pks for held in term.own for pks in held.values()))
    rarity, layers = _layers(term, own, everybody)
    if not rarity:
        related = (set[int]().union(*held.values()) for held in term.related)
        rarity = max((_rarity(pks, everybody) for pks in related), default=0.0)
    # The most that a tip has stays.
    values: dict[int, int] = {}
    for value, pks in sorted(layers, key=lambda layer: layer[0]):
        values.update(dict.fromkeys(pks, value))
    labelled = set[int]()
    for tips, value in _telling_labels(term, everybody):
        labelled |= tips
        for pk in tips:
            values[pk] = values.get(pk, 0) + value
    distant = _add_related(term, rarity, values, everybody)
    return _Weighed(
        rarity * (WEAK if term.is_weak else 1), values, own | labelled if labelled else own, distant
    )


def _add_related(
    term: Sought, rarity: float, values: dict[int, int], everybody: frozenset[int]
) -> Collection[int]:
    """Add what the related words of a term are worth, each for itself; return the tips that hold no other."""
    added: dict[int, int] = {}
    for held in term.related:
        each = _rarity(set[int]().union(*held.values()), everybody)
        for how, pks in held.items():
            value = int(RELATED * min(1.0, each / rarity) * worth(how)) if each else 0
            for pk in pks:
                added[pk] = added.get(pk, 0) + value
    distant = added.keys() - values.keys()
    for pk, value in added.items():
        values[pk] = values.get(pk, 0) + value
    return distant


def _rarity(pks: set[int], everybody: frozenset[int]) -> float:
    """Return how much a word says that so many of all tips hold: the rarer, the more; 0 for none."""
    count = len(pks & everybody)
    return math.log(1 + len(everybody) / count) if count else 0.0


def _telling(tips: int, everybody: int) -> float:
    """Return how much a label on so many tips says about one: 1 if no other has it, next to 0 if all have."""
    return (1 - (tips - 1) / everybody) ** 2 if tips else 0.0


def _telling_labels(term: Sought, everybody: frozenset[int]) -> list[tuple[set[int] | frozenset[int], int]]:
    """Return (public tips, worth) of those labels of a term that say something about a tip."""
    labelled = [everybody.intersection(pks) for pks in term.labels]
    valued = [(tips, round(IN_LABEL * _telling(len(tips), len(everybody)))) for tips in labelled]
    return [(tips, value) for tips, value in valued if value > IN_LABEL // 20]


def _add_pairs(terms: Sequence[Sought], weighed: Sequence[_Weighed], scores: dict[int, float]) -> None:
    for number, term in enumerate(terms[:-1]):
        rarity = weighed[number].rarity + weighed[number + 1].rarity
        for how, pks in term.pairs.items():
            bonus = SIDE_BY_SIDE * rarity * worth(how & ~BODY_MOST)
            for pk in pks:
                if pk in scores:
                    scores[pk] += bonus
