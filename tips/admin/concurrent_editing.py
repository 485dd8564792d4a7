"""Two people at one tip: who else has it open, and a form that is older than what it would overwrite."""

from types import SimpleNamespace

from django.http import HttpResponseNotAllowed, JsonResponse
from django.urls import path, reverse

from tips.models import TEXTS
from tips.publishing import history, presence, workflow


class WatchingMixin:
    """Warns in a tip's form of others, and refuses to save over what somebody saved since it was opened.

    The form carries the number of the newest version (``seen_version``). A form that was refused is shown
    again with what was typed and with the newest number: whoever saves it then has seen the difference.
    """

    def get_urls(self):
        view = self.admin_site.admin_view(self.still_open)
        return [path("<int:pk>/still-open/", view, name="tips_tip_still_open"), *super().get_urls()]

    def still_open(self, request, pk):
        """Note that the form is still open; return as JSON the line about others, and about savings since."""
        tip = self.own(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        presence.touch(tip, request.user)
        since = history.since(tip, _number(request.POST.get("seen_version")))
        if since:
            line = f"{_saved(since[1])} Your form is older; when you save it, you are shown the difference."
        else:
            line = presence.line(presence.others(tip, request.user))
        return JsonResponse({"line": line})

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if request.method != "POST" or not obj or "seen_version" not in request.POST:
            return form
        since = history.since(obj, _number(request.POST["seen_version"]))
        if since is None:
            return form

        def clean(self):
            cleaned = super(late, self).clean()
            self.add_error(
                None,
                f"{_saved(since[1])} Yours is not saved, and nothing of it is lost: it stands below. See what"
                f" is different, take over what you want to keep, and save again.",
            )
            return cleaned

        late = type(form)(form.__name__, (form,), {"clean": clean, "since": since})
        return late

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and workflow.may_change(request.user, obj):
            if request.method == "GET":
                presence.touch(obj, request.user)
            context["seen_version"] = obj.versions.newest_id()
            context["still_open"] = reverse("admin:tips_tip_still_open", args=[obj.pk])
            context["others"] = presence.line(presence.others(obj, request.user))
            form = context["adminform"].form
            if since := getattr(form, "since", None):
                opened, newest = since
                context["theirs"] = history.diff(opened, newest) if opened else []
                context["yours"] = history.diff(newest, _typed(form, newest))
                context["saved_by"] = history.who(newest)
        return super().render_change_form(request, context, add, change, form_url, obj)


def _number(text):
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0


def _saved(version):
    return f"{history.who(version)} saved this tip on {workflow.in_words(version.saved_at)}."


def _typed(form, newest):
    """Return what a refused form holds in the shape of a version; a faulty field stands as it is saved."""
    found = form.cleaned_data
    categories = found.get("in_categories")
    return SimpleNamespace(
        **{name: found.get(name, getattr(newest, name)) for name in TEXTS},
        categories=newest.categories if categories is None else sorted(each.name for each in categories),
        tags=found.get("tags", newest.tags),
    )
