"""What a public form carries to stand behind the shield."""

from django import forms

from shield import stamps


class ShieldedForm(forms.Form):
    """A form with a trap field and a stamp, which needs neither a cookie nor a script.

    The trap is hidden from people; whatever fills in every field falls into it.
    """

    subject = forms.CharField(required=False, strip=False, label="Leave this field empty")
    stamp = forms.CharField(required=False, widget=forms.HiddenInput, initial=stamps.stamp)

    def clean_subject(self):
        if self.cleaned_data["subject"]:
            raise forms.ValidationError(
                "A field that people do not see was filled in. If you are a person, please press the button"
                " once more."
            )
        return ""

    def clean_stamp(self):
        if not stamps.is_fresh(self.cleaned_data["stamp"]):
            raise forms.ValidationError(
                "This page had been open for a long time. Please press the button once more."
            )
        return self.cleaned_data["stamp"]

    def renewed(self):
        """Return this form's data as a mapping to show again: a new stamp, and an empty trap."""
        data = self.data.copy()
        data[self.add_prefix("subject")] = ""
        data[self.add_prefix("stamp")] = stamps.stamp()
        return data
