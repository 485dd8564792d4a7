"""Forms that several people may have open at once: each changes only what its own person changed.

The page of such a form carries what each of its fields showed (``shown``). When the form is sent, a field
that still holds what the page showed is no wish of this person, and the row's present value stays. A field
that a colleague changed meanwhile as well is a Conflict: nothing is saved before the person has chosen.
Fields that hold several things (categories, tags, groups) cannot conflict: what was added is added to what is
there now, and what was taken away is taken away from that.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import QueryDict

from desk.log import entries_about
from desk.names import person

# What a page carries of one field: a text, a mark, or the keys of several things.
Carried = str | bool | list[str]
THEIRS, MINE, BY_HAND = "theirs", "mine", "hand"


@dataclass(frozen=True)
class Conflict:
    """A field that two people changed. ``typed`` is what was sent for it, by the names of its inputs."""

    name: str
    label: str
    theirs: str
    mine: str
    typed: list[tuple[str, str]]
    # What the page shows in place of the two values, where it can show more: the difference of two texts.
    difference: object = None


@dataclass(frozen=True)
class Shown:
    """What the page showed that a form was sent from; ``open`` names the conflicts that it asked about."""

    fields: dict[str, Carried]
    open: list[str]
    is_known: bool = True

    @classmethod
    def read(cls, text: str) -> "Shown":
        """Return what the hidden field of a page holds; anything else than that is not known."""
        try:
            found = json.loads(text)
            fields, names = found["fields"], found["open"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return cls({}, [], is_known=False)
        if not isinstance(fields, dict) or not isinstance(names, list):
            return cls({}, [], is_known=False)
        return cls({name: value for name, value in fields.items() if _is_carried(value)}, names)

    def __str__(self) -> str:
        return json.dumps({"fields": self.fields, "open": self.open})


class ConcurrentForm(forms.ModelForm):
    """The form of an object that a colleague may have open too; ``clean`` merges the two.

    ``changed_data`` names this person's wishes. ``kept`` has the labels of what others changed meanwhile.
    """

    # Whatever Django's own form takes.
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conflicts: list[Conflict] = []
        self.kept: list[str] = []
        self.sent = Shown.read(self.data.get("shown", ""))
        # Whether the row changed in any field since the page showed it.
        self.is_older = False
        self.is_of_a_row = bool(self.instance.pk)
        if self.is_bound:
            self.data = self._as_chosen(cast(QueryDict, self.data))

    # --- What an admin's form may know better ---------------------------------------------------------

    def carried(self, name: str, value: object) -> Carried:
        """Return what the page carries of a field's value, be it initial or cleaned."""
        match value:
            case None:
                return ""
            case bool():
                return value
            case datetime():
                return value.astimezone(UTC).replace(microsecond=0).isoformat()
            case Model():
                return str(value.pk)
            case list() | tuple() | set() | QuerySet():
                return sorted(self.key_of(name, each) for each in value)
        return str(value).replace("\r\n", "\n")

    def key_of(self, name: str, value: object) -> str:
        """Return the key of one of the things that a field holds."""
        return str(value.pk) if isinstance(value, Model) else str(value)

    def cleaned_of(self, name: str) -> object:
        """Return the present value of a field in the shape of ``cleaned_data``."""
        initial = self.get_initial_for_field(self.fields[name], name)
        return initial if isinstance(self.present[name], list) else getattr(self.instance, name, initial)

    def merged(self, name: str, keys: list[str]) -> object:
        """Return, in the shape of ``cleaned_data``, the things with some keys."""
        field = self.fields[name]
        if isinstance(field, forms.ModelMultipleChoiceField) and field.queryset is not None:
            return field.queryset.filter(pk__in=keys)
        return keys

    def in_words(self, name: str, value: object) -> str:
        """Return a value as the page of a conflict names it."""
        if isinstance(value, bool):
            return "ticked" if value else "not ticked"
        return str(value) if value not in (None, "") else "nothing"

    def difference(self, name: str, theirs: object, mine: object) -> object:
        """Return what a template shows of a conflict besides the two values, None for nothing."""
        return None

    def colleague(self) -> str:
        """Return the name of whoever changed the object last, as far as the log knows."""
        last = entries_about(self.instance).first()
        return person(last.user) if last and isinstance(last.user, User) else "Somebody else"

    # --- What the page carries ------------------------------------------------------------------------

    @cached_property
    def present(self) -> dict[str, Carried]:
        """What the fields of the row hold now."""
        return {
            name: self.carried(name, self.get_initial_for_field(field, name))
            for name, field in self.fields.items()
        }

    @property
    def shown(self) -> str:
        """The hidden field of the page: what its fields show, as far as this person did not change them."""
        fields = self.sent.fields if self.is_bound and self.sent.is_known else self.present
        return str(Shown(fields, [conflict.name for conflict in self.conflicts]))

    # --- What was sent --------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.is_of_a_row:
            self.is_older = any(
                value != self.present.get(name, value) for name, value in self.sent.fields.items()
            )
            vars(self)["changed_data"] = [name for name in list(self.fields) if self._is_wish(name)]
            if self.conflicts:
                self.add_error(None, f"{self.colleague()} changed the same meanwhile. Choose what stays.")
        return cleaned

    def _is_wish(self, name: str) -> bool:
        """Tell whether this person changed a field; set ``cleaned_data`` to what is to be saved of it."""
        present = self.present[name]
        shown = self.sent.fields.get(name, present)
        mine, is_open = self._mine(name, shown), name in self.sent.open
        choice = self.data.get(f"take-{name}") if is_open else None
        if choice == THEIRS or mine == present or (mine == shown and not is_open):
            self._keep(name, is_shown=mine == present, was_changed=shown != present)
            return False
        if isinstance(mine, list) and isinstance(shown, list) and isinstance(present, list):
            keys = (set(present) - (set(shown) - set(mine))) | (set(mine) - set(shown))
            self.cleaned_data[name] = self.merged(name, sorted(keys))
            return keys != set(present)
        if shown != present or (is_open and choice is None):
            self._object(name)
        return True

    def _mine(self, name: str, shown: Carried) -> Carried:
        """Return what was sent for a field. A text that cleaning would change, but this person did not,
        is what it was."""
        widget = self.fields[name].widget
        raw = widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        if isinstance(raw, str) and self.carried(name, raw) == shown:
            return shown
        return self.carried(name, self.cleaned_data[name]) if name in self.cleaned_data else f"faulty: {raw}"

    def _keep(self, name: str, *, is_shown: bool, was_changed: bool) -> None:
        """Let a field be what it is in the row; the page that is shown again shows that."""
        self.errors.pop(name, None)
        self.cleaned_data[name] = self.cleaned_of(name)
        if was_changed:
            self.kept.append(str(self[name].label))
        if not is_shown:
            self._show_present(name)
        self.sent.fields[name] = self.present[name]

    def _object(self, name: str) -> None:
        """Note a conflict; from now on the page shows that the person has seen what the row holds."""
        theirs, mine = self.cleaned_of(name), self.cleaned_data.get(name)
        typed = [(key, self.data[key]) for key in self._inputs(name) if key in self.data]
        words = self.in_words(name, theirs), self.in_words(name, mine)
        difference = self.difference(name, theirs, mine)
        self.conflicts.append(Conflict(name, str(self[name].label), *words, typed, difference))
        self.sent.fields[name] = self.present[name]

    def _inputs(self, name: str) -> Iterator[str]:
        """Yield the names under which a browser sends a field."""
        widget, html_name = self.fields[name].widget, self.add_prefix(name)
        if isinstance(widget, forms.MultiWidget):
            yield from (f"{html_name}{suffix}" for suffix in widget.widgets_names)  # type: ignore[attr-defined]  # not in the stubs
        else:
            yield html_name

    def _as_chosen(self, data: QueryDict) -> QueryDict:
        """Return what was sent, with what this person had typed where they chose that after all."""
        chosen = [name for name in self.sent.open if data.get(f"take-{name}") == MINE and name in self.fields]
        copied = data.copy()
        for key in (key for name in chosen for key in self._inputs(name)):
            copied.pop(key, None)
            if f"mine-{key}" in data:
                copied.setlist(key, data.getlist(f"mine-{key}"))
        return copied

    def _show_present(self, name: str) -> None:
        """Put what the row holds where the page, if it is shown again, takes it from."""
        field, data = self.fields[name], cast(QueryDict, self.data)
        value = field.prepare_value(self.get_initial_for_field(field, name))
        widget = getattr(field.widget, "widget", field.widget)
        for key in self._inputs(name):
            data.pop(key, None)
        if isinstance(widget, forms.MultiWidget):
            parts = zip(self._inputs(name), widget.widgets, widget.decompress(value) or [], strict=True)
            for key, each, part in parts:
                shown = each.format_value(part)
                data.setlist(key, shown if isinstance(shown, list) else [shown or ""])
        elif isinstance(widget, forms.CheckboxInput):
            data.update({self.add_prefix(name): "on"} if value else {})
        elif isinstance(widget, forms.widgets.ChoiceWidget):
            data.setlist(self.add_prefix(name), widget.format_value(value))
        else:
            data[self.add_prefix(name)] = field.widget.format_value(value) or ""

    def _save_m2m(self) -> None:
        """Write those of the fields that hold several things that this person changed."""
        if self.is_of_a_row:
            self.cleaned_data = {name: self.cleaned_data[name] for name in self.changed_data}
        super()._save_m2m()  # type: ignore[misc]  # not in the stubs


def kept_in_words(labels: Iterable[str], who: str) -> str:
    """Return the sentence that says what a colleague changed meanwhile, and that it stays; empty for none."""
    names = ", ".join(f"“{label}”" for label in labels)
    return f"{who} changed {names} meanwhile; that stays." if names else ""


def _is_carried(value: object) -> bool:
    return isinstance(value, str | bool) or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )
