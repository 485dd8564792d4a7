"""The admin site: its name, and what its pages may load."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

from csp.constants import NONCE, SELF
from csp.decorators import csp_replace
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.functional import SimpleLazyObject

from desk import bar, names
from desk.pages import Context, staff_of

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

# Readers' pages have no script at all. The admin has its own files, and the editor's import map, which is
# named by a nonce: a nonce is only made on a page that asks for it. The decorator lets a view load these.
policy = csp_replace({"script-src": [SELF, NONCE]})


def scriptless(site: AdminSite, view: View) -> View:
    """Return a view of the admin under the policy of readers' pages, which lets no script run."""
    return AdminSite.admin_view(site, view)


class DeskSite(AdminSite):
    """The back office."""

    site_header = "Tip desk"
    site_title = "Tip desk"
    index_title = "The desk"
    enable_nav_sidebar = False

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        return cast(View, policy(super().admin_view(view, cacheable)))

    def each_context(self, request: HttpRequest) -> Context:
        """Add what the bar shows, for whoever is in."""
        context = super().each_context(request)
        if not context["has_permission"]:
            return context
        user = staff_of(request)
        return context | {
            "rooms": bar.links(request),
            "room_tabs": bar.tabs(request),
            "needs_you": SimpleLazyObject(partial(self.needs_you, user)),
            "person_name": names.person(user),
            "initials": names.initials(user),
        }

    def needs_you(self, user: User) -> int:
        """Return how many things wait for a person: the number beside the front page in the bar."""
        return 0

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Django's own leads to objects that this person may not know of.
        view = self.admin_view(self.view_on_site)
        ours = path("r/<int:content_type_id>/<path:object_id>/", view, name="view_on_site")
        return [ours, *(url for url in super().get_urls() if getattr(url, "name", "") != ours.name)]

    def view_on_site(self, request: HttpRequest, content_type_id: int, object_id: str) -> HttpResponse:
        """Lead to the page of an object that this person sees in the admin; anything else is not found."""
        model = get_object_or_404(ContentType, pk=content_type_id).model_class()
        model_admin = self._registry.get(model) if model else None
        obj = model_admin.get_object(request, object_id) if model_admin else None
        if obj is None or not hasattr(obj, "get_absolute_url"):
            raise Http404("There is no such page.")
        return HttpResponseRedirect(obj.get_absolute_url())

    def app_index(  # type: ignore[override]  # Django's own answers with a page
        self, request: HttpRequest, app_label: str, extra_context: Context | None = None
    ) -> HttpResponse:
        """Lead to the front page: the bar has the parts of the desk, which are not Django's applications."""
        if not self.get_app_list(request, app_label):
            raise Http404("There is no such part of the desk.")
        return HttpResponseRedirect(reverse("admin:index"))
