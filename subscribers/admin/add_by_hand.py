"""One person whom staff put on the list: a mail asks them to confirm, and nobody can do that for them."""

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters

from desk.log import log
from desk.pages import StaffRequest, page, require
from subscribers.admin.forms import AddressForm
from subscribers.admin.import_export import IMPORT
from subscribers.models import LinkRequest, Subscriber, SubscriberAction
from subscribers.people import subscriptions
from tips.text import folding


class PersonForm(AddressForm):
    """An address, and what its owner is called."""

    first_name = forms.CharField(
        label="First name",
        max_length=LinkRequest._meta.get_field("first_name").max_length,
        required=False,
        widget=AdminTextInputWidget({"autocomplete": "off"}),
        help_text="May be left empty.",
    )

    def clean_first_name(self) -> str:
        return folding.visible(self.cleaned_data["first_name"])


@sensitive_post_parameters()
def add_view(request: StaffRequest) -> HttpResponse:
    """Ask for an address; on POST let its owner be asked by mail. They are a subscriber once they confirm."""
    require(request, IMPORT)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        address, first_name = form.cleaned_data["address"], form.cleaned_data["first_name"]
        subscriptions.request(address, first_name=first_name, page="added by hand")
        # Without the address: the log outlasts an erasure.
        log(request.user, Subscriber, SubscriberAction.ASKED, "Asked somebody by mail to confirm.")
        messages.success(
            request,
            "A mail asks them to confirm. They are on the list once they press its button, and not before;"
            " to an address that is blocked or on the list already, no such mail goes.",
        )
        return redirect("admin:subscribers_subscriber_changelist")
    return page(
        request, "subscribers/add_by_hand", "Add a subscriber by hand", form=form, opts=Subscriber._meta
    )
