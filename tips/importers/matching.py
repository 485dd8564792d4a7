"""Which row each tip of a run is."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeVar

from django.utils import timezone

from tips.importers import merging
from tips.importers.merging import StatedTip
from tips.importers.records import LineWarning
from tips.models import ImportOrigin, Tip

Item = TypeVar("Item")
BATCH = 200


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items in sequences of at most BATCH."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def match(stated_tips: Sequence[StatedTip]) -> tuple[dict[int, int], list[LineWarning]]:
    """Return ({index of a stated tip: primary key}, warnings); an index that is missing is a new tip.

    A row is known by its origin, so that it stays the same tip when staff change its title or its date;
    a row without an origin by its present title and date. Of one title, a dated and an undated tip are the
    same if their texts agree.
    """
    by_identity, by_title = _known()
    matched: dict[int, int] = {}
    taken: set[int] = set()
    warnings = []

    def claim(index: int, pk: int) -> None:
        matched[index] = pk
        taken.add(pk)

    for index, stated in enumerate(stated_tips):
        pk = by_identity.get(stated.identity)
        if stated.was_undated:
            undated_pk = by_identity.get(merging.identity(stated.folded, None))
            if pk and undated_pk:
                text = "is in the database twice, with a date and without: withdraw the one without."
                warnings.append(LineWarning(*stated.first, f"“{stated.title.title}” {text}"))
            pk = pk or undated_pk
        if pk and pk not in taken:
            claim(index, pk)

    # What is left and has a namesake that differs in having a date: only here do texts decide.
    undecided: dict[int, list[int]] = {}
    for index, stated in enumerate(stated_tips):
        namesakes = by_title.get(stated.folded, ()) if index not in matched else ()
        is_dated = stated.day is not None
        if pks := [pk for pk, dated in namesakes if dated != is_dated and pk not in taken]:
            undecided[index] = pks
    for indexes in batches(list(undecided)):
        pks = [pk for index in indexes for pk in undecided[index]]
        tips = Tip.objects.only("title", "excerpt", "body", "takeaway").in_bulk(pks)
        digests = dict(ImportOrigin.objects.filter(pk__in=pks).values_list("pk", "digests"))
        for index in indexes:
            stated = stated_tips[index]
            free = [tips[pk] for pk in undecided[index] if pk not in taken]
            same = next((tip for tip in free if _is_same(stated, tip, digests.get(tip.pk, {}))), None)
            if same:
                claim(index, same.pk)
            elif free:
                warnings.append(merging.kept_as_two(stated))
    return matched, warnings


def _is_same(stated: StatedTip, tip: Tip, digests: dict[str, str]) -> bool:
    is_as_imported = stated.body and digests.get("body") == merging.short_digest(stated.body)
    return bool(is_as_imported) or merging.agree(stated, tip)


def _known() -> tuple[dict[str, int], dict[str, list[tuple[int, bool]]]]:
    """Return ({identity: pk}, {folded title: [(pk, is dated)]}) of all rows."""
    origins = dict(ImportOrigin.objects.values_list("tip", "identity"))
    by_identity: dict[str, int] = {}
    by_title: defaultdict[str, list[tuple[int, bool]]] = defaultdict(list)
    tips = Tip.objects.order_by("pk").values_list("pk", "title", "publish_at", "undated")
    for pk, title, publish_at, undated in tips:
        known = origins.get(pk)
        if known is not None:
            # An origin says more than a title that happens to be the same.
            by_identity[known] = pk
        elif publish_at or undated:
            day = timezone.localdate(publish_at) if publish_at else None
            known = merging.identity(merging.folded(title), day)
            by_identity.setdefault(known, pk)
        else:
            # A draft whose day is still open may be a new tip of an old title: the texts decide.
            by_title[merging.folded(title)] += [(pk, True), (pk, False)]
            continue
        folded, _, iso_day = known.rpartition("|")
        by_title[folded].append((pk, bool(iso_day)))
    return by_identity, by_title
