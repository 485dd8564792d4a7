"""What the database knows of some stems: which tips hold them, and where. Read in one statement.

Lists of ids come as one text each. For a word that most tips have, that is many times faster than rows.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from django.db import connection
from django.utils import timezone

from tips import dates
from tips.models import Category, Tag, TipState
from tips.search.archive import Label
from tips.search.index import TITLE
from tips.search.terms import Term

Param = str | int | datetime | None
# A statement or a part of one, and its parameters.
Sql = tuple[str, list[Param]]


@dataclass(frozen=True)
class Filters:
    """What a reader narrows a search by: slugs of a category and a tag, and a year."""

    category: str = ""
    tag: str = ""
    year: int | None = None


UNFILTERED = Filters()
# The condition on ``t``, a tip's row, of having a category or a tag.
_HAS = "EXISTS (SELECT 1 FROM tips_{0}tip JOIN tips_{1} g ON g.id = {1}_id WHERE {2} = t.id AND g.slug = %s)"
# A word in more tips than this says little about any of them, and would make the answer slow.
COMMONEST = 200
# The name of a list of ids. No stem has a space.
_FILTERED = "all filtered"
# The order of every list by date.
NEWEST_FIRST = "t.publish_at DESC NULLS LAST, t.id"


@dataclass
class Postings:
    """Ids of tips, hidden ones among them but for ``filtered``.

    ``stems`` has for each stem {where a tip holds it: ids}, see ``index``; ``phrases`` and ``labels`` the ids
    for each phrase, and for each category or tag. ``filtered`` has the public tips that filters leave, the
    newest first; None without filters.
    """

    stems: dict[str, dict[int, list[int]]] = field(default_factory=dict)
    phrases: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    labels: dict[Label, list[int]] = field(default_factory=dict)
    filtered: list[int] | None = None


def read(
    stems: Collection[str],
    phrases: Collection[tuple[str, ...]] = (),
    labels: Collection[Label] = (),
    filters: Filters = UNFILTERED,
    of_titles: Collection[str] = (),
) -> Postings:
    """Return what is known of some stems, phrases and labels, and the public tips that ``filters`` leave.

    Of the stems in ``of_titles`` is only read which titles hold them.
    """
    result = Postings()
    parts: list[Sql] = []
    ids = "group_concat({})" if connection.vendor == "sqlite" else "string_agg({}::text, ',')"
    for wanted, condition in ((stems, ""), (of_titles, f" AND held >= {TITLE}")):
        if wanted:
            sql = (
                f"SELECT stem, held, {ids.format('tip_id')} FROM tips_posting WHERE stem IN {_places(wanted)}"
            )
            parts.append((f"{sql}{condition} GROUP BY stem, held", list(wanted)))
    for number, phrase in enumerate(phrases):
        sql, params = with_phrase(phrase)
        parts.append((f"SELECT 'phrase {number}', 0, {ids.format('id')} FROM ({sql}) p{number}", params))
    for number, label in enumerate(labels):
        table, tip, own = _TABLES[type(label)]
        sql = f"SELECT 'label {number}', 0, {ids.format(tip)} FROM {table} WHERE {own} = %s"
        parts.append((sql, [label.pk]))
    if filters != UNFILTERED:
        condition, params = public(filters)
        sql = f"SELECT t.id FROM tips_tip t WHERE {condition} ORDER BY {NEWEST_FIRST}"
        parts.append((f"SELECT '{_FILTERED}', 0, {ids.format('id')} FROM ({sql}) l", params))
    if not parts:
        return result
    with connection.cursor() as cursor:
        cursor.execute(*union(parts))
        found = cursor.fetchall()
    names: dict[str, list[int]] = {}
    for name, held, listed in found:
        pks = json.loads(f"[{listed or ''}]")
        if " " in name:
            names[name] = pks
        else:
            result.stems.setdefault(name, {})[held] = pks
    result.phrases = {phrase: names[f"phrase {number}"] for number, phrase in enumerate(phrases)}
    result.labels = {label: names[f"label {number}"] for number, label in enumerate(labels)}
    result.filtered = names.get(_FILTERED)
    return result


_TABLES: Mapping[type[Label], tuple[str, str, str]] = {
    Category: ("tips_categorisedtip", "tip_id", "category_id"),
    Tag: ("tips_taggedtip", "content_object_id", "tag_id"),
}


def with_phrase(stems: Collection[str]) -> Sql:
    """Return the statement for the ids of tips that hold these stems, two at least, in a row."""
    if connection.vendor == "sqlite":
        return "SELECT rowid AS id FROM tips_fts WHERE tips_fts MATCH %s", ['"' + " ".join(stems) + '"']
    return "SELECT id FROM tips_with_phrase(%s, %s::tsquery) AS id", [" ".join(stems), " <-> ".join(stems)]


def with_terms(terms: Iterable[Term]) -> Sql:
    """Return the statement for the ids of tips, hidden ones too, that hold all of some terms."""
    parts: list[Sql] = []
    for term in terms:
        if len(term.stems) > 1:
            parts.append(with_phrase(term.stems))
        else:
            stems: list[Param] = [*term.stems, *term.joined]
            parts.append((f"SELECT tip_id AS id FROM tips_posting WHERE stem IN {_places(stems)}", stems))
    statements, params = zip(*parts, strict=True)
    return " INTERSECT ".join(statements), list(chain.from_iterable(params))


def union(parts: Iterable[Sql]) -> Sql:
    """Return a statement for the rows of all parts, repeated rows included."""
    statements, params = zip(*parts, strict=True)
    return " UNION ALL ".join(statements), list(chain.from_iterable(params))


def public(filters: Filters = UNFILTERED) -> Sql:
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


def _places(values: Collection[object]) -> str:
    return f"({', '.join(['%s'] * len(values))})"
