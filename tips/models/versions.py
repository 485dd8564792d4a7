"""Versions of a tip's text: what was saved, by whom and when; and who wrote since it was last approved.

A version has the title, takeaway, excerpt and body, the mail's subject and preheader, and the names of the
categories and tags; neither state, slug nor dates, so that nothing can bring those back by mistake. Saving a
tip records a version where its text differs from the newest. What saving does not see (categories and tags,
``update`` and ``bulk_create``) is recorded by the verb that does it.
"""

from collections import defaultdict
from collections.abc import Collection
from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models.functions import Coalesce
from django.forms import model_to_dict
from django.utils import timezone

from tips.models.placements import CategorisedTip, Placement, TaggedTip
from tips.models.tip import WRITTEN, Tip


class TipVersionQuerySet(models.QuerySet["TipVersion"]):
    def newest_id(self) -> int:
        """Return the number of a tip's newest version, 0 for none: a form tells on which it was opened."""
        return self.values_list("pk", flat=True).first() or 0

    def newest_id_of(self, tip: models.OuterRef) -> Coalesce:
        """Return the same as an expression, to be read in one statement with the text of a tip."""
        newest = self.filter(tip=tip).order_by("-id").values("pk")[:1]
        return Coalesce(models.Subquery(newest), 0)

    def record(self, tip: Tip, *, by: User | None = None, reason: str = "") -> "TipVersion":
        """Keep a tip's present text as a version, unless the newest one is the same; return the newest.

        ``by`` is who saved it, None where no person did; ``reason`` is shown beside it.
        """
        tip.version_is_held = False
        newest, (present,) = tip.versions.first(), _present_versions([tip], by, reason)
        if newest and newest.content == present.content:
            return newest
        present.save(force_insert=True)
        return present

    def record_all(self, tips: Collection[Tip], *, by: User | None = None, reason: str = "") -> None:
        """Keep the present text of many saved tips, in a few statements; none is compared first.

        ``by`` and ``reason`` are as in ``record``.
        """
        self.bulk_create(_present_versions(tips, by, reason), batch_size=200)


class TipVersion(models.Model):
    """A tip's text as it once was saved. It stays when the tip is deleted."""

    tip = models.ForeignKey(Tip, on_delete=models.DO_NOTHING, db_constraint=False, related_name="versions")
    title = models.CharField(max_length=200)
    takeaway = models.TextField()
    excerpt = models.TextField()
    body = models.TextField()
    mail_subject = models.CharField(max_length=200, blank=True, default="", db_default="")
    preheader = models.CharField(max_length=200, blank=True, default="", db_default="")
    # By name: the rows themselves may be renamed or gone.
    categories = models.JSONField(default=list)
    tags = models.JSONField(default=list)
    saved_at = models.DateTimeField(default=timezone.now)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=100, blank=True)

    objects = TipVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "version of a tip"
        verbose_name_plural = "versions of tips"

    @property
    def content(self) -> tuple[object, ...]:
        """What the version has, to be compared with another."""
        return (*(getattr(self, name) for name in WRITTEN), self.categories, self.tags)


class Contribution(models.Model):
    """Somebody wrote part of a tip's text since it was last approved; approval deletes the row."""

    tip = models.ForeignKey(Tip, on_delete=models.CASCADE, related_name="contributions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("tip", "user", name="contribution_once_each")]


def _present_versions(tips: Collection[Tip], by: User | None, reason: str) -> list[TipVersion]:
    """Return versions, not saved yet, of how tips stand now; two statements."""
    categories = _names(CategorisedTip, "category__name", tips)
    tags = _names(TaggedTip, "tag__name", tips)
    new = partial(TipVersion, saved_by=by, reason=reason[:100])
    return [
        new(tip=tip, categories=categories[tip.pk], tags=tags[tip.pk], **model_to_dict(tip, WRITTEN))
        for tip in tips
    ]


def _names(placement: type[Placement], field: str, tips: Collection[Tip]) -> defaultdict[int, list[str]]:
    """Return the sorted names of the categories or the tags of each tip, by its id."""
    names = defaultdict(list)
    placed = placement.objects.filter(**{f"{placement.TIP_ID}__in": [tip.pk for tip in tips]})
    # Sorted here: databases sort names in different ways.
    for pk, name in sorted(placed.order_by().values_list(placement.TIP_ID, field)):
        names[pk].append(name)
    return names
