"""The search of the desk: the ranking that readers get, over all tips that a person may see, in any state."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Value

from tips.models import Category, Tag, Tip, newest_first
from tips.search import queries
from tips.search.archive import Archive, Label
from tips.search.terms import parse


@dataclass(frozen=True)
class Found:
    """The ids of what was found, best first; ``corrected`` is the query with its typing errors put right."""

    ids: Sequence[int]
    corrected: str = ""


def find(query: str, tips: QuerySet[Tip]) -> Found:
    """Search some tips as readers search the public ones.

    Of a query that finds nothing, tips are found whose short texts have it as a part: an editor types the
    beginning of a word.
    """
    asked = parse(query)
    found = queries.rank(asked, _archive(tips)) if asked.terms else None
    if found and found.ranked.total:
        return Found(found.ranked.ids, found.corrected)
    part = query.strip()
    held = Q(title__icontains=part) | Q(takeaway__icontains=part) | Q(excerpt__icontains=part)
    pks = tips.filter(held).order_by(newest_first(), "id").values_list("pk", flat=True)
    return Found(list(pks[: queries.MOST_HITS]) if part else [])


def _archive(tips: QuerySet[Tip]) -> Archive:
    ids = list(tips.order_by(newest_first(), "id").values_list("pk", flat=True))
    return Archive(
        ids=ids,
        known=frozenset(ids),
        place={pk: number for number, pk in enumerate(ids)},
        years=(),
        labels=_labels(),
        until=None,
    )


def _labels() -> list[Label]:
    """Return all categories and tags, in one statement."""
    columns = ("pk", "name", "slug")
    categories = Category.objects.order_by().values_list(Value(0), *columns)
    rows = categories.union(Tag.objects.order_by().values_list(Value(1), *columns), all=True)
    return [(Tag if is_tag else Category)(pk=pk, name=name, slug=slug) for is_tag, pk, name, slug in rows]
