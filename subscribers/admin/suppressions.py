"""Why addresses get nothing: the list, which names nobody, and the page on which any address is looked up."""

from django.contrib import admin, messages
from django.http import HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.debug import sensitive_post_parameters

from desk.lists import LongList
from desk.pages import Context, StaffRequest, page, require
from desk.verbs import refusals_told
from subscribers import addresses
from subscribers.admin.forms import AddressForm, LiftForm, NamelessReasonForm
from subscribers.admin.refused_addresses import refused_view
from subscribers.admin.subscriber_verbs import standing
from subscribers.models import LinkRequest, Subscriber, Suppression
from subscribers.people import staff_actions

BLOCK, LIFT = "subscribers.add_suppression", "subscribers.delete_suppression"


@admin.register(Suppression)
class SuppressionAdmin(LongList):
    list_display = ["reason", "since", "evidence"]
    list_filter = ["reason"]
    sortable_by = []
    fields = ["reason", "since", "evidence"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("look-up/", view(look_up_view), name="subscribers_look_up"),
            path("refused/", view(refused_view), name="subscribers_refused"),
            *super().get_urls(),
        ]


@sensitive_post_parameters()
def look_up_view(request: StaffRequest) -> HttpResponse:
    """Say of any address which reasons hold, and let staff block it or lift one.

    The address travels in POSTs alone and is answered on the same page, so that it comes into no log and
    into no history of a browser; into no cache either, as no page of the admin does. Nothing is written but
    by the buttons that say so.
    """
    require(request, "subscribers.view_suppression", "subscribers.view_subscriber")
    form = AddressForm(request.POST if request.method == "POST" else None)
    context: Context = {"opts": Suppression._meta, "not_ours_to_lift": staff_actions.NOT_OURS_TO_LIFT}
    context |= {"form": form, "block_form": NamelessReasonForm(auto_id="block_%s")}
    if form.is_valid():
        address = form.cleaned_data["address"]
        context |= _act(request, address)
        context |= _known_of(address)
    return page(request, "subscribers/look_up", "Look up an address", **context)


def _known_of(address: str) -> Context:
    """Return what is known of an address."""
    address_folded = addresses.folded(address)
    reasons = Suppression.objects.filter(address_hash=addresses.keyed_hash(address)).order_by("since")
    forms = {held: LiftForm(initial={"what": held.reason}, auto_id=f"lift_{held.pk}_%s") for held in reasons}
    person = Subscriber.objects.filter(address_folded=address_folded).first()
    requests = LinkRequest.objects.filter(address_folded=address_folded, state=LinkRequest.State.OPEN)
    is_blocked = any(held.reason == Suppression.Reason.BLOCKED for held in forms)
    known = {"address": address, "subscriber": person, "standing": person and standing(person)}
    return known | {"holding": forms.items(), "is_blocked": is_blocked, "waiting": requests.count()}


def _act(request: StaffRequest, address: str) -> Context:
    """Do what a button asks for, if one was pressed; return the form that has to be filled in again."""
    do = request.POST.get("do")
    if do not in ("block", "lift"):
        return {}
    require(request, BLOCK if do == "block" else LIFT)
    form_class, auto_id = (NamelessReasonForm, "block_%s") if do == "block" else (LiftForm, "again_%s")
    form = form_class(request.POST, auto_id=auto_id)
    form.subscriber = Subscriber.objects.filter(address_folded=addresses.folded(address)).first()
    if not form.is_valid():
        return {f"{do}_form": form}
    reason = form.cleaned_data["reason"]
    with refusals_told(request):
        if do == "block":
            staff_actions.block(address, reason, by=request.user)
            messages.success(request, "Blocked. Nothing is sent to this address any more.")
        else:
            lifted = Suppression.Reason(form.cleaned_data["what"])
            staff_actions.lift(address, lifted, reason, by=request.user)
            messages.success(request, f"“{lifted.label}” holds no longer for this address.")
    return {}
