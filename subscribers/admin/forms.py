"""What staff are asked for before they do something to people's rows."""

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget

from desk.forms import ReasonForm
from subscribers import addresses
from subscribers.models import Subscriber, Suppression
from subscribers.people import staff_actions


class NamelessReasonForm(ReasonForm):
    """Why something is done to an address, without names. ``subscriber`` is who has the address, if known."""

    subscriber: Subscriber | None = None
    reason = forms.CharField(
        max_length=150,
        widget=AdminTextInputWidget({"autocomplete": "off"}),
        help_text="Kept in the log for good, also after an erasure: write no names and no addresses.",
        error_messages={"required": "Give a reason. Nothing was changed."},
    )

    def clean_reason(self) -> str:
        reason = " ".join(self.cleaned_data["reason"].split())
        if not reason.isprintable():
            raise forms.ValidationError("Write the reason in plain letters.")
        if staff_actions.private_in(reason, self.subscriber):
            raise forms.ValidationError("Leave names and addresses out: this is kept also after an erasure.")
        return reason


class AddressForm(forms.Form):
    """An address, anybody's."""

    address = forms.CharField(
        label="E-mail address",
        # Not of type email: a browser would alter an international domain.
        widget=AdminTextInputWidget({"autocomplete": "off", "inputmode": "email", "spellcheck": "false"}),
        error_messages={"required": addresses.INVALID},
    )

    def clean_address(self) -> str:
        return addresses.normal(self.cleaned_data["address"])


class LiftForm(NamelessReasonForm):
    """Which reason holds no longer, and why."""

    what = forms.ChoiceField(choices=Suppression.Reason, widget=forms.HiddenInput)
