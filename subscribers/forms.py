from django import forms

from shield.forms import ShieldedForm
from subscribers import addresses, wording


class SignupForm(ShieldedForm):
    """An address, a first name if one likes, and the version of what the form promised."""

    address = forms.CharField(
        label="E-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "maxlength": addresses.MAX_LENGTH}),
        error_messages={"required": "Enter the e-mail address that the tips should go to."},
    )
    first_name = forms.CharField(
        label="First name (optional)",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"max_length": "Enter a first name of at most 60 characters, or leave it out."},
    )
    wording = forms.CharField(required=False, widget=forms.HiddenInput, initial=wording.CURRENT)

    def clean_address(self):
        return addresses.normal(self.cleaned_data["address"])

    def clean_first_name(self):
        name = " ".join(self.cleaned_data["first_name"].split())
        if not name.isprintable():
            raise forms.ValidationError("Enter a first name in letters, or leave it out.")
        return name

    def clean_wording(self):
        shown = self.cleaned_data["wording"]
        return next((version for version in wording.VERSIONS if str(version) == shown), wording.CURRENT)

    @property
    def promise(self):
        """What the form says that one agrees to."""
        return wording.text()
