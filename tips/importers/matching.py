"""Which row each tip of a run is."""

from collections import defaultdict
from collections.abc import Sequence

from django.utils import timezone

from tips.importers import deduplication
from tips.importers.deduplication import StatedTip
from tips.importers.records import LineWarning
from tips.models import ImportOrigin, Tip
from tips.text import folding


def batches(indexes: Sequence[int]) -> list[Sequence[int]]:
    """Return the indexes of tips in parts, small enough for one query each."""
    return [indexes[start : start + 200] for start in range(0, len(indexes), 200)]


def match(stated_tips: Sequence[StatedTip]) -> tuple[dict[int, int], list[LineWarning]]:
    """Return ({index of a stated tip: primary key}, warnings); an index that is missing is a new tip.

    A row is known by its origin, so that it stays the same tip when staff change its title or its date;
    a row without an origin by its present title and date. Of one title, a dated and an undated tip are the
    same if their texts agree.
    """
    by_identity, by_title = _known()
    # {primary key: index}: no row is two tips.
    taken: dict[int, int] = {}
    left = []
    warnings = []
    for index, stated in enumerate(stated_tips):
        pk = by_identity.get(stated.identity)
        undated_identity = deduplication.identity(stated.folded, None)
        if stated.was_undated and (undated_pk := by_identity.get(undated_identity)):
            if pk:
                text = "is in the database twice, with a date and without: withdraw the one without."
                warnings.append(LineWarning(*stated.first, f"“{stated.title}” {text}"))
            pk = pk or undated_pk
        if pk and pk not in taken:
            taken[pk] = index
        else:
            left.append(index)

    # What is left and has a namesake that differs in having a date: only here do texts decide.
    undecided: dict[int, list[int]] = {}
    for index in left:
        stated = stated_tips[index]
        namesakes = by_title.get((stated.folded, stated.day is None), ())
        if pks := [pk for pk in namesakes if pk not in taken]:
            undecided[index] = pks
    for indexes in batches(list(undecided)):
        pks = [pk for index in indexes for pk in undecided[index]]
        tips = Tip.objects.only("title", "excerpt", "body", "takeaway").in_bulk(pks)
        digests = dict(ImportOrigin.objects.filter(pk__in=pks).values_list("pk", "digests"))
        for index in indexes:
            stated = stated_tips[index]
            free = [tips[pk] for pk in undecided[index] if pk not in taken]
            if same := next((tip for tip in free if _is_same(stated, tip, digests.get(tip.pk, {}))), None):
                taken[same.pk] = index
            elif free:
                warnings.append(deduplication.kept_as_two(stated))
    return {index: pk for pk, index in taken.items()}, warnings


def _is_same(stated: StatedTip, tip: Tip, digests: dict[str, str]) -> bool:
    is_as_imported = bool(stated.body) and digests.get("body") == folding.digest(stated.body)
    return is_as_imported or deduplication.agree(stated, tip)


def _known() -> tuple[dict[str, int], dict[tuple[str, bool], list[int]]]:
    """Return ({identity: pk}, {(folded title, is dated): pks}) of all rows."""
    origins = dict(ImportOrigin.objects.values_list("tip", "identity"))
    by_identity: dict[str, int] = {}
    by_title: defaultdict[tuple[str, bool], list[int]] = defaultdict(list)
    tips = Tip.objects.order_by("pk").values_list("pk", "title", "publish_at", "undated")
    for pk, title, publish_at, undated in tips:
        if pk in origins:
            # An origin says more than a title that happens to be the same.
            identity = origins[pk]
            by_identity[identity] = pk
        elif publish_at or undated:
            day = timezone.localdate(publish_at) if publish_at else None
            identity = deduplication.identity(folding.column_key(title, accents=False), day)
            by_identity.setdefault(identity, pk)
        else:
            # A draft whose day is still open may be a new tip of an old title: the texts decide.
            by_title[folding.column_key(title, accents=False), True].append(pk)
            by_title[folding.column_key(title, accents=False), False].append(pk)
            continue
        folded, _, iso_day = identity.rpartition("|")
        by_title[folded, bool(iso_day)].append(pk)
    return by_identity, by_title
