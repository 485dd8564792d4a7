"""The verb that makes several tags, or several categories, one: what led to them leads to what stays."""

from collections.abc import Collection
from typing import TypeVar

from django.contrib.admin.models import DELETION
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet

from desk.errors import NotPermitted, WrongState
from desk.log import log, log_each
from tips.models import CategorisedTip, Category, FormerName, FormerSlug, LabelAction, Tag, TaggedTip, Tip
from tips.publishing import naming

_Label = TypeVar("_Label", Tag, Category)


@transaction.atomic
def merge(keep: _Label, others: Collection[_Label], *, by: User) -> int:
    """Make several tags, or several categories, one: every tip of the others gets ``keep``, once; they go.

    Their slugs and names, and those that led to them, lead to ``keep``. Returns how many tips got ``keep``
    that did not have it. A fixed number of statements, whatever the number of tips. Raises WrongState,
    NotPermitted.
    """
    model, kind = type(keep), str(keep._meta.model_name)
    plural = str(keep._meta.verbose_name_plural)
    if not by.has_perms([f"tips.change_{kind}", f"tips.delete_{kind}"]):
        raise NotPermitted(f"You may not merge {plural}. Ask an editor to do it.")
    chosen: set[int] = {other.pk for other in others} - {keep.pk}
    if not chosen:
        raise WrongState(f"Choose at least two {plural} to merge.")
    locked = model._default_manager.select_for_update().order_by("pk").in_bulk({keep.pk, *chosen})
    if len(locked) != len(chosen) + 1:
        raise WrongState(
            f"One of these {plural} has gone meanwhile: somebody merged or deleted it. Choose again."
        )
    keep, others = locked.pop(keep.pk), list(locked.values())
    names = naming.quoted(other.name for other in others)
    with naming.recorded(_tips_of(others), f"Merged into the {kind} “{keep}”: {names}.", by):
        moved = _move(keep, others)
    _lead_on(keep, others)
    log_each(by, LabelAction.MERGED_AWAY, [(other, f"Merged into “{keep}”.") for other in others], DELETION)
    gained = f"{moved} tip{'' if moved == 1 else 's'}"
    log(by, keep, LabelAction.GAINED, f"Merged {names} into it; {gained} gained it.")
    model._default_manager.filter(pk__in=[other.pk for other in others]).delete()
    naming.settle(keep)
    return moved


def _placements(label: Tag | Category) -> type[TaggedTip | CategorisedTip]:
    return TaggedTip if isinstance(label, Tag) else CategorisedTip


def _tips_of(labels: list[_Label]) -> QuerySet[Tip]:
    placements = _placements(labels[0])
    placed = placements._default_manager.filter(**{f"{labels[0]._meta.model_name}__in": labels})
    return Tip.objects.filter(pk__in=placed.order_by().values(placements.TIP_ID))


def _move(keep: _Label, others: list[_Label]) -> int:
    """Give each tip of the others the kept one, once; return how many did not have it."""
    placements, kind = _placements(keep), str(keep._meta.model_name)
    theirs = placements._default_manager.filter(**{f"{kind}__in": others})
    has_it = placements._default_manager.filter(
        **{kind: keep, placements.TIP_ID: OuterRef(placements.TIP_ID)}
    )
    # One row for each tip that has not the kept one yet; a tip may well have several of the others.
    moving = theirs.exclude(Exists(has_it)).order_by().values(placements.TIP_ID).annotate(first=Min("pk"))
    moved = placements._default_manager.filter(pk__in=moving.values("first")).update(**{kind: keep})
    theirs.delete()
    return moved


def _lead_on(keep: _Label, others: list[_Label]) -> None:
    """Let the slugs and names of the others, and those that led to them, lead to the kept one."""
    kind = str(keep._meta.model_name)
    of_this_kind, of_the_others = {f"{kind}__isnull": False}, {f"{kind}__in": others}
    slugs, keys = [other.slug for other in others], [other.name_key for other in others]
    FormerSlug.objects.filter(slug__in=slugs, **of_this_kind).delete()
    FormerSlug.objects.filter(**of_the_others).update(**{kind: keep})
    FormerSlug.objects.bulk_create(FormerSlug(slug=slug, **{kind: keep}) for slug in slugs)
    FormerName.objects.filter(**of_the_others).update(**{kind: keep})
    FormerName.objects.filter(name_key__in=keys, **of_this_kind).delete()
    FormerName.objects.bulk_create(FormerName(name_key=key, **{kind: keep}) for key in keys)
