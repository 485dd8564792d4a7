"""A reader's query: its terms, the published tips that hold them in order, and typing errors put right.

The engines are only asked which tips hold which stems (``index.matching``). What counts as a hit, and the
order of hits, is decided here in one statement for both, so that they give the same answer: the whole query
as a phrase in the title, then all of it in the title, then in title and takeaway, then anywhere; the newest
first within each.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from django.db import connection
from django.utils import timezone

from tips import dates
from tips.models import Tip, TipState
from tips.paging import PER_PAGE, Page, in_order, last_page
from tips.search import spelling
from tips.search.index import EVERYWHERE, HEAD, TITLE, Param, Sql, Term, matching, union
from tips.text import stems as words

LONGEST_QUERY = 200
MOST_TERMS = 10
# Nobody reads beyond; a crawler that tries must not make the database sort for it.
DEEPEST_PAGE = 50

_QUOTES = str.maketrans("“”„«»", '"""""')
_CHUNK = re.compile(r'"([^"]*)"?|([^\s"]+)')

# What each missing term adds to the tier of a hit.
PARTLY = 10


@dataclass(frozen=True)
class Filters:
    """What a reader narrows a search by: slugs of a category and a tag, and a year."""

    category: str = ""
    tag: str = ""
    year: int | None = None


_UNFILTERED = Filters()
# The condition on ``t``, a tip's row, of having a category or a tag.
_HAS = "EXISTS (SELECT 1 FROM tips_{0}tip JOIN tips_{1} g ON g.id = {1}_id WHERE {2} = t.id AND g.slug = %s)"


@dataclass(frozen=True)
class Results:
    """The answer to a query: a page of tips, and what was searched for in the end.

    ``corrected`` is the query with its typing errors put right, where that was done; ``partly`` says that no
    tip has all the words, and that these have the most of them.
    """

    page: Page
    terms: tuple[Term, ...] = ()
    corrected: str = ""
    partly: bool = False

    @property
    def stems(self) -> frozenset[str]:
        """The stems of all terms."""
        return frozenset(stem for term in self.terms for stem in term.stems)


def parse(query: str) -> tuple[Term, ...]:
    """Return the terms of a reader's query.

    Text in quotes is a phrase, and so are words tied by a hyphen. Words that say nothing ("the", "how") are
    dropped unless there are no others. What is beyond the longest query is not looked at.
    """
    terms: dict[tuple[str, ...], Term] = {}
    stop_words: dict[tuple[str, ...], Term] = {}
    for quoted, bare in _CHUNK.findall(query[:LONGEST_QUERY].translate(_QUOTES)):
        text = words.joined(quoted or bare)
        stems = tuple(words.stems(text))
        if not stems:
            continue
        text = " ".join(text[start:end] for start, end, _ in words.split(text))
        is_stop_word = not quoted and len(stems) == 1 and words.fold(text) in words.STOP_WORDS
        (stop_words if is_stop_word else terms)[stems] = Term(text, stems, quoted=bool(quoted))
    return tuple((terms or stop_words).values())[:MOST_TERMS]


def find(query: str, number: int = 1, filters: Filters = _UNFILTERED) -> Results:
    """Search the published tips.

    ``query`` is what the reader typed, ``number`` the page. A page beyond the last comes back empty, for the
    caller to refuse.
    """
    terms = parse(query)
    if not terms:
        return Results(page=Page([], number, 1, 0))
    ids, total, _ = _ranked(_lowest(_tiers(terms)), number, filters)
    if total:
        return _results(ids, total, number, terms)
    corrected = _correct(terms)
    if len(terms) == 1 and corrected == terms:
        return _results([], 0, number, terms)
    ids, total, best = _ranked(_lowest([*_tiers(corrected), _partly(corrected)]), number, filters)
    results = _results(ids, total, number, corrected)
    if best >= PARTLY:
        return replace(results, partly=True)
    wording = " ".join(f'"{term.text}"' if term.quoted else term.text for term in corrected)
    return replace(results, corrected=wording if total else "")


def _results(ids: list[int], total: int, number: int, terms: tuple[Term, ...]) -> Results:
    tips: list[Tip] = in_order(ids, texts=True) if ids else []
    last = min(last_page(total), DEEPEST_PAGE)
    return Results(page=Page(tips=tips, number=number, last=last, total=total), terms=terms)


# --- What counts as a hit, and in which order ----------------------------------------------------------


def _lowest(hits: Sequence[Sql]) -> Sql:
    """Return (id, tier) of every tip among the hits, each once; the lowest tier is the best."""
    sql, params = union(hits)
    return f"SELECT id, MIN(tier) AS tier FROM ({sql}) u GROUP BY id", params


def _tiers(terms: tuple[Term, ...]) -> list[Sql]:
    """Return statements for (id, tier) of the tips that hold all terms."""
    tiers = [(1, matching(terms, TITLE)), (2, matching(terms, HEAD)), (3, matching(terms, EVERYWHERE))]
    if len(terms) > 1:
        phrase = Term("", tuple(stem for term in terms for stem in term.stems))
        tiers.append((0, matching([phrase], TITLE)))
    return [(f"SELECT id, {tier} AS tier FROM ({sql}) m{tier}", params) for tier, (sql, params) in tiers]


def _partly(terms: tuple[Term, ...]) -> Sql:
    """Return a statement for (id, tier) of the tips that hold at least one of the terms."""
    sql, params = union(matching([term]) for term in terms)
    return f"SELECT id, {PARTLY} * ({len(terms)} - COUNT(*)) + 3 AS tier FROM ({sql}) s GROUP BY id", params


def public(filters: Filters = _UNFILTERED) -> Sql:
    """Return the condition on ``t``, a tip's row, of being published and not filtered out.

    The rule is ``PublishedQuerySet.published``; a test holds the two equal.
    """
    sql = ["t.state = %s AND (t.publish_at IS NULL OR t.publish_at <= %s)"]
    params: list[Param] = [TipState.APPROVED, _bound(timezone.now())]
    if filters.category:
        sql.append(_HAS.format("categorised", "category", "tip_id"))
        params.append(filters.category)
    if filters.tag:
        sql.append(_HAS.format("tagged", "tag", "content_object_id"))
        params.append(filters.tag)
    if filters.year:
        sql.append("t.publish_at >= %s AND t.publish_at < %s")
        params += map(_bound, dates.year(filters.year))
    return " AND ".join(sql), params


def _bound(moment: datetime) -> Param:
    """Return a moment as this database compares it: SQLite keeps moments as text."""
    return connection.ops.adapt_datetimefield_value(moment)


def _ranked(hits: Sql, number: int, filters: Filters) -> tuple[list[int], int, int]:
    """Return (ids, total, best): a page of public hits in order, how many there are, the tier of the best.

    Where no tip holds all terms, only those that hold the most of them count.
    """
    hits_sql, hits_params = hits
    public_sql, public_params = public(filters)
    with connection.cursor() as cursor:
        # Joined to the counts, so that they come back for a page beyond the last one too.
        cursor.execute(
            f"WITH hit AS (SELECT t.id, t.publish_at, h.tier, MIN(h.tier) OVER () AS best"
            f" FROM ({hits_sql}) h JOIN tips_tip t ON t.id = h.id WHERE {public_sql}),"
            f" kept AS (SELECT id, publish_at, tier FROM hit WHERE tier / {PARTLY} = best / {PARTLY})"
            " SELECT p.id, c.total, c.best FROM (SELECT COUNT(*) AS total, MIN(tier) AS best FROM kept) c"
            " LEFT JOIN (SELECT * FROM kept ORDER BY tier, publish_at DESC NULLS LAST, id"
            " LIMIT %s OFFSET %s) p ON 1 = 1 ORDER BY p.tier, p.publish_at DESC NULLS LAST, p.id",
            [*hits_params, *public_params, PER_PAGE, (number - 1) * PER_PAGE],
        )
        hit_rows = cursor.fetchall()
    _, total, best = hit_rows[0]
    return [pk for pk, _, _ in hit_rows if pk is not None], total, best or 0


# --- Typing errors -------------------------------------------------------------------------------------


def _correct(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    """Return the terms with each word that no public tip has put right, where a likely word is known.

    Only words of public tips are ever suggested: what is still to come cannot be guessed at.
    """
    correctable = [term for term in terms if term.correctable]
    if not correctable:
        return terms
    likely = spelling.likely([words.fold(term.text) for term in correctable])
    likely_terms = ([Term(word, (words.stem(word),)) for word in likely_words] for likely_words in likely)
    candidates = dict(zip(correctable, likely_terms, strict=True))
    tested = list({*correctable, *chain.from_iterable(candidates.values())})
    is_known = dict(zip(tested, _are_known(tested), strict=True))
    return tuple(
        term if is_known.get(term, True) else next(filter(is_known.get, candidates[term]), term)
        for term in terms
    )


def _are_known(terms: list[Term]) -> list[bool]:
    """Return for each term whether some published tip has it, asked in one query."""
    public_sql, public_params = public()
    parts = [matching([term]) for term in terms]
    exists = (f"EXISTS (SELECT 1 FROM tips_tip t WHERE t.id IN ({sql}) AND {public_sql})" for sql, _ in parts)
    with connection.cursor() as cursor:
        params = chain.from_iterable([*term_params, *public_params] for _, term_params in parts)
        cursor.execute(f"SELECT {', '.join(exists)}", list(params))
        return list(map(bool, cursor.fetchone()))
