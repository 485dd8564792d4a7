"""The verbs over series: put a tip into one, at a place, and take it out."""

from django.contrib.auth.models import User
from django.db import transaction

from desk.errors import WrongState
from desk.log import log
from tips.models import Series, SeriesPart, Tip, TipAction
from tips.permissions import CHANGE_ANY, permit


def may_arrange(user: User, tip: Tip) -> bool:
    """Tell whether a person arranges series."""
    return bool(tip.pk) and user.has_perm(CHANGE_ANY)


@transaction.atomic
def arrange(tip: Tip, series: Series | None, place: int | None, *, by: User) -> str:
    """Put a tip into a series, as the part with the number ``place``; without a series, take it out.

    The parts behind it move by one place, so that no number is there twice. Without a number it is the last.
    """
    permit(by, CHANGE_ANY, "arrange series")
    # The tip first, so that two who arrange it come one after the other, but that series may refer to it
    # meanwhile; then the series, in one order for all.
    Tip.objects.select_for_update(no_key=True).get(pk=tip.pk)
    former = SeriesPart.objects.filter(tip=tip).select_related("series").first()
    touched = {each.pk for each in (series, former and former.series) if each}
    list(Series.objects.select_for_update().filter(pk__in=touched).order_by("pk").values_list("pk"))
    if series is None:
        if former is None:
            raise WrongState(f"“{tip}” is in no series. Nothing was changed.")
        _number(former.series, [part for part in _parts(former.series) if part != tip.pk])
        return log(by, tip, TipAction.SERIES_CHANGED, f"Taken out of the series “{former.series}”.")
    if former and former.series != series:
        _number(former.series, [part for part in _parts(former.series) if part != tip.pk])
    others = [part for part in _parts(series) if part != tip.pk]
    at = len(others) if place is None else min(max(place - 1, 0), len(others))
    _number(series, [*others[:at], tip.pk, *others[at:]])
    return log(by, tip, TipAction.SERIES_CHANGED, f"Part {at + 1} of the series “{series}”.")


def _parts(series: Series) -> list[int]:
    """Return the tips of a series by their order."""
    return list(series.parts.values_list("tip", flat=True))


def _number(series: Series, tips: list[int]) -> None:
    SeriesPart.objects.filter(series=series).delete()
    SeriesPart.objects.filter(tip__in=tips).delete()
    SeriesPart.objects.bulk_create(
        SeriesPart(tip_id=tip, series=series, place=place) for place, tip in enumerate(tips, 1)
    )
