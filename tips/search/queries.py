"""A reader's query: the public tips that fit, in order, and typing errors put right.

The database is only asked which tips hold which stems (``postings``). What counts as a hit, and the order of
hits, is decided in ``ranking`` for both engines, so that they give the same answer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tips.models import Tip
from tips.paging import PER_PAGE, Page, in_order, last_page
from tips.search import labels as label_names
from tips.search import postings, ranking, spelling, synonyms
from tips.search.index import TAKEAWAY, TITLE
from tips.search.postings import UNFILTERED, Filters, Label
from tips.search.ranking import Held, Ranked, Sought
from tips.search.synonyms import Expansion
from tips.search.terms import Query, Term, parse
from tips.text import stems as words

# Nobody reads beyond; a crawler that tries must not make the database sort for it.
DEEPEST_PAGE = 50


@dataclass(frozen=True)
class Results:
    """The answer to a query: a page of tips, and what was searched for in the end.

    ``corrected`` is the query with its typing errors put right, where that was done; ``missing`` has the
    words that no public tip holds; ``partly`` says that no tip has all of the words. ``also`` has the
    synonyms that found something, ``marks`` the runs of stems to mark in what is shown.
    """

    page: Page
    query: Query = field(default_factory=Query)
    corrected: str = ""
    missing: tuple[str, ...] = ()
    partly: bool = False
    also: tuple[str, ...] = ()
    marks: frozenset[tuple[str, ...]] = frozenset()


def find(
    query: str, number: int = 1, filters: Filters = UNFILTERED, labels: Sequence[Label] | None = None
) -> Results:
    """Search the published tips.

    ``query`` is what the reader typed, ``number`` the page, ``labels`` the public categories and tags, where
    they are at hand. A page beyond the last comes back empty, for the caller to refuse.
    """
    asked = parse(query)
    if not asked.terms:
        return Results(page=Page([], number, 1, 0))
    labels = label_names.public() if labels is None else labels
    search = _Search(asked, labels, synonyms.expansions(asked), filters)
    wrong = search.unknown()
    meant = search.correct(wrong)
    ranked = search.ranked()
    first = (number - 1) * PER_PAGE
    ids = ranked.ids[first : first + PER_PAGE]
    tips: list[Tip] = in_order(ids, texts=True) if ids else []
    found = search.expansions_found(ranked)
    last = min(last_page(ranked.total), DEEPEST_PAGE)
    return Results(
        page=Page(tips=tips, number=number, last=last, total=ranked.total),
        query=search.query,
        corrected=search.query.wording if meant and ranked.total else "",
        missing=tuple(term.text for term in wrong),
        partly=ranked.is_partial or any(term not in meant for term in wrong),
        also=synonyms.texts(found),
        marks=frozenset(
            [term.stems for term in search.query.terms]
            + [(stem,) for term in search.query.terms for stem in term.joined]
            + [expansion.stems for expansion in found]
        ),
    )


class _Search:
    """A query with what the database knows of its words."""

    def __init__(
        self, query: Query, labels: Sequence[Label], expansions: Sequence[Expansion], filters: Filters
    ) -> None:
        self.query, self.all_labels, self.expansions = query, labels, expansions
        self.labels = {term: label_names.holding(term, labels) for term in query.terms}
        phrases = {term.stems for term in query.terms if len(term.stems) > 1}
        phrases |= {expansion.stems for expansion in expansions if len(expansion.stems) > 1}
        stems = {stem for term in query.terms for stem in (*term.stems[:1], *term.joined)}
        stems |= {words.pair(one.stems[0], other.stems[0]) for one, other in query.pairs}
        stems |= {expansion.stems[0] for expansion in expansions}
        stems |= {pair for phrase in phrases for pair in words.pairs(phrase)}
        named = {label for held in self.labels.values() for label in held}
        self.postings = postings.read(sorted(stems), sorted(phrases), sorted(named, key=_order), filters)
        self.public = set(self.postings.public)

    def unknown(self) -> list[Term]:
        """Return the terms that no public tip holds, neither by a synonym nor by a label."""
        return [term for term in self.query.terms if not self._is_known(term)]

    def _is_known(self, term: Term) -> bool:
        sought = self._sought(term)
        held = [*sought.own, *sought.synonyms]
        lists: list[Collection[int]] = [pks for each in held for pks in each.values()]
        return any(not self.public.isdisjoint(pks) for pks in [*lists, *sought.labels])

    def correct(self, wrong: Sequence[Term]) -> Mapping[Term, Term]:
        """Put the typing errors among some terms right; return {term: what was meant}."""
        correctable = [term for term in wrong if term.correctable]
        if not correctable:
            return {}
        meant, more = spelling.correct(correctable, self.public, self.all_labels)
        self.postings.stems |= more.stems
        self.postings.labels |= more.labels
        terms = tuple(dict.fromkeys(meant.get(term, term) for term in self.query.terms))
        self.labels = {term: label_names.holding(term, self.all_labels) for term in terms}
        self.query = replace(self.query, terms=terms)
        return meant

    def ranked(self) -> Ranked:
        """Return the hits in order."""
        found = [self._sought(term) for term in self.query.terms]
        for one, other in self.query.pairs:
            beside = self.postings.stems.get(words.pair(one.stems[0], other.stems[0]), {})
            found[self.query.terms.index(one)].pairs = beside
        return ranking.rank(found, self.postings.public, self.postings.filtered, DEEPEST_PAGE * PER_PAGE)

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


def _order(label: Label) -> tuple[str, int]:
    return label._meta.model_name or "", label.pk
