"""What a public form carries to stand behind the shield."""

from django import forms

from shield import challenges, signed_time


class ShieldedForm(forms.Form):
    """A form with a trap field and a stamp, which needs neither a cookie nor a script.

    The trap is hidden from people; whatever fills in every field falls into it. ``answer`` is shown only
    where ``ask`` was called.
    """

    subject = forms.CharField(required=False, strip=False, label="Leave this field empty")
    stamp = forms.CharField(required=False, widget=forms.HiddenInput, initial=signed_time.stamp)
    answer = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "required": True}),
        error_messages={"max_length": "Answer with one word."},
    )

    # The plain question that stands in the form, if any.
    question = ""

    def clean_subject(self):
        if self.cleaned_data["subject"]:
            raise forms.ValidationError(
                "A field that people do not see was filled in. If you are a person, please press the button"
                " once more."
            )
        return ""

    def clean_stamp(self):
        if not signed_time.is_fresh(self.cleaned_data["stamp"]):
            raise forms.ValidationError(
                "This page had been open for a long time. Please press the button once more."
            )
        return self.cleaned_data["stamp"]

    def renewed(self):
        """Return this form's data as a mapping to show again: a new stamp, an empty trap, and no answer."""
        data = self.data.copy()
        data[self.add_prefix("subject")] = data[self.add_prefix("answer")] = ""
        data[self.add_prefix("stamp")] = signed_time.stamp()
        return data

    def has_answer(self):
        """Tell whether anything was typed in answer to a question."""
        return bool(self.cleaned_data["answer"])

    def is_answered(self, about):
        """Tell whether a valid form answers the question that ``ask`` shows for the same ``about``."""
        return _question(self.cleaned_data["stamp"], about).is_answered_by(self.cleaned_data["answer"])

    def ask(self, about):
        """Have the form shown again, renewed, with a plain question.

        Which one follows from the hour of its stamp and ``about`` (any text, such as the network it came
        from), so that one answer does not do for all forms, and nothing need be kept.
        """
        was_wrong = self.has_answer()
        self.data = self.renewed()
        # The browser goes there by itself: on a phone the question would be below what is seen.
        self.fields["answer"].widget.attrs["autofocus"] = True
        self.question = _question(self.data[self.add_prefix("stamp")], about).text
        if was_wrong:
            self.add_error("answer", "That was not it; please look once more.")


def _question(stamp, about):
    return challenges.question(f"{stamp} {about}")
