"""Why addresses get nothing: the list, which names nobody, and the page on which any address is looked up."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from desk.errors import NotPermitted, Refused
from desk.lists import LongList
from subscribers import addresses
from subscribers.admin import people_verbs
from subscribers.admin.forms import AddressForm, LiftForm, ReasonForm
from subscribers.models import LinkRequest, Subscriber, Suppression
from subscribers.people import staff_actions

BLOCK, LIFT = "subscribers.add_suppression", "subscribers.delete_suppression"


@admin.register(Suppression)
class SuppressionAdmin(LongList):
    list_display = ["reason", "since", "evidence"]
    list_filter = ["reason"]
    sortable_by = []
    fields = ["reason", "since", "evidence"]

    def get_urls(self):
        view = self.admin_site.admin_view(self.look_up_view)
        return [path("look-up/", view, name="subscribers_look_up"), *super().get_urls()]

    @method_decorator(sensitive_post_parameters())
    def look_up_view(self, request):
        """Say of any address which reasons hold, and let staff block it or lift one.

        The address travels in POSTs alone and is answered on the same page, so that it comes into no log and
        into no history of a browser; into no cache either, as no page of the desk does. Nothing is written
        but by the buttons that say so.
        """
        if not request.user.has_perms(["subscribers.view_suppression", "subscribers.view_subscriber"]):
            raise PermissionDenied
        form = AddressForm(request.POST if request.method == "POST" else None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Look up an address",
            "form": form,
            "block_form": ReasonForm(auto_id="block_%s"),
            "may_block": request.user.has_perm(BLOCK),
            "may_lift": request.user.has_perm(LIFT),
            "unsubscribed": Suppression.Reason.UNSUBSCRIBED,
            "not_ours_to_lift": staff_actions.NOT_OURS_TO_LIFT,
        }
        if form.is_valid():
            address = form.cleaned_data["address"]
            context |= self._done(request, address)
            context |= self._found(address)
        return TemplateResponse(request, "admin/subscribers/look_up.html", context)

    def _found(self, address):
        """Return what is known of an address."""
        holding = list(
            Suppression.objects.filter(address_hash=addresses.keyed_hash(address)).order_by("since")
        )
        subscriber = Subscriber.objects.filter(address_folded=addresses.folded(address)).first()
        for row in holding:
            row.form = LiftForm(initial={"what": row.reason}, auto_id=f"lift_{row.reason}_%s")
        return {
            "address": address,
            "subscriber": subscriber,
            "standing": subscriber and people_verbs.standing(subscriber, [row.reason for row in holding]),
            "holding": holding,
            "is_blocked": any(row.reason == Suppression.Reason.BLOCKED for row in holding),
            "waiting": LinkRequest.objects.filter(
                address_folded=addresses.folded(address), state=LinkRequest.State.OPEN
            ).count(),
        }

    def _done(self, request, address):
        """Do what a button asks for, if one was pressed; return the form that has to be filled in again."""
        verb, name = request.POST.get("do"), "block_form"
        subscriber = Subscriber.objects.filter(address_folded=addresses.folded(address)).first()
        if verb == "block":
            self._permit(request, BLOCK)
            form = ReasonForm(request.POST, subscriber=subscriber, auto_id="block_%s")
        elif verb == "lift":
            self._permit(request, LIFT)
            form, name = LiftForm(request.POST, subscriber=subscriber, auto_id="again_%s"), "lift_form"
        else:
            return {}
        if not form.is_valid():
            return {name: form}
        try:
            if verb == "block":
                staff_actions.block(address, form.cleaned_data["reason"], by=request.user)
                done = "Blocked. Nothing is sent to this address any more."
            else:
                what = form.cleaned_data["what"]
                staff_actions.lift(address, what, form.cleaned_data["reason"], by=request.user)
                done = f"“{Suppression.Reason(what).label}” holds no longer for this address."
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return {}

    def _permit(self, request, permission):
        if not request.user.has_perm(permission):
            raise PermissionDenied
