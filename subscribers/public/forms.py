"""What readers and subscribers fill in: the forms that anybody may send, and those of the preferences."""

from datetime import date, timedelta

from django import forms
from django.http import QueryDict
from django.utils import timezone

from shield.forms import ShieldedForm
from subscribers import addresses
from subscribers.models import Subscriber
from subscribers.people import consent_wording, first_names
from subscribers.public import spellings
from tips.text import folding

LONGEST_PAUSE = timedelta(days=365)


class AddressField(forms.CharField):
    """An e-mail address; its value is the normal one, see ``addresses.normal``."""

    def __init__(self, label: str = "E-mail address", missing: str = "Enter your e-mail address.") -> None:
        widget = forms.EmailInput(attrs={"autocomplete": "email", "maxlength": addresses.MAX_LENGTH})
        super().__init__(label=label, widget=widget, error_messages={"required": missing})

    def clean(self, value: object) -> str:
        return addresses.normal(super().clean(value))


class FirstNameField(forms.CharField):
    """A first name in one line, or nothing."""

    def __init__(self, *, label: str) -> None:
        too_long = f"Enter a first name of at most {first_names.LONGEST} characters, or leave it out."
        super().__init__(
            label=label,
            required=False,
            max_length=first_names.LONGEST,
            widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
            error_messages={"max_length": too_long},
        )

    def clean(self, value: object) -> str:
        name: str = super().clean(folding.visible(value) if isinstance(value, str) else value)
        # Private signs look different to everybody.
        if not all(sign.isprintable() or sign in folding.JOINERS for sign in name):
            raise forms.ValidationError("Enter a first name in letters, or leave it out.")
        if first_names.holds_link(name):
            raise forms.ValidationError("Enter a first name without any address in it, or leave it out.")
        return name


class AddressForm(ShieldedForm):
    """An address, and nothing else: for a link by mail.

    One that is nearly a large provider's is asked about first: ``near_miss`` has the address that was meant,
    perhaps. The form then has two buttons, and ``spelling`` says which was pressed: "typed" or "meant".
    """

    address = AddressField()
    near_miss = ""

    def clean(self) -> dict[str, object] | None:
        self.near_miss = _ask_about_spelling(self)
        return self.cleaned_data

    def renewed(self) -> QueryDict:
        """Return the data to show again as ``ShieldedForm`` does, with the address that was chosen."""
        data = super().renewed()
        if data.get("spelling") == "meant" and self.cleaned_data.get("address"):
            data["address"], data["spelling"] = self.cleaned_data["address"], ""
        return data


def _ask_about_spelling(form: forms.Form) -> str:
    """Take the spelling of the address that was chosen; where none was and one is in doubt, ask.

    Returns the address that was meant, perhaps, where the form asks; else "".
    """
    spelling, meant = form.data.get("spelling"), spellings.meant(form.cleaned_data.get("address", ""))
    if not meant or spelling == "typed":
        return ""
    if spelling == "meant":
        form.cleaned_data["address"] = meant
        return ""
    form.add_error("address", f"Did you mean {addresses.domain(meant)}?")
    return meant


class AgainForm(AddressForm):
    """An address whose owner waits for the confirmation, and the version of the wording that was shown."""

    wording = forms.CharField(required=False, widget=forms.HiddenInput, initial=consent_wording.current)

    def clean_wording(self) -> int:
        return consent_wording.known(self.cleaned_data["wording"]) or consent_wording.current()

    @property
    def promise(self) -> str:
        """The wording that a person agrees to by sending the form: that of the version in the form."""
        shown = str(self["wording"].value())
        return consent_wording.text(consent_wording.known(shown) or consent_wording.current())


class SignupForm(AgainForm):
    """An address that the tips should go to, and the version of the wording that was shown."""

    address = AddressField(missing="Enter the e-mail address that the tips should go to.")


class ConfirmForm(forms.Form):
    """The button that confirms, and a first name if somebody likes: the letters greet with it."""

    first_name = FirstNameField(label="Your first name, if you like")


class SubscriberForm(forms.Form):
    """A button or a form of the preferences page, for one subscriber."""

    def __init__(self, data: QueryDict | None = None, *, subscriber: Subscriber) -> None:
        super().__init__(data, initial={"first_name": subscriber.first_name})
        self.subscriber = subscriber


class NameForm(SubscriberForm):
    """Another first name, or none."""

    first_name = FirstNameField(label="First name")


class PauseForm(SubscriberForm):
    """A pause of some weeks, or until a day; ``until`` is a date either way."""

    length = forms.ChoiceField(
        label="Send me no tips",
        required=False,
        choices=[*((str(n), f"for {n} weeks") for n in (2, 4, 8, 12)), ("on", "until the day below")],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of these."},
    )
    until = forms.DateField(
        label="Begin again on this day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Enter a day as year, month and day, like 2027-01-05."},
    )

    def __init__(self, data: QueryDict | None = None, *, subscriber: Subscriber) -> None:
        super().__init__(data, subscriber=subscriber)
        today = timezone.localdate()
        first, last = today + timedelta(days=1), today + LONGEST_PAUSE
        self.fields["until"].widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        today = timezone.localdate()
        if day and day <= today:
            raise forms.ValidationError("Choose a day that is still to come.")
        if day and day > today + LONGEST_PAUSE:
            raise forms.ValidationError("Choose a day within a year. For longer, leave and come back.")
        return day

    def clean(self) -> dict[str, object] | None:
        length, day = self.cleaned_data.get("length", ""), self.cleaned_data.get("until")
        if self.errors:
            return None
        if length.isdecimal():
            if day:
                self.add_error("until", "Choose a number of weeks or a day, not both.")
            return self.cleaned_data | {"until": timezone.localdate() + timedelta(weeks=int(length))}
        if day is None:
            self.add_error("until" if length else "length", "Choose for how long.")
        return None


class MoveForm(SubscriberForm):
    """Another address than the subscriber's present one; a near miss is asked about as in ``AddressForm``."""

    address = AddressField(label="New e-mail address", missing="Enter the new e-mail address.")
    near_miss = ""

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if addresses.folded(address) == self.subscriber.address_folded:
            raise forms.ValidationError("The tips go to this address already.")
        return address

    def clean(self) -> dict[str, object] | None:
        self.near_miss = _ask_about_spelling(self)
        return self.cleaned_data


class EraseForm(SubscriberForm):
    """A tick that means: delete everything."""

    sure = forms.BooleanField(
        label="Yes, delete everything for good",
        error_messages={"required": "Tick the box if you are sure. Nothing was deleted."},
    )
