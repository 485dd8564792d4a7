"""Subscribers in the admin: the list, and the page of each."""

from collections import defaultdict
from datetime import datetime
from itertools import chain
from operator import attrgetter

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, Max, Model, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from desk.lists import FilledList, LongList
from desk.pages import Context, badge
from subscribers import addresses
from subscribers.admin import add_by_hand, filters, growth, import_export
from subscribers.admin.private_search import PrivateSearch, matching
from subscribers.admin.subscriber_verbs import SubscriberVerbsMixin, standing
from subscribers.delivery.condensing import KEEP_ROWS
from subscribers.models import Delivery, Mailing, ServiceMail, Subscriber, Suppression
from subscribers.people import receivers, staff_actions
from tips import dates
from tips.text import folding

MOST_DELIVERIES = 20


class SubscriberList(FilledList):
    def fill(self, rows: list[Subscriber]) -> None:
        hashes = [person.address_hash for person in rows]
        held = defaultdict(list)
        for suppression in Suppression.objects.filter(address_hash__in=hashes):
            held[suppression.address_hash].append(suppression)
        service_mails = ServiceMail.objects.filter(subscriber__in=rows, mail_state=ServiceMail.MailState.SENT)
        deliveries = Delivery.objects.filter(subscriber__in=rows, state=Delivery.State.SENT)
        moments = chain(
            service_mails.order_by().values_list("subscriber").annotate(Max("mailed_at")),
            deliveries.order_by().values_list("subscriber").annotate(Max("sent_at")),
        )
        # The later moment of somebody comes later, and stays.
        newest = dict(sorted((pk, at) for pk, at in moments if at))
        # What is older may be of a service mail, with mailings since that were condensed.
        lately = timezone.now() - KEEP_ROWS
        if others := {person.pk for person in rows if person.pk not in newest or newest[person.pk] < lately}:
            for pk, mailing in receivers.latest(others).items():
                newest[pk] = max(filter(None, [newest.get(pk), mailing.started_at]))
        for person in rows:
            vars(person).update(suppressions=held[person.address_hash], last_mail_at=newest.get(person.pk))


@admin.register(Subscriber)
class SubscriberAdmin(SubscriberVerbsMixin, PrivateSearch, LongList):
    list_display = ["written", "first_name", "standing", "source", "joined", "last_mail"]
    list_filter = [filters.StateFilter, "source", filters.JoinedFilter]
    sortable_by = ["written", "joined"]
    fields = ["address", "name", "source", "joined", "left", "paused"]
    search_help_text = "A first name, an address or its beginning, or @ and a domain."

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("add-by-hand/", view(add_by_hand.add_view), name="subscribers_add_by_hand"),
            path("growth/", view(growth.growth_view), name="subscribers_growth"),
            path("import/", view(import_export.upload_view), name="subscribers_import"),
            path("import/<str:name>/", view(import_export.import_view), name="subscribers_import_list"),
            path("export/", view(import_export.export_view), name="subscribers_export"),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        return SubscriberList

    def matching(self, term: str) -> Q:
        """Find by the address or, where that can be meant, by the first name."""
        if "@" in term:
            return matching(term)
        return matching(term) | Q(first_name__istartswith=folding.visible(term))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        """Put who has exactly the address that was typed before those whose address begins so."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        exact = addresses.sought(self.sought(request) or "")
        if "@" in exact[1:] and "o" not in request.GET:
            is_other = Case(When(address_folded=exact, then=Value(0)), default=Value(1))
            found = found.order_by(is_other, "-id")
        return found, may_repeat

    # --- The list -------------------------------------------------------------------------------------

    # Sorted by the form that has an index.
    @admin.display(description="address", ordering="address_folded")
    def written(self, person: Subscriber) -> str:
        return person.address

    @admin.display(description="state")
    def standing(self, person: Subscriber) -> SafeString:
        return badge(*standing(person))

    @admin.display(description="joined", ordering="joined_at")
    def joined(self, person: Subscriber) -> str:
        return dates.short_day(person.joined_at)

    @admin.display(description="last mail", empty_value="none yet")
    def last_mail(self, person: Subscriber) -> str | None:
        return _moment(attrgetter("last_mail_at")(person))

    # The page shows what these return as it is: Django has an empty value for lists alone.

    @admin.display(description="left")
    def left(self, person: Subscriber) -> str:
        return _moment(person.left_at) or "–"

    @admin.display(description="paused until")
    def paused(self, person: Subscriber) -> str:
        return dates.short_day(person.paused_until) if person.paused_until else "–"

    @admin.display(description="first name")
    def name(self, person: Subscriber) -> str:
        return person.first_name or "–"

    # --- The page -------------------------------------------------------------------------------------

    def form_context(self, request: HttpRequest, obj: Subscriber | None, context: Context) -> Context:
        assert obj is not None  # noqa: S101  nobody may add a subscriber here
        deliveries = obj.deliveries.select_related("mailing__tip", "tip").order_by("-id")
        deliveries = deliveries.defer("mailing__text", "mailing__html", "mailing__tip__body", "tip__body")
        service_mails = obj.service_mails.all()[:MOST_DELIVERIES]
        mails = {"service_mails": service_mails, "deliveries": deliveries[:MOST_DELIVERIES]}
        long_ago = Mailing.objects.filter(pk__in=receivers.mailings_of(obj.pk)).select_related("tip")
        long_ago = long_ago.defer("text", "html", "note", "tip__body").order_by("-pk")
        mails["long_ago"] = long_ago[:MOST_DELIVERIES]
        about: Context = {"standing": self.standing(obj), "holding": obj.suppressions}
        about["consents"] = obj.consents.all()
        about |= {"title": "Subscriber", "subtitle": None, "not_ours_to_lift": staff_actions.NOT_OURS_TO_LIFT}
        return super().form_context(request, obj, context) | about | mails


def _moment(moment: datetime | None) -> str | None:
    """Return a moment as the list shows it, or None."""
    return dates.short(moment) if moment else None
