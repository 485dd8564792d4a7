"""What a store of readers' pages has to know: which pages may be kept, and when they change.

A kept page is good while no row that readers see has changed and no moment has come at which a page changes
by time alone. Of the rows, the edition tells (``tips.triggers``). Of the rest, the rooms tell here, in their
``AppConfig.ready``: their pages, their moments, and which tables their pages read that no trigger watches.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from tips.models import StandingNotice, Tip, TipState, newest_first, oldest_first


class Moments(NamedTuple):
    """The moments around one: the last that came, or comes just then, and the next; None without any."""

    last: datetime | None
    next: datetime | None


# The names of the URLs whose pages may be kept, each with the parameters that change the page.
_PAGES: dict[str, frozenset[str]] = {}
_MOMENTS: list[Callable[[datetime], Moments]] = []
# Tables that kept pages read although no trigger watches them, each with the reason why none need do so.
UNWATCHED: dict[str, str] = {}


def register_pages(*names: str, parameters: tuple[str, ...] = ()) -> None:
    """Let pages be kept: those of the URLs of these names, which show the same to everybody.

    ``parameters`` are those of the query that change such a page: with one of them it is not kept. All
    others change nothing, such as those that other sites add to links.
    """
    _PAGES.update(dict.fromkeys(names, frozenset(parameters)))


def register_moments(moments: Callable[[datetime], Moments]) -> None:
    """Have pages built anew at the moments that a function knows: it returns those around a moment."""
    _MOMENTS.append(moments)


def register_unwatched(**reasons: str) -> None:
    """Say of tables that kept pages read, by their names, why a change in them need not be seen at once."""
    UNWATCHED.update(reasons)


def names() -> list[str]:
    """Return the names of the URLs whose pages may be kept."""
    return list(_PAGES)


def parameters_of(name: str) -> frozenset[str] | None:
    """Return the parameters that change the pages of a URL's name; None where they may not be kept."""
    return _PAGES.get(name)


def moments_around(at: datetime | None = None) -> Moments:
    """Return the moments between which all pages stay as they are at ``at`` (now, unless given)."""
    around = [moments(at or timezone.now()) for moments in _MOMENTS]
    return Moments(
        max((each.last for each in around if each.last), default=None),
        min((each.next for each in around if each.next), default=None),
    )


def moments_of_tips(at: datetime) -> Moments:
    """Return the moments around ``at`` at which a tip goes live.

    A tip that was withdrawn before its moment is not found until then, and gone from then on.
    """
    last, following = [], []
    for state in (TipState.APPROVED, TipState.WITHDRAWN):
        # Each is an end of a range of an index.
        tips = Tip.objects.filter(state=state).values_list("publish_at", flat=True)
        last.append(tips.filter(publish_at__lte=at).order_by(newest_first()).first())
        following.append(tips.filter(publish_at__gt=at).order_by(oldest_first()).first())
    return Moments(max(filter(None, last), default=None), min(filter(None, following), default=None))


def moments_of_notices(at: datetime) -> Moments:
    """Return the moments around ``at`` at which a standing notice begins or ends."""
    last, following = [], []
    for column in ("starts_at", "ends_at"):
        moments = StandingNotice.objects.order_by().values_list(column, flat=True)
        last.append(moments.filter(**{f"{column}__lte": at}).aggregate(Max(column))[f"{column}__max"])
        following.append(moments.filter(**{f"{column}__gt": at}).aggregate(Min(column))[f"{column}__min"])
    return Moments(max(filter(None, last), default=None), min(filter(None, following), default=None))


def ask_each_time(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware that has caches ask again for each page that may be kept: tomorrow it may be another."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        if request.method in ("GET", "HEAD") and match is not None and match.view_name in _PAGES:
            response.headers.setdefault("Cache-Control", "no-cache")
        return response

    return middleware
