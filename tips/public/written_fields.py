"""What readers write in forms: a name in one line, and a text of several."""

from django import forms

from tips.text import folding


class LineField(forms.CharField):
    """A single line, such as a name, as it is stored; see ``folding.visible``."""

    def __init__(self, *, label: str, longest: int, autocomplete: str, missing: str) -> None:
        super().__init__(
            label=label,
            required=bool(missing),
            max_length=longest,
            widget=forms.TextInput(attrs={"autocomplete": autocomplete}),
            error_messages={
                "required": missing,
                "max_length": f"Enter at most {longest} characters; these are %(show_value)d.",
            },
        )

    def clean(self, value: object) -> str:
        return super().clean(folding.visible(value) if isinstance(value, str) else value)


class TextField(forms.CharField):
    """Plain text of several lines, without signs that nobody sees."""

    def __init__(self, *, label: str, longest: int, rows: int, missing: str) -> None:
        super().__init__(
            label=label,
            max_length=longest,
            widget=forms.Textarea(attrs={"rows": rows}),
            error_messages={
                "required": missing,
                "max_length": f"Write at most {longest:,} characters; these are %(show_value)d.",
            },
        )

    def clean(self, value: object) -> str:
        if isinstance(value, str):
            lines = folding.without_invisible(folding.without_controls(value))
            value = lines.replace("\r\n", "\n").replace("\r", "\n")
        return super().clean(value)
