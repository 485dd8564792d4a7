"""The page on which people write to the owner."""

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shield import request_origin, scoring
from shield.network_limits import NetworkLimit
from shield.two_steps import TwoStepForm
from subscribers.models.contact_messages import LONGEST_NAME, LONGEST_TEXT
from subscribers.people import contact
from subscribers.public import spellings
from subscribers.public.form_handling import public_form
from subscribers.public.forms import AddressField
from tips.public.two_step_forms import TwoSteps
from tips.public.written_fields import LineField, TextField

# What a network may send before it is asked a question.
_MESSAGES = NetworkLimit("message network", 5, timedelta(hours=1))
_SUBJECTS = ["A question", "A tip or a story of mine", "A talk or a workshop", "A slip on this site"]
_OWN = "Something else"


class ContactForm(TwoStepForm):
    """A message to the owner. ``about`` is one of a few subjects, and ``other`` one's own."""

    name = LineField(
        label="Your name",
        longest=LONGEST_NAME,
        autocomplete="name",
        missing="Enter your name.",
    )
    address = AddressField(
        label="Your e-mail address", missing="Enter the e-mail address that the answer should go to."
    )
    about = forms.ChoiceField(
        label="It is about",
        choices=[(each, each) for each in [*_SUBJECTS, _OWN]],
        error_messages={"required": "Choose what it is about.", "invalid_choice": "Choose one of these."},
    )
    other = LineField(label="Something else: what?", longest=LONGEST_NAME, autocomplete="off", missing="")
    text = TextField(label="Your message", longest=LONGEST_TEXT, rows=9, missing="Write your message.")

    purpose = "contact"
    written = ("name", "address", "about", "other", "text")

    def clean(self) -> dict[str, object] | None:
        is_own = self.cleaned_data.get("about") == _OWN
        if is_own and not self.cleaned_data.get("other", True):
            self.add_error("other", "Say in a few words what it is about.")
        return self.cleaned_data

    @property
    def headline(self) -> str:
        """What a valid form is about: the subject that was chosen, or one's own."""
        return str(self.cleaned_data["other"] or self.cleaned_data["about"])

    @property
    def near_miss(self) -> str:
        """The address that was meant, perhaps, where that of a valid form is nearly a large provider's."""
        return spellings.meant(str(self.cleaned_data["address"]))


@public_form
def contact_page(request: HttpRequest) -> HttpResponse:
    """Show the form for a message to the owner, the message to be read over, or what happens next."""

    def take(form: ContactForm, seconds: float) -> None:
        fields = form.cleaned_data
        signals = [
            *scoring.of_sending(request_origin.origin(request), seconds),
            *scoring.of_text("\n".join([fields["name"], form.headline, fields["text"]])),
        ]
        contact.take(
            fields["name"],
            fields["address"],
            form.headline,
            fields["text"],
            signals,
            region=request_origin.region(request),
        )

    def done(form: ContactForm) -> HttpResponse:
        return render(request, "subscribers/contact_sent.html", {"address": form.cleaned_data["address"]})

    steps = TwoSteps(
        form_class=ContactForm,
        write="subscribers/contact.html",
        read="subscribers/contact_read.html",
        take=take,
        done=done,
        limit=_MESSAGES,
        context={},
    )
    return steps.answer(request)
