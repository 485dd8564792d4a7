"""The ledger of a mailing: its deliveries by state, a person's, and what became of each.

Addresses are shown to whoever may see subscribers.
"""

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from desk.pages import StaffRequest, number_in, route
from desk.verbs import refusals_told
from subscribers import addresses
from subscribers.admin.pages import mailing_or_404, mailing_page
from subscribers.mailings import control, timeline
from subscribers.models import Delivery, Mailing, Subscriber

PER_PAGE = 50
SEE_DELIVERIES, SEE_PEOPLE = "subscribers.view_delivery", "subscribers.view_subscriber"
HELD = "held"
# Labels and colours, in the order in which somebody should look at them.
KINDS = {
    HELD: ("Waits for you", "withdrawn"),
    Delivery.State.UNCERTAIN: ("Uncertain", "in-review"),
    Delivery.State.REFUSED: ("Refused", "withdrawn"),
    Delivery.State.DEFERRED: ("Put off", "in-review"),
    Delivery.State.SKIPPED: ("Skipped", "quiet"),
    Delivery.State.SENDING: ("Being sent", "to-come"),
    Delivery.State.QUEUED: ("Queued", "quiet"),
    Delivery.State.SENT: ("Sent", "public"),
}


def urls(mailing_admin: ModelAdmin) -> list[URLPattern]:
    return [
        route(mailing_admin, "<int:pk>/ledger/", ledger_view, "subscribers_mailing_ledger"),
        route(mailing_admin, "<int:pk>/ledger/find/", find_view, "subscribers_mailing_find"),
        route(mailing_admin, "<int:pk>/ledger/<int:row>/", delivery_view, "subscribers_mailing_delivery"),
    ]


def ledger_view(mailing_admin: ModelAdmin, request: StaffRequest, pk: int) -> HttpResponse:
    """List the deliveries of one kind, in their order; the first kind that has any, unless asked for."""
    _permit(mailing_admin, request)
    return _ledger(request, mailing_or_404(pk))


def find_view(mailing_admin: ModelAdmin, request: StaffRequest, pk: int) -> HttpResponse:
    """Find the delivery to an address, which travels in the POST alone, and lead to its page."""
    _permit(mailing_admin, request, SEE_PEOPLE)
    mailing = mailing_or_404(pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return _find(request, mailing)


@sensitive_post_parameters()
def _find(request: StaffRequest, mailing: Mailing) -> HttpResponse:
    typed = request.POST.get("address", "")[:400].strip()
    person = Subscriber.objects.filter(address_folded=addresses.folded(typed)).first() if typed else None
    delivery = mailing.deliveries.filter(subscriber=person).first() if person else None
    if delivery is not None:
        return _to_delivery(delivery)
    return _ledger(request, mailing, typed=typed, absence=timeline.absence(mailing, person, typed))


def _ledger(request: StaffRequest, mailing: Mailing, **context: object) -> HttpResponse:
    counts: dict[str, int] = dict.fromkeys(KINDS, 0)
    counts |= dict(mailing.deliveries.order_by().values_list("state").annotate(Count("pk")))
    counts[HELD] = mailing.held_count
    counts[Delivery.State.UNCERTAIN] -= mailing.held_count
    shown = [(name, label, counts[name]) for name, (label, _) in KINDS.items() if counts[name]]
    chosen = request.GET.get("state", "")
    if chosen not in KINDS:
        chosen = shown[0][0] if shown else Delivery.State.SENT
    after = number_in(request.GET.get("after"))
    queryset = mailing.deliveries.held() if chosen == HELD else mailing.deliveries.filter(state=chosen)
    if chosen == Delivery.State.UNCERTAIN:
        queryset = queryset.exclude(due_at=None)
    queryset = queryset.filter(pk__gt=after).select_related("subscriber")
    rows = list(queryset.annotate(reports=Count("bounce_reports")).order_by("pk")[: PER_PAGE + 1])
    return mailing_page(
        request,
        "ledger",
        "Ledger",
        mailing=mailing,
        kinds=shown,
        chosen=chosen,
        chosen_label=KINDS[chosen][0],
        total=counts[chosen],
        rows=rows[:PER_PAGE],
        following=rows[PER_PAGE - 1].pk if len(rows) > PER_PAGE else None,
        after=after,
        sees_people=request.user.has_perm(SEE_PEOPLE),
        zone=timezone.get_current_timezone_name(),
        **context,
    )


def delivery_view(mailing_admin: ModelAdmin, request: StaffRequest, pk: int, row: int) -> HttpResponse:
    """Tell what became of one delivery; on POST, decide on one that nobody is certain of."""
    _permit(mailing_admin, request)
    mailing = mailing_or_404(pk)
    delivery = mailing.deliveries.filter(pk=row).select_related("subscriber").first()
    if delivery is None:
        raise Http404("There is no such delivery.")
    delivery.mailing = mailing
    if request.method == "POST":
        return _decide(request, mailing, delivery)
    is_held = delivery.state == Delivery.State.UNCERTAIN and delivery.due_at is None
    kind = HELD if is_held else delivery.state
    return mailing_page(
        request,
        "delivery",
        "One delivery",
        mailing=mailing,
        delivery=delivery,
        kind=kind,
        word=KINDS[kind][0],
        colour=KINDS[kind][1],
        is_held=is_held,
        may_decide=request.user.has_perm(control.MANAGE),
        may_send_again=mailing.state in mailing.SENDS_AGAIN,
        timeline=timeline.of(delivery),
        sees_people=request.user.has_perm(SEE_PEOPLE),
    )


def _decide(request: StaffRequest, mailing: Mailing, delivery: Delivery) -> HttpResponse:
    verb = request.POST.get("do")
    if verb not in ("send-again", "count-as-sent"):
        raise Http404("There is no such verb.")
    with refusals_told(request):
        again = verb == "send-again"
        messages.success(request, control.resolve(mailing, send_again=again, by=request.user, only=delivery))
    return _to_delivery(delivery)


def _to_delivery(delivery: Delivery) -> HttpResponseRedirect:
    place = [delivery.mailing_id, delivery.pk]
    return HttpResponseRedirect(reverse("admin:subscribers_mailing_delivery", args=place))


def _permit(mailing_admin: ModelAdmin, request: StaffRequest, *more: str) -> None:
    if not (mailing_admin.has_view_permission(request) and request.user.has_perms([SEE_DELIVERIES, *more])):
        raise PermissionDenied
