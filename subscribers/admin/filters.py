"""How the lists of people are narrowed down."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from desk.lists import ChoiceFilter
from subscribers.models import Subscriber, Suppression
from subscribers.people import suppressions
from tips.admin.filters import YearFilter

# Not "confirmed": its index, of nearly everybody, would be preferred to that of the few.
_NOT_LEFT = ~Q(state=Subscriber.State.LEFT)


def _silenced(people: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
    # Whoever left is not here, so "unsubscribed" alone, of which there are most, need not be read.
    lasting = Suppression.objects.filter(reason__in=suppressions.LASTING)
    return people.filter(_NOT_LEFT, address_hash__in=lasting.values("address_hash"))


def _paused(people: QuerySet[Subscriber]) -> QuerySet[Subscriber]:
    is_suppressed = Exists(Suppression.objects.filter(address_hash=OuterRef("address_hash")))
    return people.filter(_NOT_LEFT, ~is_suppressed, paused_until__gt=timezone.localdate())


class StateFilter(ChoiceFilter):
    """The states that the list shows, each subscriber in one."""

    title = "state"
    parameter_name = "state"
    options = {
        "confirmed": ("Confirmed", lambda people: people.reachable(timezone.localdate())),
        "paused": ("Paused", _paused),
        "silenced": ("Nothing is sent", _silenced),
        "left": ("Left", lambda people: people.filter(state=Subscriber.State.LEFT)),
    }


class JoinedFilter(YearFilter):
    title = "month of joining"
    parameter_name = "joined"
    field = "joined_at"
    has_months = True


class AskedFilter(YearFilter):
    title = "month"
    parameter_name = "asked"
    field = "asked_at"
    has_months = True
