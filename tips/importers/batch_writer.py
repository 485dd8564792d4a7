"""The rows of some tips: what an archive states beside what staff wrote, and what of it is to be written."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max, Q
from django.utils import timezone

from tips.importers import deduplication, taxonomy
from tips.importers.deduplication import StatedTip
from tips.importers.matching import match
from tips.importers.records import LONGEST_TITLE, TIP_OF_THE_WEEK, LineWarning, Report
from tips.models import (
    PLANS,
    CategorisedTip,
    ImportOrigin,
    QueueVersion,
    TaggedTip,
    Tip,
    TipState,
    TipVersion,
)
from tips.models.placements import Placement
from tips.schedule import slots
from tips.text import excerpts, folding

_FIELDS = ("title", "publish_at", "state", "excerpt", "body", "takeaway")
_ORIGIN_FIELDS = ("identity", "digests", "categories", "tags", "category_assumed")


def seen() -> tuple[int, int | None]:
    """Return what changes with each tip that is new, and with the queue."""
    version = QueueVersion.objects.filter(pk=1).values_list("version", flat=True).first()
    return version or 0, Tip.objects.aggregate(newest=Max("pk"))["newest"]


class _Placements:
    """The categories, or the tags, of some tips: what they have, and what is to be written.

    ``other`` is the column with the id of a category or a tag, ``field`` that of an origin with the names
    stated, and ``names`` finds the row that a name means.
    """

    def __init__(
        self, model: type[Placement], other: str, field: str, names: taxonomy.Names, pks: Sequence[int]
    ) -> None:
        self.model, self.other, self.field, self.names = model, other, field, names
        rows = model.objects.filter(**{f"{model.TIP_ID}__in": pks}).values_list(model.TIP_ID, other, "pk")
        self.present = {(tip_pk, other_pk): pk for tip_pk, other_pk, pk in rows}
        self.placed = {tip_pk for tip_pk, _ in self.present}
        self.added: list[tuple[Tip, int]] = []
        self.removed: list[int] = []

    def add(self, tip: Tip, origin: ImportOrigin, stated: dict[str, str]) -> bool:
        """Add the names stated to a tip and its origin; tell whether the tip got any.

        A name that was stated before is not added again: if the tip lacks it, staff took it away.
        """
        known = {folding.column_key(name): name for name in getattr(origin, self.field)}
        new = {folded: name for folded, name in sorted(stated.items()) if folded not in known}
        setattr(origin, self.field, sorted((known | new).values()))
        # Two names may mean one row.
        pks = dict.fromkeys(self.names.find_or_make(name) for name in new.values())
        added = [(tip, pk) for pk in pks if (tip.pk, pk) not in self.present]
        self.added += added
        return bool(added)

    def remove(self, tip: Tip, name: str) -> bool:
        """Take a name away from a tip; tell whether it was there."""
        pk = self.present.pop((tip.pk, self.names.find(name)), None)
        if pk is not None:
            self.removed.append(pk)
        return pk is not None

    def save(self) -> None:
        self.model.objects.filter(pk__in=self.removed).delete()
        self.model.objects.bulk_create(
            self.model(**{self.model.TIP_ID: tip.pk, self.other: pk}) for tip, pk in self.added
        )


class Writer:
    """What writes batches, and what it knows of the rows: as good as new while ``seen`` is as it was.

    ``done`` is the report of the batch in hand.
    """

    def __init__(self, stated_tips: Sequence[StatedTip], source: str, *, dry_run: bool) -> None:
        self.stated_tips, self.source, self.dry_run = stated_tips, source, dry_run
        # Before all else: what changes meanwhile is then read anew.
        self.seen = seen()
        self.now, self.timetable = timezone.now(), slots.Timetable.load()
        self.matched, self.warnings = match(stated_tips)
        self.done = Report()
        self.plans_anything = False
        # The moments that a tip is pinned to, or waits for: an import displaces nobody.
        holders = Tip.objects.filter(Q(pinned=True) | Q(state=TipState.APPROVED, publish_at__gt=self.now))
        self.held = dict(holders.values_list("publish_at", "title"))
        self.taken_slugs = taxonomy.taken_slugs()
        self.categories, self.tags = taxonomy.categories(dry_run), taxonomy.tags(dry_run)

    def batch(self, batch: Sequence[int]) -> Report:
        """Write some tips, in a fixed number of queries; return what that did."""
        # An import may take long: what came to pass since the last batch is public.
        self.now = timezone.now()
        self.done = Report(warnings=[*self.warnings])
        self.warnings = []
        pks = [self.matched[index] for index in batch if index in self.matched]
        query = Tip.objects.filter(pk__in=pks).order_by("pk")
        tips = {tip.pk: tip for tip in (query if self.dry_run else query.select_for_update())}
        origins = ImportOrigin.objects.in_bulk(pks)
        categorised = _Placements(CategorisedTip, "category_id", "categories", self.categories, pks)
        tagged = _Placements(TaggedTip, "tag_id", "tags", self.tags, pks)
        created, updated, reworded, new_origins, old_origins = [], [], [], [], []
        for number in batch:
            stated, known = self.stated_tips[number], tips.get(self.matched.get(number, 0))
            tip = known or self.blank(stated)
            origin = origins.get(tip.pk)
            if origin:
                own = {name for name in _FIELDS if origin.digests.get(name) == _digest(tip, name)}
            else:
                own = {name for name in _FIELDS if not known or not _value(tip, name)}
                origin = ImportOrigin(tip=tip, source=self.source, identity=stated.identity)
                new_origins.append(origin)
            origin_before = [getattr(origin, name) for name in _ORIGIN_FIELDS]
            values_before = [_value(tip, name) for name in _FIELDS]
            was = known.publish_at if known else None
            self.fill(tip, stated, own)
            self.plan(tip, stated, was)
            is_changed = values_before != [_value(tip, name) for name in _FIELDS]
            if stated.day:
                origin.identity = stated.identity
            origin.digests = {name: _digest(tip, name) for name in _FIELDS if name in own}
            is_moved = self.categorise(tip, origin, stated, categorised)
            is_tagged = tagged.add(tip, origin, stated.tags)
            if not known:
                created.append(tip)
            elif is_changed or is_moved or is_tagged:
                reworded.append(tip)
            if known and is_changed:
                tip.updated_at = self.now
                updated.append(tip)
            if tip.pk in origins and origin_before != [getattr(origin, name) for name in _ORIGIN_FIELDS]:
                old_origins.append(origin)
            self.count(tip, stated)
        self.done.created, self.done.updated = len(created), len(reworded)
        self.done.unchanged = len(batch) - len(created) - len(reworded)
        if self.dry_run:
            return self.done
        Tip.objects.bulk_create(created)
        Tip.objects.bulk_update(updated, [*_FIELDS, "pinned", "undated", "updated_at"])
        ImportOrigin.objects.bulk_create(new_origins)
        ImportOrigin.objects.bulk_update(old_origins, _ORIGIN_FIELDS)
        categorised.save()
        tagged.save()
        TipVersion.objects.record_all(created, reason="Imported.")
        TipVersion.objects.record_all(reworded, reason="Imported anew.")
        return self.done

    def blank(self, stated: StatedTip) -> Tip:
        """Return a new tip with its moment and its state, and without its texts."""
        at = self.timetable.moment(stated.day) if stated.day else None
        is_public = not stated.impossible and (at is None or at <= self.now)
        state = TipState.APPROVED if is_public else TipState.DRAFT
        slug = taxonomy.new_slug(stated.title, stated.day, self.taken_slugs)
        return Tip(slug=slug, state=state, publish_at=at, undated=at is None, for_mail=False)

    def fill(self, tip: Tip, stated: StatedTip, own: set[str]) -> None:
        """Write into a tip what the archive states, in the fields that are the import's ``own``."""
        title, rank = stated.title[:LONGEST_TITLE].rstrip(), deduplication.title_rank
        if "title" in own and rank(title, stated.is_full) > rank(tip.title, bool(tip.body)):
            tip.title = title
        if stated.day and "publish_at" in own:
            at = self.timetable.moment(stated.day)
            if at > self.now and "state" in own and tip.state == TipState.APPROVED:
                tip.state = TipState.DRAFT
            tip.publish_at, tip.undated = at, False
        if self.is_better(tip, stated, own):
            tip.body = stated.body
            if "takeaway" in own:
                tip.takeaway = stated.takeaway
            if "excerpt" in own:
                tip.excerpt = excerpts.excerpt(tip.body)
        elif not tip.body and "excerpt" in own:
            tip.excerpt = deduplication.longest(tip.excerpt, stated.excerpt)

    def plan(self, tip: Tip, stated: StatedTip, was: datetime | None) -> None:
        """Plan a draft for the day that it got, where no tip holds that moment; else it has none.

        ``was`` is the moment for which the tip is planned in the database.
        """
        if tip.state not in PLANS or tip.publish_at in (None, was):
            return
        if holder := self.held.get(tip.moment):
            tip.publish_at, tip.pinned = None, False
            message = f"“{tip.title}” is a draft without a day: its own, {stated.day}, is held by “{holder}”."
            self.done.warnings.append(LineWarning(*stated.first, message))
        else:
            tip.pinned = self.plans_anything = True
            self.held[tip.moment] = tip.title

    def is_better(self, tip: Tip, stated: StatedTip, own: set[str]) -> bool:
        """Tell whether the archive's text replaces the text of a tip."""
        if "body" not in own or not stated.body or (tip.body, tip.takeaway) == (stated.body, stated.takeaway):
            return False
        if "takeaway" not in own and not stated.takeaway:
            # Staff worded the takeaway; this text may end in the archive's, and would say it twice.
            return not tip.body and not tip.takeaway
        texts = (f"{text.body}\n{text.takeaway}" for text in (tip, stated))
        if len(set(map(folding.without_invisible, texts))) == 1:
            return False
        rank = deduplication.text_rank
        return not tip.body or rank(stated.body, stated.takeaway) > rank(tip.body, tip.takeaway)

    def categorise(self, tip: Tip, origin: ImportOrigin, stated: StatedTip, categorised: _Placements) -> bool:
        """Place a tip in the categories that its full text states, else in that of all tips in a strip.

        Returns whether its categories changed.
        """
        if stated.categories:
            is_dropped = False
            if origin.category_assumed and folding.column_key(TIP_OF_THE_WEEK) not in stated.categories:
                is_dropped = categorised.remove(tip, TIP_OF_THE_WEEK)
                origin.categories = []
            origin.category_assumed = False
            return categorised.add(tip, origin, stated.categories) or is_dropped
        if not stated.in_strip or origin.categories or tip.pk in categorised.placed:
            return False
        origin.category_assumed = True
        return categorised.add(tip, origin, {folding.column_key(TIP_OF_THE_WEEK): TIP_OF_THE_WEEK})

    def count(self, tip: Tip, stated: StatedTip) -> None:
        self.done.teasers += not tip.body
        self.done.undated += tip.undated
        if stated.day and tip.state == TipState.DRAFT and tip.publish_at and tip.publish_at > self.now:
            message = f"“{tip.title}” is dated in the future: it is a draft, planned for {stated.day}."
            self.done.warnings.append(LineWarning(*stated.first, message))


def _value(tip: Tip, name: str) -> str:
    if name == "publish_at":
        return "undated" if tip.undated else tip.publish_at.isoformat() if tip.publish_at else ""
    return str(getattr(tip, name))


def _digest(tip: Tip, name: str) -> str:
    return folding.digest(_value(tip, name))
