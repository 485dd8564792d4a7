"""Subscribers in the desk: the list, and the page of each."""

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from desk.lists import LongList
from subscribers import addresses
from subscribers.admin import filters, people_verbs
from subscribers.admin.growth import GrowthMixin
from subscribers.admin.import_export import ExchangeMixin
from subscribers.admin.private_search import PrivateSearch, matching
from subscribers.models import Delivery, ServiceMail, Subscriber, Suppression
from subscribers.people import staff_actions

MOST_DELIVERIES = 20


def short_moment(moment):
    """Return a moment as the lists show it, or None."""
    return date_format(timezone.localtime(moment), "j M Y, H:i") if moment else None


class PeopleList(ChangeList):
    """The list asks once for what it shows of other tables, for the rows of its page alone."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        reasons = {}
        for row in Suppression.objects.filter(
            address_hash__in=[row.address_hash for row in self.result_list]
        ):
            reasons.setdefault(row.address_hash, []).append(row)
        keys = [row.pk for row in self.result_list]
        service_mails = ServiceMail.objects.filter(subscriber__in=keys, mail_state=ServiceMail.MailState.SENT)
        deliveries = Delivery.objects.filter(subscriber__in=keys, state=Delivery.State.SENT)
        newest = {}
        for moments in (
            service_mails.order_by().values_list("subscriber").annotate(Max("mailed_at")),
            deliveries.order_by().values_list("subscriber").annotate(Max("sent_at")),
        ):
            for pk, at in moments:
                newest[pk] = max(filter(None, [at, newest.get(pk)]), default=None)
        for row in self.result_list:
            row.holding, row.last_mail_at = reasons.get(row.address_hash, []), newest.get(row.pk)


@admin.register(Subscriber)
class SubscriberAdmin(GrowthMixin, ExchangeMixin, people_verbs.PersonVerbsMixin, PrivateSearch, LongList):
    list_display = ["written", "called", "standing", "source", "joined", "last_mail"]
    list_filter = [filters.StateFilter, "source", filters.JoinedFilter]
    sortable_by = ["written", "joined"]
    search_help_text = "A first name, an address or its beginning, or @ and a domain."

    def get_changelist(self, request, **kwargs):
        return PeopleList

    def matching(self, term):
        """Find by the address or, where that can be meant, by the first name."""
        if "@" in term:
            return matching(term)
        return matching(term) | Q(first_name__istartswith=addresses.folded(term))

    # --- The list -------------------------------------------------------------------------------------

    # Sorted by the form that has an index.
    @admin.display(description="address", ordering="address_folded")
    def written(self, person):
        return person.address

    @admin.display(description="name", empty_value="")
    def called(self, person):
        return person.first_name or None

    @admin.display(description="state")
    def standing(self, person):
        kind, word = people_verbs.standing(person, [row.reason for row in person.holding])
        return format_html('<span class="state state-{}">{}</span>', kind, word)

    @admin.display(description="joined", ordering="joined_at")
    def joined(self, person):
        return date_format(timezone.localtime(person.joined_at), "j M Y")

    # The page shows what these return as it is: Django has an empty value for lists alone.

    @admin.display(description="left")
    def left(self, person):
        return short_moment(person.left_at) or "–"

    @admin.display(description="paused until")
    def paused(self, person):
        return date_format(person.paused_until, "j M Y") if person.paused_until else "–"

    @admin.display(description="first name")
    def name(self, person):
        return person.first_name or "–"

    @admin.display(description="last mail", empty_value="none yet")
    def last_mail(self, person):
        return short_moment(person.last_mail_at)

    # --- The page -------------------------------------------------------------------------------------

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": ["address", "name", "source", "joined", "left", "paused"]})]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        obj.holding = list(Suppression.objects.filter(address_hash=obj.address_hash).order_by("since"))
        deliveries = obj.deliveries.select_related("mailing__tip", "tip").order_by("-id")
        deliveries = deliveries.defer("mailing__text", "mailing__html", "mailing__tip__body", "tip__body")
        context |= {
            "title": "Subscriber",
            "subtitle": None,
            "standing": self.standing(obj),
            "holding": obj.holding,
            "consents": obj.consents.all(),
            "service_mails": obj.service_mails.all()[:MOST_DELIVERIES],
            "deliveries": deliveries[:MOST_DELIVERIES],
            "verbs": people_verbs.offered(request.user, obj),
            "unsubscribed": Suppression.Reason.UNSUBSCRIBED,
            "not_ours_to_lift": staff_actions.NOT_OURS_TO_LIFT,
        }
        return super().render_change_form(request, context, add, change, form_url, obj)
