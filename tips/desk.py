"""The desk as an admin site of its own: its name, and what its pages may load.

Outside the package ``admin``, whose modules register with this site and so need it to be there.
"""

from csp.constants import NONCE, SELF
from csp.decorators import csp_replace
from django.contrib.admin import AdminSite
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
        # "View on site" needs no detour; this one would tell an author the address of another's draft.
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def get_app_list(self, request, app_label=None):
        """Return what the front page offers: tips first, what belongs to the machinery last."""
        rooms = {"tips": 0, "subscribers": 1, "auth": 2}
        models = {"Tip": 0, "Category": 1, "Tag": 2}
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
