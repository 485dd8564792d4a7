"""Synonyms in the admin: one group a page, one word or phrase a line."""

from typing import cast

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from desk.concurrent_forms import Carried, ConcurrentForm
from desk.forms import SavedAtOnce
from desk.lists import PagedList
from tips.models import SynonymGroup
from tips.search import synonyms


class SynonymGroupForm(ConcurrentForm):
    words = forms.CharField(
        label="words",
        widget=forms.Textarea(attrs={"rows": 10, "cols": 40}),
        help_text=(
            "One word or short phrase a line. Whoever searches for one of them finds the others too, after"
            " the tips that have the word itself. One form of a word is enough: “apology” also stands for"
            " “apologies” and “apologise”. A change works from the next search on."
        ),
    )

    class Meta:
        model = SynonymGroup
        fields: tuple[str, ...] = ()

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> object:
        if field_name == "words" and self.instance.pk:
            return "\n".join(synonym.text for synonym in self.instance.synonyms.all())
        return super().get_initial_for_field(field, field_name)

    def carried(self, name: str, value: object) -> Carried:
        """Each line is a word of its own: what two people add, both have added."""
        words = value if isinstance(value, list) else synonyms.lines(str(value or ""))
        return sorted(map(str, words))

    def cleaned_of(self, name: str) -> object:
        return synonyms.lines(str(self.get_initial_for_field(self.fields[name], name) or ""))

    def clean_words(self) -> list[str]:
        """Return the words, cleaned. All that is wrong with them is said at once."""
        texts = synonyms.lines(self.cleaned_data["words"])
        if problems := synonyms.problems(texts, self.instance.pk):
            raise forms.ValidationError([forms.ValidationError(problem) for problem in problems])
        return texts


@admin.register(SynonymGroup)
class SynonymGroupAdmin(SavedAtOnce, PagedList):
    form = SynonymGroupForm
    list_display = ["words"]
    search_fields = ["synonyms__text"]
    search_help_text = "A word of a group."

    def get_queryset(self, request: HttpRequest) -> QuerySet[SynonymGroup]:
        return super().get_queryset(request).prefetch_related("synonyms")

    @admin.display(description="words that mean the same")
    def words(self, group: SynonymGroup) -> str:
        return ", ".join(synonym.text for synonym in group.synonyms.all())

    def save_model(
        self, request: HttpRequest, obj: SynonymGroup, form: forms.ModelForm, change: bool
    ) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            synonyms.write(obj, cast(list[str], form.cleaned_data["words"]))
        # What the log and the message name it by.
        obj.refresh_from_db()
