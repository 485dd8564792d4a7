"""A reader's query: the public tips that fit, in order, and typing errors put right.

The database is only asked which tips hold which stems (``postings``). What counts as a hit, and the order of
hits, is decided in ``ranking`` for both engines, so that they give the same answer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from tips.models import Tip, Word
from tips.paging import PER_PAGE, Page, in_order, last_page
from tips.search import archive, postings, ranking, related, spelling, synonyms
from tips.search import labels as label_names
from tips.search.archive import Archive, Label
from tips.search.index import TAKEAWAY, TITLE
from tips.search.postings import UNFILTERED, Filters
from tips.search.ranking import Held, Ranked, Sought
from tips.search.related import RelatedWord
from tips.search.synonyms import Expansion
from tips.search.terms import Query, Term, parse
from tips.text import stems as words

# Nobody reads beyond; a crawler that tries must not make the database sort for it.
DEEPEST_PAGE = 50
MOST_HITS = DEEPEST_PAGE * PER_PAGE
# So many of the synonyms and related words that found something are named.
MOST_SHOWN = 8
# A word that more tips hold needs no others to be found by.
ENOUGH = 100


@dataclass(frozen=True)
class Results:
    """The answer to a query: a page of tips, and what was searched for in the end.

    ``corrected`` is the query with its typing errors put right, where that was done; ``missing`` has the
    words that no public tip holds; ``partly`` says that no tip has all of the words. ``also`` has the
    synonyms and related words that found something, ``marks`` the runs of stems to mark in what is shown of a
    tip, and ``related_marks`` those to mark in a tip that has none of them.
    """

    page: Page
    query: Query = field(default_factory=Query)
    corrected: str = ""
    missing: tuple[str, ...] = ()
    partly: bool = False
    also: tuple[str, ...] = ()
    marks: frozenset[tuple[str, ...]] = frozenset()
    related_marks: frozenset[tuple[str, ...]] = frozenset()


def find(
    query: str, number: int = 1, filters: Filters = UNFILTERED, public: Archive | None = None
) -> Results:
    """Search the published tips.

    ``query`` is what the reader typed, ``number`` the page, ``public`` what is public, where it is at hand. A
    page beyond the last comes back empty, for the caller to refuse.
    """
    asked = parse(query)
    if not asked.terms:
        return Results(page=Page([], number, 1, 0))
    search = _Search(asked, public or archive.current(), synonyms.expansions(asked), filters)
    wrong = search.unknown()
    meant = search.correct(wrong)
    lost = [term for term in wrong if term not in meant]
    search.widen()
    ranked = search.ranked()
    first = (number - 1) * PER_PAGE
    ids = ranked.ids[first : first + PER_PAGE]
    tips: list[Tip] = in_order(ids, texts=True) if ids else []
    found = search.expansions_found(ranked)
    distant = search.related_found(ids)
    more: list[Expansion | RelatedWord] = [*found, *distant]
    last = min(last_page(ranked.total), DEEPEST_PAGE)
    return Results(
        page=Page(tips=tips, number=number, last=last, total=ranked.total),
        query=search.query,
        corrected=search.query.wording_without(lost) if meant and ranked.total else "",
        missing=tuple(term.text for term in wrong),
        partly=ranked.is_partial or bool(lost),
        also=_texts(each for each in more if not _is_typed(each.stems, search.query))[:MOST_SHOWN],
        marks=frozenset(
            [term.stems for term in search.query.terms]
            + [(stem,) for term in search.query.terms for stem in term.joined]
            + [expansion.stems for expansion in found]
        ),
        related_marks=frozenset(word.stems for word in distant),
    )


@dataclass(frozen=True)
class RankedQuery:
    """The hits for a query, and the query with its typing errors put right, where that was done."""

    ranked: Ranked
    corrected: str


def rank(query: Query, tips: Archive) -> RankedQuery:
    """Return the hits for a query among the tips of an archive, by the same rules as ``find``."""
    search = _Search(query, tips, synonyms.expansions(query), UNFILTERED)
    wrong = search.unknown()
    meant = search.correct(wrong)
    lost = [term for term in wrong if term not in meant]
    search.widen()
    ranked = search.ranked()
    return RankedQuery(ranked, search.query.wording_without(lost) if meant and ranked.total else "")


class _Search:
    """A query with what the database knows of its words."""

    def __init__(
        self, query: Query, public: Archive, expansions: Sequence[Expansion], filters: Filters
    ) -> None:
        self.query, self.public, self.expansions = query, public, expansions
        self.related: dict[Term, list[RelatedWord]] = {}
        self.labels = {term: label_names.holding(term, public.labels) for term in query.terms}
        stems, phrases = _sought_for([*query.terms, *expansions])
        stems |= {stem for term in query.terms for stem in term.joined}
        stems |= {words.pair(one.stems[0], other.stems[0]) for one, other in query.pairs}
        if len(public.known) <= ENOUGH:
            # Every term of it will be widened.
            stems |= {
                stem for found in related.widened(query).values() for word in found for stem in word.sought
            }
        self.asked_for = frozenset(stems)
        named = {label for held in self.labels.values() for label in held}
        self.postings = postings.read(sorted(stems), sorted(phrases), sorted(named, key=_order), filters)

    def unknown(self) -> list[Term]:
        """Return the terms that no public tip holds, neither by a synonym nor by a label."""
        return [term for term in self.query.terms if not self._is_known(term)]

    def _is_known(self, term: Term) -> bool:
        sought = self._sought(term)
        held = [*sought.own, *sought.synonyms]
        lists: list[Collection[int]] = [pks for each in held for pks in each.values()]
        return any(pk in self.public.place for pks in [*lists, *sought.labels] for pk in pks)

    def correct(self, wrong: Sequence[Term]) -> Mapping[Term, Term]:
        """Put the typing errors among some terms right; return {term: what was meant}.

        What was meant is searched for with its synonyms, too.
        """
        correctable = [term for term in wrong if term.correctable and not related.knows(term)]
        if not correctable:
            return {}
        meant, more = spelling.correct(correctable, self.public)
        self.postings.stems |= more.stems
        self.postings.labels |= more.labels
        terms = tuple(dict.fromkeys(meant.get(term, term) for term in self.query.terms))
        self.labels = {term: label_names.holding(term, self.public.labels) for term in terms}
        sequence = list(self.query.sequence)
        for term in meant.values():
            sequence[term.place] = term.stems[0]
        self.query = replace(self.query, terms=terms, sequence=tuple(sequence))
        self._expand(meant.values())
        return meant

    def _expand(self, terms: Collection[Term]) -> None:
        """Search for the synonyms of some terms that have taken the place of others."""
        found = synonyms.expansions(self.query) if terms else []
        new = [each for each in found if any(each.covers(term) for term in terms)]
        if new:
            self.expansions = [*self.expansions, *new]
            stems, phrases = _sought_for(new)
            more = postings.read(sorted(stems), sorted(phrases))
            self.postings.stems |= more.stems
            self.postings.phrases |= more.phrases

    def widen(self) -> None:
        """Search for related words, too, where few tips hold a term."""
        everybody = self.public.known
        for term, found in related.widened(self.query).items():
            if found and not self._is_common(term):
                same = {each.stems for each in self.expansions if each.covers(term)}
                self.related[term] = [word for word in found if word.stems not in same]
        stems = {stem for found in self.related.values() for word in found for stem in word.sought}
        stems -= self.asked_for
        if len(everybody) > postings.COMMONEST:
            common = Word.objects.filter(stem__in=stems, tips__gt=postings.COMMONEST)
            stems -= set(common.values_list("stem", flat=True))
        self.postings.stems |= postings.read(sorted(stems)).stems

    def _is_common(self, term: Term) -> bool:
        """Tell whether more than enough public tips hold a term."""
        public = set[int]()
        for held in self._sought(term).own:
            for pk in chain.from_iterable(held.values()):
                if pk in self.public.known:
                    public.add(pk)
                    if len(public) > ENOUGH:
                        return True
        return False

    def related_found(self, ids: Iterable[int]) -> list[RelatedWord]:
        """Return the related words that some tips hold."""
        tips = set(ids)
        words = dict.fromkeys(word for found in self.related.values() for word in found)
        return [word for word in words if any(not tips.isdisjoint(pks) for pks in self._where(word).values())]

    def _where(self, word: RelatedWord) -> Held:
        """Return where tips hold a related word; a phrase is only looked for in titles and takeaways."""
        if len(word.stems) == 1:
            return self.postings.stems.get(word.stems[0], {})
        pairs = [self.postings.stems.get(pair, {}).items() for pair in word.sought]
        result: dict[int, Collection[int]] = {}
        for place in (TAKEAWAY, TITLE):
            first, *others = (set[int]().union(*(pks for how, pks in pair if how & place)) for pair in pairs)
            result[place] = first.intersection(*others)
        return result

    def ranked(self) -> Ranked:
        """Return the hits in order."""
        found = [self._sought(term) for term in self.query.terms]
        for one, other in self.query.pairs:
            beside = self.postings.stems.get(words.pair(one.stems[0], other.stems[0]), {})
            found[self.query.terms.index(one)].pairs = beside
        return ranking.rank(found, self.public, self.postings.filtered, MOST_HITS)

    def expansions_found(self, ranked: Ranked) -> list[Expansion]:
        """Return the synonyms that a hit holds."""
        hits = set(ranked.ids)
        return [
            expansion
            for expansion in self.expansions
            if any(not hits.isdisjoint(pks) for pks in self._held(expansion.stems).values())
        ]

    def _sought(self, term: Term) -> Sought:
        return Sought(
            own=[self._held(term.stems), *(self._held((stem,)) for stem in term.joined)],
            synonyms=[self._held(each.stems) for each in self.expansions if each.covers(term)],
            labels=[self.postings.labels.get(label, []) for label in self.labels.get(term, ())],
            related=[held for word in self.related.get(term, ()) if (held := self._where(word))],
            is_weak=not term.quoted and term.stems[0] in words.WEAK_STEMS,
        )

    def _held(self, stems: tuple[str, ...]) -> Held:
        """Return where tips hold a word or a phrase; of a phrase is known where all its pairs stand."""
        if len(stems) == 1:
            return self.postings.stems.get(stems[0], {})
        holders = set(self.postings.phrases.get(stems, ()))
        result: dict[int, Collection[int]] = {1: holders}
        for place in (TAKEAWAY, TITLE):
            here = holders.copy()
            for pair in words.pairs(stems):
                held = self.postings.stems.get(pair, {}).items()
                here &= set[int]().union(*(pks for how, pks in held if how & place))
            result[place] = here
        return result


def _sought_for(each: Iterable[Term | Expansion]) -> tuple[set[str], set[tuple[str, ...]]]:
    """Return the stems, and the phrases, that must be asked for to know where words stand."""
    runs = {one.stems for one in each}
    phrases = {run for run in runs if len(run) > 1}
    return {run[0] for run in runs} | {pair for phrase in phrases for pair in words.pairs(phrase)}, phrases


def _texts(each: Iterable[Expansion | RelatedWord]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.text for one in each))


def _is_typed(stems: tuple[str, ...], query: Query) -> bool:
    """Tell whether a synonym has no other words than a query, or only other forms of those."""
    typed = {stem for term in query.terms for stem in (*term.stems, *term.joined)}.union(query.sequence) - {
        ""
    }
    return all(any(_are_forms(stem, other) for other in typed) for stem in stems)


def _are_forms(one: str, other: str) -> bool:
    """Tell whether two stems are of one word: "loyal" and "loyalti"."""
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) > 3 and longer.startswith(shorter))


def _order(label: Label) -> tuple[str, int]:
    return label._meta.model_name or "", label.pk
