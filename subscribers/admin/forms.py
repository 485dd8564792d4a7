"""What staff are asked for before they do something to people's rows."""

from django import forms

from subscribers import addresses
from subscribers.models import Suppression
from subscribers.people import staff_actions

LONGEST_REASON = 150


class ReasonForm(forms.Form):
    """Why something is done; ``subscriber`` is the one to whom it is done, where there is one."""

    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="Kept in the log for good, also after an erasure: write no names and no addresses.",
        error_messages={"required": "Give a reason. Nothing was changed."},
    )

    def __init__(self, *args, subscriber=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.subscriber = subscriber

    def clean_reason(self):
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
        widget=forms.TextInput(
            attrs={"class": "vTextField", "autocomplete": "off", "inputmode": "email", "spellcheck": "false"}
        ),
        error_messages={"required": addresses.INVALID},
    )

    def clean_address(self):
        return addresses.normal(self.cleaned_data["address"])


class LiftForm(ReasonForm):
    """Which reason holds no longer, and why."""

    what = forms.ChoiceField(choices=Suppression.Reason, widget=forms.HiddenInput)
