"""The fields by which a public form is judged without a cookie or a script."""

from django import forms
from django.http import QueryDict

from shield import challenges, signed_time


class ShieldedForm(forms.Form):
    """A form with a trap field and a signed timestamp.

    The trap is hidden from people; a program that fills in every field falls into it. ``answer`` is shown
    only where ``ask`` was called.
    """

    subject = forms.CharField(required=False, strip=False, label="Leave this field empty")
    timestamp = forms.CharField(required=False, widget=forms.HiddenInput, initial=signed_time.timestamp)
    answer = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "required": True}),
        error_messages={"max_length": "Answer with one word."},
    )

    data: QueryDict
    # The plain question that stands in the form, if any.
    question = ""

    def clean_subject(self) -> str:
        if self.cleaned_data["subject"]:
            sentence = "A field that people do not see was filled in. If you are a person"
            raise forms.ValidationError(f"{sentence}, please press the button once more.")
        return ""

    def clean_timestamp(self) -> str:
        if not signed_time.is_fresh(self.cleaned_data["timestamp"]):
            raise forms.ValidationError(
                "This page had been open for a long time. Please press the button once more."
            )
        return self.cleaned_data["timestamp"]

    def renewed(self) -> QueryDict:
        """Return the data of this form to show again: a new timestamp, an empty trap, and no answer."""
        data = self.data.copy()
        data[self.add_prefix("subject")] = data[self.add_prefix("answer")] = ""
        data[self.add_prefix("timestamp")] = signed_time.timestamp()
        return data

    def has_answer(self) -> bool:
        """Tell whether anything was typed in answer to a question."""
        return bool(self.cleaned_data["answer"])

    def is_answered(self, sender: str) -> bool:
        """Tell whether a valid form answers the question that ``ask`` shows to the same ``sender``."""
        return _question(self.cleaned_data["timestamp"], sender).is_answered_by(self.cleaned_data["answer"])

    def ask(self, sender: str) -> None:
        """Have the form shown again, renewed, with a plain question.

        The question follows from the hour of the timestamp and from ``sender`` (any text, such as the network
        of the request). So one answer does not serve for all forms, and nothing need be stored.
        """
        was_wrong = self.has_answer()
        self.data = self.renewed()
        # The browser goes there by itself: on a phone the question would be below what is seen.
        self.fields["answer"].widget.attrs["autofocus"] = True
        self.question = _question(str(self.data[self.add_prefix("timestamp")]), sender).text
        if was_wrong:
            self.add_error("answer", "That was not it; please look once more.")


def _question(timestamp: str, sender: str) -> challenges.Question:
    return challenges.question(f"{timestamp} {sender}")
