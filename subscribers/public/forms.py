import unicodedata

from django import forms

from shield.forms import ShieldedForm
from subscribers import addresses
from subscribers.people import consent_wording, first_names


class AddressField(forms.CharField):
    """An e-mail address; its value is the normal one, see ``addresses.normal``."""

    def __init__(self, *, label="E-mail address", required_message="Enter your e-mail address.", **kwargs):
        widget = forms.EmailInput(attrs={"autocomplete": "email", "maxlength": addresses.MAX_LENGTH})
        messages = {"required": required_message}
        super().__init__(label=label, widget=widget, error_messages=messages, **kwargs)

    def clean(self, value):
        return addresses.normal(super().clean(value))


class FirstNameField(forms.CharField):
    """A first name in one line, or nothing."""

    def __init__(self, *, label="First name (optional)"):
        super().__init__(
            label=label,
            required=False,
            max_length=first_names.LONGEST,
            widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
            error_messages={
                "max_length": f"Enter a first name of at most {first_names.LONGEST} characters, or leave it"
                " out."
            },
        )

    def clean(self, value):
        name = super().clean(value)
        # Control characters, line ends and what is invisible or turns the writing round.
        if not all(sign.isprintable() or unicodedata.category(sign) == "Zs" for sign in name):
            raise forms.ValidationError("Enter a first name in letters, or leave it out.")
        if first_names.leads_somewhere(name):
            raise forms.ValidationError("Enter a first name without any address in it, or leave it out.")
        return " ".join(name.split())


class AddressForm(ShieldedForm):
    """An address, and nothing else: for a link by mail."""

    address = AddressField()


class AgainForm(AddressForm):
    """An address whose owner waits for the confirmation, and the version of what the form promised."""

    wording = forms.CharField(required=False, widget=forms.HiddenInput, initial=consent_wording.CURRENT)

    def clean_wording(self):
        shown = self.cleaned_data["wording"]
        return next(
            (version for version in consent_wording.VERSIONS if str(version) == shown),
            consent_wording.CURRENT,
        )

    @property
    def promise(self):
        """What the form says that one agrees to."""
        return consent_wording.text()


class SignupForm(AgainForm):
    """An address, a first name if one likes, and the version of what the form promised."""

    address = AddressField(required_message="Enter the e-mail address that the tips should go to.")
    first_name = FirstNameField()
