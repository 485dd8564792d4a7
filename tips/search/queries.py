"""A reader's query: the public tips that fit, in order, and typing errors put right.

The database is only asked which tips hold which stems (``postings``). What counts as a hit, and the order of
hits, is decided in ``ranking`` for both engines, so that they give the same answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tips.models import Tip
from tips.paging import PER_PAGE, Page, in_order, last_page
from tips.search import archive, synonyms
from tips.search.archive import Archive
from tips.search.lookup import Lookup
from tips.search.postings import UNFILTERED, Filters
from tips.search.ranking import Ranked
from tips.search.related import RelatedWord
from tips.search.synonyms import Expansion
from tips.search.terms import Query, parse

# Nobody reads beyond; a crawler that tries must not make the database sort for it.
DEEPEST_PAGE = 50
MOST_HITS = DEEPEST_PAGE * PER_PAGE
# So many of the synonyms and related words that found something are named.
MOST_SHOWN = 8


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
    search = Lookup(asked, public or archive.current(), synonyms.expansions(asked), filters)
    wrong = search.unknown()
    meant = search.correct(wrong)
    lost = [term for term in wrong if term not in meant]
    search.widen()
    ranked = search.ranked(MOST_HITS)
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
    search = Lookup(query, tips, synonyms.expansions(query), UNFILTERED)
    wrong = search.unknown()
    meant = search.correct(wrong)
    lost = [term for term in wrong if term not in meant]
    search.widen()
    ranked = search.ranked(MOST_HITS)
    return RankedQuery(ranked, search.query.wording_without(lost) if meant and ranked.total else "")


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
