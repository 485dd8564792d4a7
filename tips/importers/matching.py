"""Which row each tip of a run is."""

from collections import defaultdict

from django.utils import timezone

from tips.importers import merging
from tips.importers.records import Warned
from tips.models import ImportOrigin, Tip

BATCH = 200


def batches(items):
    """Yield lists of at most BATCH of some items."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def match(merged):
    """Return ({place in merged: primary key}, warnings); a place that is missing is a new tip.

    A row is known by its origin, so that it stays the same tip when staff change its title or its date;
    one without an origin by its present title and date. Of one title, a dated and an undated one are the same
    if their texts agree.
    """
    by_identity, by_title = _known()
    found, warnings, taken = {}, [], {}

    def claim(place, pk):
        found[place] = pk
        taken[pk] = place

    for place, tip in enumerate(merged):
        pk = by_identity.get(tip.identity)
        if tip.was_undated:
            other = by_identity.get(merging.identity(tip.folded, None))
            if pk and other:
                text = "is in the database twice, with a date and without: withdraw the one without."
                warnings.append(Warned(*tip.where, f"“{tip.title[-1]}” {text}"))
            pk = pk or other
        if pk and pk not in taken:
            claim(place, pk)

    # What is left and has a namesake that differs in having a date: only here do texts decide.
    open_questions = {
        place: [
            pk for dated, pk in by_title[tip.folded] if dated != (tip.day is not None) and pk not in taken
        ]
        for place, tip in enumerate(merged)
        if place not in found and tip.folded in by_title
    }
    for places in batches([place for place, pks in open_questions.items() if pks]):
        pks = {pk for place in places for pk in open_questions[place]}
        rows = Tip.objects.only("title", "excerpt", "body", "takeaway").in_bulk(pks)
        digests = dict(ImportOrigin.objects.filter(pk__in=pks).values_list("pk", "texts"))
        for place in places:
            tip = merged[place]
            free = [rows[pk] for pk in open_questions[place] if pk not in taken]
            same = next((row for row in free if _same(tip, row, digests.get(row.pk, {}))), None)
            if same:
                claim(place, same.pk)
            elif free:
                warnings.append(merging.kept_as_two(tip))
    return found, warnings


def _same(tip, row, digests):
    as_imported = tip.body and digests.get("body") == merging.short_digest(tip.body)
    return as_imported or merging.agree(tip, row)


def _known():
    """Return ({identity: pk}, {folded title: [(is dated, pk)]}) of all rows."""
    origins = dict(ImportOrigin.objects.values_list("tip", "identity"))
    by_identity, by_title = {}, defaultdict(list)
    rows = Tip.objects.order_by("pk").values_list("pk", "title", "publish_at", "undated")
    for pk, title, at, undated in rows:
        if pk in origins:
            known = origins[pk]
        elif not at and not undated:
            # A draft whose day is still open may be a new tip of an old title: the texts decide.
            by_title[merging.folded(title)] += [(True, pk), (False, pk)]
            continue
        else:
            known = merging.identity(merging.folded(title), timezone.localdate(at) if at else None)
        # An origin says more than a title that happens to be the same.
        if pk in origins or known not in by_identity:
            by_identity[known] = pk
        folded, _, day = known.rpartition("|")
        by_title[folded].append((bool(day), pk))
    return by_identity, by_title
