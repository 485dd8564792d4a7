"""Series as readers see them: all of them, one with its parts, and a tip's place among these."""

from typing import NamedTuple

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from tips.models import Series, Tip


class Place(NamedTuple):
    """The place of a tip among the public parts of its series."""

    series: Series
    parts: list[Tip]
    number: int

    @property
    def before(self) -> Tip | None:
        """The part before, if there is one."""
        return self.parts[self.number - 2] if self.number > 1 else None

    @property
    def after(self) -> Tip | None:
        """The part after, if there is one."""
        return self.parts[self.number] if self.number < len(self.parts) else None


def place_of(tip: Tip) -> Place | None:
    """Return the place of a tip that was found by its slug; None, without a query, where it has no series."""
    if not tip.series_id:
        return None
    parts = list(_parts(tip.series_id))
    numbers = [part.pk for part in parts]
    if tip.pk not in numbers:
        return None
    return Place(parts[0].part.series, parts, numbers.index(tip.pk) + 1)


@require_safe
def all_series(request: HttpRequest) -> HttpResponse:
    """Show all series of which readers can read something."""
    public = Count("parts", filter=Q(parts__tip__in=Tip.objects.published()))
    found = Series.objects.annotate(count=public).filter(count__gt=0).order_by("name")
    return render(request, "tips/series_list.html", {"found": found})


@require_safe
def one(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a series with its public parts, in their order."""
    series = get_object_or_404(Series, slug=slug)
    parts = list(_parts(series.pk))
    if not parts:
        raise Http404("There is no such series.")
    return render(request, "tips/series.html", {"series": series, "parts": parts})


def _parts(series: int) -> "list[Tip]":
    tips = Tip.objects.published().filter(part__series=series).select_related("part__series")
    return list(tips.order_by("part__place").defer("words_title", "words_takeaway", "words_body"))
