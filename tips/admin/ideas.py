"""Ideas in the admin: one list for all who write tips."""

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from desk import names
from desk.forms import SavedAtOnce
from desk.lists import PagedList
from desk.pages import staff_of
from desk.verbs import Verb, VerbsMixin
from tips import dates, permissions
from tips.models import Idea
from tips.publishing import ideas


def _write(idea: Idea, *, by: User) -> HttpResponse:
    """Make a draft of an idea, and lead to it."""
    tip = ideas.write(idea, by=by)
    return HttpResponseRedirect(reverse("admin:tips_tip_change", args=[tip.pk]))


@admin.register(Idea)
class IdeaAdmin(VerbsMixin[Idea], SavedAtOnce, PagedList):
    """The list of ideas; everybody adds to it, and changes their own."""

    list_display = ["idea", "beginning", "noted_by", "noted", "write"]
    list_select_related = ["by"]
    search_fields = ["line", "thought"]
    fields = ["line", "thought"]
    verbs = {
        "write": Verb(
            "Write it",
            _write,
            "The line becomes the title, the thought the beginning of the text. You are the author of the"
            " draft, and the idea leaves the list.",
            permissions=("tips.add_tip",),
        )
    }

    def has_change_permission(self, request: HttpRequest, obj: Idea | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_theirs(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Idea | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_theirs(request, obj)

    def save_model(self, request: HttpRequest, obj: Idea, form: object, change: bool) -> None:
        if not change:
            obj.by = staff_of(request)
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Model, *args: str | None) -> HttpResponse:
        """Lead back to the calendar whoever came from there."""
        response = super().response_add(request, obj, *args)
        if request.GET.get("from") != "calendar":
            return response
        return HttpResponseRedirect(reverse("admin:tips_calendar") + "#ideas")

    def get_form(
        self, request: HttpRequest, obj: Idea | None = None, change: bool = False, **kwargs: object
    ) -> type[ModelForm]:
        kwargs["labels"] = {"line": "What it is about", "thought": "What you want to remember"}
        return super().get_form(request, obj, change=change, **kwargs)

    @admin.display(description="idea", ordering="line")
    def idea(self, idea: Idea) -> str:
        return idea.line

    @admin.display(description="what to remember", empty_value="")
    def beginning(self, idea: Idea) -> str:
        return Truncator(idea.thought).words(20)

    @admin.display(description="noted by")
    def noted_by(self, idea: Idea) -> str:
        return names.person(idea.by)

    @admin.display(description="noted", ordering="at")
    def noted(self, idea: Idea) -> str:
        return dates.short_day(idea.at)

    @admin.display(description="draft")
    def write(self, idea: Idea) -> str:
        url = reverse("admin:tips_idea_do", args=[idea.pk, "write"])
        return format_html('<a href="{}" aria-label="Write it: {}">Write it …</a>', url, idea)


def _is_theirs(request: HttpRequest, idea: Idea | None) -> bool:
    """Tell whether a person may change an idea: their own, or any as an editor."""
    person = staff_of(request)
    return idea is None or idea.by_id == person.pk or person.has_perm(permissions.CHANGE_ANY)
