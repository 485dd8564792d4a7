"""What pages and messages of Django's admin say on the desk: the thing first, and one word for each verb."""

from django.contrib import admin, messages
from django.db.models import Model
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.names import kind, named
from desk.pages import Context


class Worded(admin.ModelAdmin):
    """Titles and messages in the desk's own words."""

    def render_change_form(
        self,
        request: HttpRequest,
        context: Context,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        # A page that has a title of its own has no subtitle.
        if context["original"] is None:
            context["title"] = f"New {kind(self.opts)}"
        elif context["subtitle"]:
            context |= {"title": named(context["original"]), "subtitle": None}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(
        self, request: HttpRequest, obj: Model, post_url_continue: str | None = None
    ) -> HttpResponse:
        _say(request, f"Made: “{named(obj)}”.")
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        _say(request, f"Saved: “{named(obj)}”.")
        return super().response_change(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        _say(request, f"Deleted: “{obj_display}”.")
        return super().response_delete(request, obj_display, obj_id)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Options, object_id: str
    ) -> HttpResponse:
        _say(request, f"There is no such {kind(self.opts)}, or not any more. Nothing was changed.")
        # Django's own, which has no public name.
        return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]  # not in the stubs

    def message_user(
        self,
        request: HttpRequest,
        message: object,
        level: int | str = messages.INFO,
        extra_tags: str = "",
        fail_silently: bool = False,
    ) -> None:
        """Say what ``response_add`` and its like left to be said, in place of Django's sentence."""
        said = vars(request).pop(_SAID, message)
        super().message_user(request, said, level, extra_tags, fail_silently)

    def action_checkbox(self, obj: Model) -> SafeString:
        """Return the box by which a row of a list is chosen."""
        field = '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="Choose {}">'
        return format_html(field, "_selected_action", obj.pk, named(obj))


_SAID = "said_by_the_desk"


def _say(request: HttpRequest, sentence: str) -> None:
    vars(request)[_SAID] = sentence
