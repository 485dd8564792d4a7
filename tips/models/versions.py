"""Versions of a tip's text: what was saved, by whom and when.

A version holds the title, takeaway, excerpt and body, and the names of the categories and tags; neither
state, address nor dates, so that nothing can bring those back by mistake. Saving a tip writes one where its
text differs from the newest. What saving does not see (categories and tags, ``update`` and ``bulk_create``)
is recorded by its verb: ``record`` for one tip, ``record_all`` for many.
"""

from contextlib import contextmanager

from django.db import models, transaction
from django.utils import timezone
from simple_history.models import HistoricalRecords

TEXTS = ("title", "takeaway", "excerpt", "body")
_BATCH = 200


class Names(models.Model):
    """The categories and tags of a version, by name: the rows themselves may be renamed or gone."""

    categories = models.JSONField(default=list)
    tags = models.JSONField(default=list)

    class Meta:
        abstract = True


class TextHistory(HistoricalRecords):
    """The history of a tip's texts: one version for each text that was saved, none where nothing changed."""

    def __init__(self, **options):
        super().__init__(
            bases=[Names],
            custom_model_name="TipVersion",
            verbose_name="version of a tip",
            verbose_name_plural="versions of tips",
            history_id_field=models.BigAutoField(),
            **options,
        )

    def finalize(self, sender, **kwargs):
        if sender is self.cls:
            kept = {*TEXTS, sender._meta.pk.name}
            self.excluded_fields = [field.name for field in sender._meta.fields if field.name not in kept]
        super().finalize(sender, **kwargs)

    def create_historical_record(self, instance, history_type, using=None):
        if history_type == "-":
            super().create_historical_record(instance, history_type, using)
        else:
            record(instance, by=self.get_history_user(instance))


def newest(tip):
    """Return the newest version of a tip, or None."""
    return tip.history.order_by("-history_id").first()


def newest_id(tip):
    """Return the number of a tip's newest version, 0 where it has none: what a form says it was opened on."""
    return tip.history.order_by("-history_id").values_list("history_id", flat=True).first() or 0


def hold(tip):
    """Write no version when this object is saved next: its categories and tags follow. Call ``record`` then.

    A tip that was changed past its history gets a version of how it stood, so that nothing is lost.
    """
    if tip.pk:
        record(type(tip).objects.get(pk=tip.pk), reason="As it stood before the next change.")
    tip.skip_history_when_saving = True


def record(tip, *, by=None, reason=""):
    """Keep a tip's present text as a version, unless the newest one is the same; return the newest.

    ``by`` is who saved it, None where no person did; ``reason`` is shown beside it.
    """
    tip.__dict__.pop("skip_history_when_saving", None)
    categories, tags = (names.get(tip.pk, []) for names in _names([tip.pk], type(tip)))
    before = newest(tip)
    if before and content(before) == (*(getattr(tip, name) for name in TEXTS), categories, tags):
        return before
    return type(tip).history.model.objects.create(
        **_row(tip, categories, tags, by, reason, is_first=before is None)
    )


def record_all(tips, *, by=None, reason="", is_first=False):
    """Keep the present text of many saved tips, in a few statements; none is compared first.

    ``by`` and ``reason`` are as in ``record``.
    """
    tips = [tip for tip in tips if tip.pk]
    if not tips:
        return
    categories, tags = _names([tip.pk for tip in tips], type(tips[0]))
    type(tips[0]).history.model.objects.bulk_create(
        (
            type(tips[0]).history.model(
                **_row(tip, categories.get(tip.pk, []), tags.get(tip.pk, []), by, reason, is_first=is_first)
            )
            for tip in tips
        ),
        batch_size=_BATCH,
    )


@contextmanager
def recorded(tips, *, by, reason):
    """Keep a version of each tip of a queryset once the change inside to its categories or tags is made.

    A few statements for each batch of tips. ``by`` and ``reason`` are as in ``record``.
    """
    with transaction.atomic():
        pks = sorted(set(tips.order_by().values_list("pk", flat=True)))
        yield
        for start in range(0, len(pks), _BATCH):
            batch = tips.model.objects.filter(pk__in=pks[start : start + _BATCH])
            record_all(list(batch.only(*TEXTS)), by=by, reason=reason)


def content(version):
    """Return what a version holds, to be compared."""
    return (*(getattr(version, name) for name in TEXTS), version.categories, version.tags)


def _row(tip, categories, tags, by, reason, *, is_first):
    return {
        "id": tip.pk,
        **{name: getattr(tip, name) for name in TEXTS},
        "categories": categories,
        "tags": tags,
        "history_date": timezone.now(),
        "history_user_id": by.pk if by else None,
        "history_type": "+" if is_first else "~",
        "history_change_reason": reason[:100] or None,
    }


def _names(pks, tip_model):
    """Return (categories, tags) of some tips, each a dict of tip's id to sorted names; two statements."""
    found = []
    for through, other in (("categorised", "category"), ("tagged", "tag")):
        relation = tip_model._meta.get_field(through)
        tip = relation.field.attname
        rows = relation.related_model.objects.filter(**{f"{tip}__in": pks})
        names = {}
        for pk, name in rows.order_by().values_list(tip, f"{other}__name"):
            names.setdefault(pk, []).append(name)
        found.append({pk: sorted(each) for pk, each in names.items()})
    return found
