"""Columns for what stands on one line (a name or a title, its key, a slug), and for plain text.

In migrations they are Django's own fields: the columns do not differ.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property

from tips.text import folding, slugify

# How Django writes a field into a migration.
_Written = tuple[str, str, Sequence[object], dict[str, object]]


def validate_slug(text: str) -> None:
    """Raise ValidationError for what cannot be a slug."""
    if not slugify.is_slug(text):
        raise ValidationError(
            "An address has small letters, digits and hyphens: “thank-you”.", code="invalid"
        )


class LineFormField(forms.CharField):
    """One line, of which nothing is invisible before anything is asked of it."""

    def to_python(self, value: object) -> str | None:
        return super().to_python(folding.visible(value) if isinstance(value, str) else value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, str]:
        """Return no greatest length: a browser cuts what is pasted without a word. The form says it."""
        attributes: dict[str, str] = super().widget_attrs(widget)
        attributes.pop("maxlength", None)
        return attributes


class LineField(models.CharField):
    """One line of text in which nothing is invisible, whatever writes it: a form, an import, ``update()``."""

    def to_python(self, value: object) -> object:
        value = super().to_python(value)
        return folding.visible(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    # Whatever Django's own field takes.
    def formfield(self, *args: Any, **options: Any) -> forms.Field | None:
        return super().formfield(*args, **{"form_class": LineFormField, **options})

    def deconstruct(self) -> _Written:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


class PlainField(models.TextField):
    """Plain text of any number of lines in which nothing is invisible, whatever writes it."""

    def to_python(self, value: object) -> object:
        value = super().to_python(value)
        return folding.without_invisible(folding.without_controls(value)) if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> _Written:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options


class KeyField(models.CharField):
    """The key of a row's ``name``, by which the row is found; it follows the name with each saving."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = folding.column_key(vars(model_instance)["name"])
        setattr(model_instance, self.attname, key)
        return key

    def deconstruct(self) -> _Written:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


class SlugFormField(forms.SlugField):
    """A slug as somebody types it, in whatever form the letters are."""

    default_validators = [validate_slug]

    def to_python(self, value: object) -> str | None:
        slug = super().to_python(value)
        return slugify.canonical(slug) if slug else slug


class SlugField(models.SlugField):
    """A slug in letters of any script; see ``slugify``.

    Django's own checks, with and without ``allow_unicode``, refuse the vowel signs of Hindi, Thai and others.
    """

    default_error_messages = {"unique": "This address is taken. Choose another."}

    @cached_property
    def validators(self) -> list[Callable[[str], None]]:
        return [validate_slug]

    # Whatever Django's own field takes.
    def formfield(self, *args: Any, **options: Any) -> forms.Field | None:
        own = {"form_class": SlugFormField, "allow_unicode": False}
        return super().formfield(*args, **{**own, **options})

    def deconstruct(self) -> _Written:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.SlugField", args, options
