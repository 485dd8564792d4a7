"""Records to rows: what an archive states is written in one transaction, beside what staff wrote."""

from contextlib import nullcontext

from django.db import connection, transaction
from django.utils import timezone

from desk.terminal import no_progress
from tips.importers import merging
from tips.importers.matching import batches, match
from tips.importers.records import TIP_OF_THE_WEEK, Post, Report, Warned
from tips.importers.taxonomy import Categories, Slugs, Tags
from tips.models import CategorisedTip, ImportOrigin, ImportRun, TaggedTip, Tip, TipState, TipVersion
from tips.publishing.tagging import key
from tips.schedule import queue_lock, slots
from tips.search import index
from tips.text import markup

# Any number, so long as it is always the same one: who holds it is the one import at work.
_LOCK = 5_417_100
_FIELDS = ("title", "publish_at", "state", "excerpt", "body", "takeaway")
_WRITTEN = (*_FIELDS, "undated", "updated_at")
_ASSUMED = "assumed"


def write(archive, *, dry_run=False, source="pages", progress=no_progress):
    """Bring the rows up to what an Archive states, and return a Report; a dry run writes nothing.

    All is written or, should that fail, nothing. ``source`` is kept with each tip that is new. ``progress``
    wraps what is iterated over, as tqdm does.
    """
    merged, warnings = merging.merge(archive.posts)
    report = Report(files=archive.files, refused=sorted(archive.refused), dry_run=dry_run)
    report.warnings = archive.warnings + warnings
    if merged:
        with nullcontext() if dry_run else transaction.atomic():
            if not dry_run:
                _wait_for_others()
                # Before any tip: the desk locks tips in another order than an archive has them.
                queue_lock.lock()
            _Writer(merged, report, source).write(progress)
            if not dry_run and (report.created or report.updated):
                index.count_words()
            if not dry_run:
                _record(report, source)
    report.warnings = sorted(set(report.warnings))
    return report


def _record(report, source):
    """Leave a row for the desk's front page."""
    ImportRun.objects.create(
        at=timezone.now(),
        source=source,
        files=report.files,
        refused=len(report.refused),
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
    )


def _wait_for_others():
    """Let one import work at a time. On SQLite the transaction alone sees to that: it is IMMEDIATE."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


class _Writer:
    def __init__(self, merged, report, source):
        self.report = report
        self.source = source
        self.now = timezone.now()
        self.timetable = slots.Timetable.load()
        self.merged = merged
        self.found, warnings = match(merged)
        report.warnings += warnings
        self.slugs = Slugs()
        self.categories = Categories(report.dry_run)
        self.tags = Tags(report.dry_run)

    def write(self, progress):
        numbered = list(enumerate(self.merged))
        total = list(batches(numbered))
        for batch in progress(total, desc="Writing", unit="batch"):
            self.batch(batch)

    def batch(self, batch):
        """Write some tips, in a fixed number of queries."""
        pks = [self.found[place] for place, _ in batch if place in self.found]
        rows = {}
        if pks:
            query = Tip.objects.filter(pk__in=pks)
            query = query if self.report.dry_run else query.select_for_update()
            rows = {tip.pk: tip for tip in query.order_by("pk")}
        origins = ImportOrigin.objects.in_bulk(pks)
        filed = _Links(CategorisedTip, "tip_id", "category_id", self.categories, pks)
        tagged = _Links(TaggedTip, "content_object_id", "tag_id", self.tags, pks)
        created, updated, reworded, new_origins, old_origins = [], [], [], [], []
        for place, stated in batch:
            tip = rows.get(self.found.get(place))
            origin = origins.get(tip.pk) if tip else None
            is_new, before = tip is None, None
            if is_new:
                tip = self.blank(stated)
                origin = ImportOrigin(tip=tip, source=self.source, identity=stated.identity)
                ours = set(_FIELDS)
            elif origin is None:
                origin = ImportOrigin(tip=tip, source=self.source, identity=stated.identity)
                ours = {name for name in _FIELDS if not _value(tip, name)}
                new_origins.append(origin)
            else:
                ours = {name for name in _FIELDS if origin.texts.get(name) == _digest(tip, name)}
                before = (origin.identity, origin.texts, origin.categories, origin.tags)
            values = [_value(tip, name) for name in _FIELDS]
            self.fill(tip, stated, ours)
            changed = values != [_value(tip, name) for name in _FIELDS]
            if stated.day:
                origin.identity = stated.identity
            assumed = origin.texts.get("categories") == _ASSUMED
            origin.texts = {name: _digest(tip, name) for name in _FIELDS if name in ours}
            moved = self.file_under(tip, origin, stated, assumed, filed)
            origin.tags, added = tagged.add(tip, origin.tags, stated.tags)
            if is_new:
                created.append(tip)
                new_origins.append(origin)
            else:
                if changed:
                    tip.updated_at = self.now
                    updated.append(tip)
                if before and before != (origin.identity, origin.texts, origin.categories, origin.tags):
                    old_origins.append(origin)
                if changed or moved or added:
                    reworded.append(tip)
            self.count(
                tip, stated, "created" if is_new else "updated" if changed or moved or added else "unchanged"
            )
        if self.report.dry_run:
            return
        Tip.objects.bulk_create(created)
        Tip.objects.bulk_update(updated, _WRITTEN)
        ImportOrigin.objects.bulk_create(new_origins)
        ImportOrigin.objects.bulk_update(old_origins, ["identity", "texts", "categories", "tags"])
        filed.save()
        tagged.save()
        TipVersion.objects.record_all(created, reason="Imported.")
        TipVersion.objects.record_all(reworded, reason="Imported anew.")

    def blank(self, stated):
        """Return a new tip with its place and its state, and without its texts."""
        at = self.timetable.moment(stated.day) if stated.day else None
        is_public = not stated.impossible and (at is None or at <= self.now)
        return Tip(
            slug=self.slugs.take(stated.title[-1], stated.day),
            state=TipState.APPROVED if is_public else TipState.DRAFT,
            publish_at=at,
            undated=at is None,
            for_mail=False,
        )

    def fill(self, tip, stated, ours):
        """Write into a tip what the archive states, in fields that are the import's own."""
        full, *spelling = stated.title
        title = spelling[-1][: Post.LONGEST_TITLE].rstrip()
        if "title" in ours and (full, *spelling[:-1], title) > merging.title_rank(tip.title, bool(tip.body)):
            tip.title = title
        if stated.day and "publish_at" in ours:
            at = self.timetable.moment(stated.day)
            if at > self.now and "state" in ours and tip.state == TipState.APPROVED:
                tip.state = TipState.DRAFT
            tip.publish_at, tip.undated = at, False
        if self.is_better(tip, stated, ours):
            tip.body = stated.body
            if "takeaway" in ours:
                tip.takeaway = stated.takeaway
            if "excerpt" in ours:
                tip.excerpt = markup.excerpt(tip.searchable_text)
        elif not tip.body and "excerpt" in ours:
            tip.excerpt = max(tip.excerpt, stated.excerpt, key=merging.excerpt_rank)

    def is_better(self, tip, stated, ours):
        """Tell whether the archive's text takes the place of a tip's own."""
        if "body" not in ours or not stated.body or (tip.body, tip.takeaway) == stated.text[2:]:
            return False
        if "takeaway" not in ours and not stated.takeaway:
            # Staff worded the takeaway; this text may end in the archive's, and would say it twice.
            return not tip.body and not tip.takeaway
        return not tip.body or stated.text > merging.text_rank(tip.body, tip.takeaway)

    def file_under(self, tip, origin, stated, assumed, filed):
        """File a tip under what its full text states, else under what tips in a strip have in common."""
        if stated.stated:
            dropped = False
            if assumed and key(TIP_OF_THE_WEEK) not in stated.stated:
                dropped = filed.remove(tip, TIP_OF_THE_WEEK)
                origin.categories = []
            origin.categories, added = filed.add(tip, origin.categories, stated.stated)
            return dropped or added
        added = False
        if stated.in_strip and not origin.categories and not filed.has_any(tip):
            names = {key(TIP_OF_THE_WEEK): TIP_OF_THE_WEEK}
            origin.categories, added = filed.add(tip, [], names)
            assumed = True
        if assumed:
            origin.texts["categories"] = _ASSUMED
        return added

    def count(self, tip, stated, what):
        report = self.report
        setattr(report, what, getattr(report, what) + 1)
        report.teasers += not tip.body
        report.undated += tip.undated
        if stated.day and tip.state == TipState.DRAFT and tip.publish_at and tip.publish_at > self.now:
            message = (
                f"“{tip.title}” is dated in the future, {stated.day.isoformat()}, and was kept as a draft."
            )
            report.warnings.append(Warned(*stated.where, message))


class _Links:
    """The categories, or the tags, of some tips: what they have, and what is to be written.

    ``names`` finds the row that a name means.
    """

    def __init__(self, model, tip, other, names, pks):
        self.model, self.tip, self.other, self.names = model, tip, other, names
        rows = model.objects.filter(**{f"{tip}__in": pks}).values_list(tip, other, "pk") if pks else ()
        self.present = {(tip_pk, pk): row for tip_pk, pk, row in rows}
        self.filed = {tip_pk for tip_pk, _ in self.present}
        self.added, self.removed = [], []

    def has_any(self, tip):
        return tip.pk in self.filed

    def add(self, tip, stated_before, stated):
        """Return (all names stated so far, whether any was added).

        A name that was stated before is not added again: if the tip lacks it, staff took it away.
        """
        known = {key(name): name for name in stated_before}
        pks = []
        for folded, name in sorted(stated.items()):
            if folded in known:
                continue
            known[folded] = name
            pk = self.names.find_or_make(name)
            if (tip.pk, pk) not in self.present and pk not in pks:
                pks.append(pk)
        self.added += [(tip, pk) for pk in pks]
        return sorted(known.values()), bool(pks)

    def remove(self, tip, name):
        """Take a name away from a tip; tell whether it was there."""
        row = self.present.pop((tip.pk, self.names.find(name)), None)
        if row:
            self.removed.append(row)
        return row is not None

    def save(self):
        if self.removed:
            self.model.objects.filter(pk__in=self.removed).delete()
        self.model.objects.bulk_create(
            self.model(**{self.tip: tip.pk, self.other: pk}) for tip, pk in self.added
        )


def _value(tip, name):
    if name == "publish_at":
        return "undated" if tip.undated else tip.publish_at.isoformat() if tip.publish_at else ""
    return str(getattr(tip, name))


def _digest(tip, name):
    return merging.short_digest(_value(tip, name))
