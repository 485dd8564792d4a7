"""What a subscriber fills in on the page of their preferences, one form for each change."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from subscribers import addresses
from subscribers.public.forms import AddressField, FirstNameField

LONGEST_PAUSE = timedelta(days=365)
_WEEKS = (2, 4, 8, 12)
_ON_A_DAY = "on"


class NameForm(forms.Form):
    first_name = FirstNameField(label="First name")


class PauseForm(forms.Form):
    """For so many weeks, or until a day; ``until`` is a date either way."""

    length = forms.ChoiceField(
        label="Send me no tips",
        required=False,
        choices=[
            *((str(weeks), f"for {weeks} weeks") for weeks in _WEEKS),
            (_ON_A_DAY, "until the day below"),
        ],
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

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["until"].widget.attrs |= {
            "min": (today + timedelta(days=1)).isoformat(),
            "max": (today + LONGEST_PAUSE).isoformat(),
        }

    def clean_until(self):
        day, today = self.cleaned_data["until"], timezone.localdate()
        if day and day <= today:
            raise forms.ValidationError("Choose a day that is still to come.")
        if day and day > today + LONGEST_PAUSE:
            raise forms.ValidationError(
                "Choose a day within a year. For longer, you can leave and come back."
            )
        return day

    def clean(self):
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


class MoveForm(forms.Form):
    """Another address than the subscriber's present one (``address_folded``)."""

    address = AddressField(label="New e-mail address", required_message="Enter the new e-mail address.")

    def __init__(self, *args, address_folded, **kwargs):
        super().__init__(*args, **kwargs)
        self.address_folded = address_folded

    def clean_address(self):
        address = self.cleaned_data["address"]
        if addresses.folded(address) == self.address_folded:
            raise forms.ValidationError("The tips go to this address already.")
        return address


class EraseForm(forms.Form):
    sure = forms.BooleanField(
        label="Yes, delete everything for good",
        error_messages={"required": "Tick the box if you are sure. Nothing was deleted."},
    )
