"""The desk as an admin site of its own: its name, and what its pages may load.

Outside the package ``admin``, whose modules register with this site and so need it to be there.
"""

from csp.constants import NONCE, SELF
from csp.decorators import csp_replace
from django.contrib.admin import AdminSite
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.decorators import method_decorator

# Readers' pages have no script at all. The desk has its own files, and the editor's import map, which is
# named by a nonce: one is only made on a page that asks for it.
policy = csp_replace({"script-src": [SELF, NONCE]})


class Desk(AdminSite):
    """The back office."""

    site_header = "Tip desk"
    site_title = "Tip desk"
    index_title = "The desk"
    enable_nav_sidebar = False

    def admin_view(self, view, cacheable=False):
        return policy(super().admin_view(view, cacheable))

    def get_urls(self):
        # Django's own leads to things that this person may not know of.
        view = self.admin_view(self.view_on_site)
        ours = path("r/<int:content_type_id>/<path:object_id>/", view, name="view_on_site")
        return [ours, *(url for url in super().get_urls() if getattr(url, "name", "") != ours.name)]

    def view_on_site(self, request, content_type_id, object_id):
        """Lead to the page of a thing that this person sees in the desk; anything else is not found."""
        kind = get_object_or_404(ContentType, pk=content_type_id)
        kept = self._registry.get(kind.model_class())
        thing = kept.get_object(request, object_id) if kept else None
        if thing is None or not hasattr(thing, "get_absolute_url"):
            raise Http404("There is no such page.")
        return HttpResponseRedirect(thing.get_absolute_url())

    def get_app_list(self, request, app_label=None):
        """Return what the front page offers: tips first, what belongs to the machinery last."""
        rooms = {"tips": 0, "subscribers": 1, "auth": 2}
        models = {"Tip": 0, "Category": 1, "Tag": 2}
        models |= {
            "Subscriber": 0,
            "LinkRequest": 1,
            "ServiceMail": 2,
            "Suppression": 3,
            "Erasure": 4,
            "Mailing": -1,
        }
        apps = super().get_app_list(request, app_label)
        apps.sort(key=lambda app: rooms.get(app["app_label"], 9))
        for app in apps:
            app["models"].sort(key=lambda model: models.get(model["object_name"], 9))
        return apps

    @method_decorator(policy)
    def login(self, request, extra_context=None):
        return super().login(request, extra_context)

    @method_decorator(policy)
    def i18n_javascript(self, request, extra_context=None):
        return super().i18n_javascript(request, extra_context)
