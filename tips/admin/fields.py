"""The fields of a tip's form that Django does not have: tags in one line, and a slot."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.forms.utils import to_current_timezone
from django.forms.widgets import Script
from django.urls import reverse_lazy
from django.utils.datastructures import MultiValueDict

from tips.dates import clock_fault
from tips.models import Tag
from tips.models.lines import LineFormField
from tips.text import folding

# A name in double quotes, which may hold commas, and a quote as two; or a name up to the next comma.
_TAG_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))(?:,|$)')
# What begins with a quotation and goes on behind it is no name in quotes.
_GOES_ON = re.compile(r'"(?:[^"]|"")*"(?!")\s*[^\s,]')
_LONGEST_TAG = Tag._meta.get_field("name").max_length or 0
_SUGGESTIONS = reverse_lazy("admin:tips_tip_tag_suggestions")


class TagsInput(forms.TextInput):
    """Tag names in one line, separated by commas. A script adds suggestions; it works without."""

    class Media:
        js = [Script("admin-desk/tags.js", type="module")]

    def format_value(self, value: str | Iterable[Tag] | None) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return ", ".join(_as_typed(tag.name) for tag in value)


def _as_typed(name: str) -> str:
    """Return a tag's name as somebody types it: in quotes only where it would be read as another."""
    doubled = name.replace('"', '""')
    is_plain = "," not in name and (not name.startswith('"') or _GOES_ON.match(name))
    return name if is_plain else f'"{doubled}"'


def _names_in(line: str) -> list[str]:
    """Return the names in a line, whose commas part them; without what is invisible."""
    found = _TAG_NAME.findall(line)
    names = (quoted.replace('""', '"') or plain for quoted, plain in found)
    return [name for name in map(folding.visible, names) if name]


class TagsField(LineFormField):
    """Names separated by commas; a name that holds a comma stands in double quotes. Cleans to names."""

    widget = TagsInput({"class": "vTextField", "autocomplete": "off", "data-tag-suggestions": _SUGGESTIONS})

    def clean(self, value: str) -> list[str]:
        names: dict[str, str] = {}
        for name in _names_in(super().clean(value)):
            if len(name) > _LONGEST_TAG:
                too_long = f"The tag “{name[:30]}…” has {len(name)} letters; {_LONGEST_TAG} is the most."
                raise forms.ValidationError(f"{too_long} Separate tags by commas.")
            names.setdefault(folding.column_key(name), name)
        return list(names.values())

    def has_changed(self, initial: Iterable[Tag] | None, data: str | None) -> bool:
        try:
            names = set(map(folding.column_key, self.clean(data or "")))
        except forms.ValidationError:
            return True
        return names != {tag.name_key for tag in initial or []}


class _TimeInput(forms.TimeInput):
    """A time as a browser's own field takes it: with seconds only where there are some."""

    def format_value(self, value: time | str | None) -> str | None:
        if isinstance(value, time):
            return value.strftime("%H:%M:%S" if value.second else "%H:%M")
        return value


class SlotWidget(forms.MultiWidget):
    """A day and a time in the browser's own fields, each with its name for those who hear the page."""

    def __init__(self, attrs: dict[str, str] | None = None) -> None:
        day = forms.DateInput({"type": "date", "aria-label": "Day"}, format="%Y-%m-%d")
        super().__init__([day, _TimeInput({"type": "time", "aria-label": "Time"})], attrs)

    def decompress(self, value: datetime | None) -> list[date | time | None]:
        local = value and to_current_timezone(value)
        return [local.date(), local.time()] if local else [None, None]


class WeekWidget(forms.MultiWidget):
    """A week to choose; behind the last choice, a day and a time in the browser's own fields.

    The choice decides. Where none is sent, as by a form that had none, the day and the time do.
    """

    # What the choice sends that leaves it to the day and the time.
    OTHER = "other"

    def __init__(self, attrs: dict[str, str] | None = None) -> None:
        # Returns the choices, as (value, words); asked when the page is made. A value is a ``week_value``.
        self.offer: Callable[[], list[tuple[str, str]]] = list
        day, time_of_day = SlotWidget().widgets
        choice = forms.Select({"aria-label": "Week"})
        super().__init__({"week": choice, "0": day, "1": time_of_day}, attrs)

    def decompress(self, value: datetime | None) -> list[date | time | str | None]:
        local = value and to_current_timezone(value)
        return [week_value(value), local.date(), local.time()] if value and local else ["", None, None]

    def get_context(self, name: str, value: object, attrs: dict[str, object] | None) -> dict[str, object]:
        choice, *moment = value if isinstance(value, list) else self.decompress(cast(datetime | None, value))
        choices = [*self.offer(), (self.OTHER, "Another day …")]
        if choice not in dict(choices):
            choice = self.OTHER if any(moment) else ""
        cast(forms.Select, self.widgets[0]).choices = choices
        return super().get_context(name, [choice, *moment], attrs)

    def value_from_datadict(
        self, data: Mapping[str, object], files: MultiValueDict[str, UploadedFile], name: str
    ) -> list[str | None]:
        choice, *moment = super().value_from_datadict(data, files, name)
        if choice not in (None, self.OTHER):
            day, _, time_of_day = choice.partition(" ")
            moment = [day, time_of_day]
        return [choice, *moment]


def week_value(moment: datetime) -> str:
    """Return the value of a week's choice: the day and the time of the slot, in the site's zone."""
    return f"{to_current_timezone(moment):%Y-%m-%d %H:%M}"


class SlotField(forms.SplitDateTimeField):
    """A day and a time; a day alone means the slot's time on it."""

    widget = SlotWidget
    default_error_messages = {
        "invalid_date": "Write the day as 2026-12-31.",
        "invalid_time": "Write the time as 14:30, or leave it empty.",
    }

    def has_changed(self, initial: datetime | None, data: list[str] | None) -> bool:
        return super().has_changed(SlotWidget().decompress(initial), data and data[-2:])

    def clean(self, value: list[str]) -> datetime | None:
        # Of a WeekWidget, its choice stands before them.
        value = value and value[-2:]
        if value and value[0] and not value[1]:
            value = [value[0], settings.SLOT_TIME.strftime("%H:%M:%S")]
        return super().clean(value)

    def compress(self, data_list: tuple[date, time] | None) -> datetime | None:
        """Return the moment; of one that the clock leaves out or shows twice, say which to choose instead."""
        if data_list and all(data_list) and (fault := clock_fault(*data_list)):
            raise forms.ValidationError(fault)
        return super().compress(data_list)
