"""The ledger of a mailing in the desk: its deliveries by state, a person's, and the story of each."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from desk.errors import NotPermitted, Refused
from subscribers import addresses
from subscribers.mailings import control, timeline
from subscribers.models import Delivery, Subscriber

PER_PAGE = 50
SEE_ROWS, SEE_PEOPLE = "subscribers.view_delivery", "subscribers.view_subscriber"
# In the order in which somebody should look at them.
HELD = "held"
KINDS = {
    HELD: "Waits for you",
    Delivery.State.UNCERTAIN: "Uncertain",
    Delivery.State.REFUSED: "Refused",
    Delivery.State.DEFERRED: "Put off",
    Delivery.State.SKIPPED: "Skipped",
    Delivery.State.SENDING: "Being sent",
    Delivery.State.QUEUED: "Queued",
    Delivery.State.SENT: "Sent",
}
COLOURS = {
    HELD: "withdrawn",
    Delivery.State.UNCERTAIN: "in-review",
    Delivery.State.REFUSED: "withdrawn",
    Delivery.State.DEFERRED: "in-review",
    Delivery.State.SENT: "public",
    Delivery.State.SENDING: "to-come",
}


def kind(delivery):
    """Return the name under which the ledger lists a delivery."""
    is_held = delivery.state == Delivery.State.UNCERTAIN and delivery.due_at is None
    return HELD if is_held else delivery.state


class LedgerMixin:
    """For the admin of mailings: the ledger. Addresses are shown to whoever may see subscribers."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/ledger/", view(self.ledger_view), name="subscribers_mailing_ledger"),
            path("<int:pk>/ledger/find/", view(self.find_view), name="subscribers_mailing_find"),
            path("<int:pk>/ledger/<int:row>/", view(self.story_view), name="subscribers_mailing_story"),
            *super().get_urls(),
        ]

    def ledger_view(self, request, pk):
        """List the deliveries of one kind, in their order; the first kind that has any, unless asked for."""
        self._permit(request)
        mailing = self.found(pk)
        return self._ledger(request, mailing)

    @method_decorator(sensitive_post_parameters())
    def find_view(self, request, pk):
        """Find the delivery to an address, which travels in the POST alone, and lead to its story."""
        self._permit(request, SEE_PEOPLE)
        mailing = self.found(pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        typed = request.POST.get("address", "")[:400].strip()
        person = Subscriber.objects.filter(address_folded=addresses.folded(typed)).first() if typed else None
        row = mailing.deliveries.filter(subscriber=person).first() if person else None
        if row is not None:
            return HttpResponseRedirect(reverse("admin:subscribers_mailing_story", args=[mailing.pk, row.pk]))
        return self._ledger(request, mailing, typed=typed, absence=timeline.absence(mailing, person, typed))

    def _ledger(self, request, mailing, **context):
        counts = dict.fromkeys(KINDS, 0)
        counts |= dict(mailing.deliveries.order_by().values_list("state").annotate(Count("pk")))
        counts[HELD] = mailing.held
        counts[Delivery.State.UNCERTAIN] -= mailing.held
        shown = [(name, label, counts[name]) for name, label in KINDS.items() if counts[name]]
        chosen = request.GET.get("state")
        if chosen not in KINDS:
            chosen = shown[0][0] if shown else Delivery.State.SENT
        after = _number(request.GET.get("after"))
        rows = mailing.deliveries.held() if chosen == HELD else mailing.deliveries.filter(state=chosen)
        if chosen == Delivery.State.UNCERTAIN:
            rows = rows.exclude(due_at=None)
        rows = (
            rows.filter(pk__gt=after).select_related("subscriber").annotate(reports=Count("bounce_reports"))
        )
        rows = list(rows.order_by("pk")[: PER_PAGE + 1])
        context |= {
            "mailing": mailing,
            "kinds": shown,
            "chosen": chosen,
            "chosen_label": KINDS[chosen],
            "total": counts[chosen],
            "rows": rows[:PER_PAGE],
            "following": rows[PER_PAGE - 1].pk if len(rows) > PER_PAGE else None,
            "after": after,
            "sees_people": request.user.has_perm(SEE_PEOPLE),
            "zone": timezone.get_current_timezone_name(),
        }
        return self.page(request, "ledger", "Ledger", **context)

    def story_view(self, request, pk, row):
        """Tell what became of one delivery; on POST, decide on one that nobody is certain of."""
        self._permit(request)
        mailing = self.found(pk)
        delivery = mailing.deliveries.filter(pk=row).select_related("subscriber").first()
        if delivery is None:
            raise Http404("There is no such delivery.")
        if request.method == "POST":
            return self._decide(request, mailing, delivery)
        delivery.mailing = mailing
        shown = kind(delivery)
        context = {
            "mailing": mailing,
            "delivery": delivery,
            "kind": shown,
            "colour": COLOURS.get(shown, "quiet"),
            "word": KINDS[shown],
            "is_held": shown == HELD,
            "may_decide": request.user.has_perm(control.MANAGE),
            "may_send_again": mailing.state in mailing.SENDS_AGAIN,
            "story": timeline.of(delivery),
            "sees_people": request.user.has_perm(SEE_PEOPLE),
        }
        return self.page(request, "story", "One delivery", **context)

    def _decide(self, request, mailing, delivery):
        verb = request.POST.get("do")
        if verb not in ("send-again", "count-as-sent"):
            raise Http404("There is no such verb.")
        try:
            done = control.resolve(mailing, send_again=verb == "send-again", by=request.user, only=delivery)
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(
            reverse("admin:subscribers_mailing_story", args=[mailing.pk, delivery.pk])
        )

    def _permit(self, request, *more):
        if not (self.has_view_permission(request) and request.user.has_perms([SEE_ROWS, *more])):
            raise PermissionDenied


def _number(text):
    return int(text) if (text or "").isdecimal() and len(text) < 19 else 0
