"""The ledger of a mailing: its deliveries by state, a person's, and what became of each.

Addresses are shown to whoever may see subscribers.
"""

from collections import Counter

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from desk.pages import StaffRequest, number_in, require
from desk.verbs import refusals_told
from subscribers import addresses
from subscribers.admin.pages import mailing_or_404, mailing_page
from subscribers.mailings import control, timeline
from subscribers.models import BounceReport, Delivery, DeliveryCount, Mailing, Subscriber

PER_PAGE = 50
SEE_LEDGER = ("subscribers.view_mailing", "subscribers.view_delivery")
SEE_PEOPLE = "subscribers.view_subscriber"
HELD = DeliveryCount.HELD
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


def ledger_view(request: StaffRequest, pk: int) -> HttpResponse:
    """List the deliveries of one kind, in their order; the first kind that has any, unless asked for."""
    require(request, *SEE_LEDGER)
    return _ledger(request, mailing_or_404(pk))


@require_POST
@sensitive_post_parameters()
def find_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Find the delivery to an address, which travels in the POST alone, and lead to its page."""
    require(request, *SEE_LEDGER, SEE_PEOPLE)
    mailing = mailing_or_404(pk)
    typed = request.POST.get("address", "")[:400].strip()
    person = Subscriber.objects.filter(address_folded=addresses.sought(typed)).first() if typed else None
    delivery = mailing.deliveries.filter(subscriber=person).first() if person else None
    if delivery is not None:
        return redirect("admin:subscribers_mailing_delivery", pk, delivery.pk)
    return _ledger(request, mailing, typed=typed, absence=timeline.absence(mailing, person, typed))


def _ledger(request: StaffRequest, mailing: Mailing, **context: object) -> HttpResponse:
    counts = _counts(mailing)
    shown = [(name, label, counts[name]) for name, (label, _) in KINDS.items() if counts[name]]
    chosen = request.GET.get("state", "")
    if chosen not in KINDS:
        chosen = shown[0][0] if shown else Delivery.State.SENT
    after = number_in(request.GET.get("after"))
    queryset = mailing.deliveries.held() if chosen == HELD else mailing.deliveries.filter(state=chosen)
    if chosen == Delivery.State.UNCERTAIN:
        queryset = queryset.exclude(due_at=None)
    queryset = queryset.filter(pk__gt=after).select_related("subscriber")
    rows = list(queryset.order_by("pk")[: PER_PAGE + 1])
    _count_reports(rows)
    context |= {"mailing": mailing, "kinds": shown, "rows": rows[:PER_PAGE], "after": after}
    context |= {"chosen": chosen, "chosen_label": KINDS[chosen][0], "total": counts[chosen]}
    following = rows[PER_PAGE - 1].pk if len(rows) > PER_PAGE else None
    return mailing_page(request, "ledger", "Ledger", following=following, **context)


def _counts(mailing: Mailing) -> Counter[str]:
    """Return {one of KINDS: how many}."""
    counts = DeliveryCount.objects.of([mailing.pk])[mailing.pk]
    del counts[DeliveryCount.COMPLAINED]
    # The engine counts these two together, as the rest; of those being sent there are never many.
    sending = mailing.deliveries.filter(state=Delivery.State.SENDING).count()
    counts[Delivery.State.QUEUED] = max(mailing.audience - counts.total() - sending, 0)
    counts[Delivery.State.SENDING] = sending
    return counts


def _count_reports(rows: list[Delivery]) -> None:
    """Give each of some deliveries its ``reports``: how many came back of it."""
    reports = BounceReport.objects.filter(delivery__in=rows).order_by().values_list("delivery")
    counts = dict(reports.annotate(Count("pk")))
    for row in rows:
        vars(row)["reports"] = counts.get(row.pk, 0)


def delivery_view(request: StaffRequest, pk: int, row: int) -> HttpResponse:
    """Tell what became of one delivery; on POST, decide on one that nobody is certain of."""
    require(request, *SEE_LEDGER)
    mailing = mailing_or_404(pk)
    delivery = get_object_or_404(mailing.deliveries.select_related("subscriber"), pk=row)
    delivery.mailing = mailing
    if request.method == "POST":
        if (verb := request.POST.get("do")) not in ("send-again", "count-as-sent"):
            raise Http404("There is no such verb.")
        again = verb == "send-again"
        with refusals_told(request):
            sentence = control.resolve(mailing, send_again=again, by=request.user, only=delivery)
            messages.success(request, sentence)
        return redirect("admin:subscribers_mailing_delivery", pk, row)
    is_held = delivery.state == Delivery.State.UNCERTAIN and delivery.due_at is None
    kind = HELD if is_held else delivery.state
    word, colour = KINDS[kind]
    context = {"mailing": mailing, "delivery": delivery, "kind": kind, "word": word, "colour": colour}
    context |= {"may_send_again": mailing.state in mailing.SENDS_AGAIN, "timeline": timeline.of(delivery)}
    return mailing_page(request, "delivery", "One delivery", is_held=is_held, **context)
