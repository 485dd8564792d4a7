"""Searching for people without writing them into the URLs of pages.

Django's search puts what was typed into the page's URL, and so into the browser's history and the logs of
every server on the way. Here it travels in a POST, comes back in a signed cookie that only this list gets,
and the URL of the page holds a random tag that says which search is meant.
"""

import secrets

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from desk.pages import Context
from subscribers import addresses

COOKIE = "sought"
LASTS = 60 * 60
_SALT = "subscribers.admin.private_search"
ENDED = "That search has ended, or you began another one since. Please search again."


class SearchForm(forms.Form):
    term = forms.CharField(max_length=addresses.MAX_LENGTH, required=False)


def matching(term: str) -> Q:
    """Return the condition on ``address_folded`` for what somebody typed: an address or its beginning.

    What begins with an @ is a domain. It is found in an index but for a domain, for which every address is
    read once.
    """
    term = addresses.sought(term)
    if term.startswith("@"):
        return Q(address_folded__endswith=term)
    if connection.vendor == "sqlite":
        # Its LIKE uses no index here. Folded addresses are ASCII, so that this is the same.
        return Q(address_folded__gte=term, address_folded__lt=term + "\x7f")
    return Q(address_folded__startswith=term)


class PrivateSearch(admin.ModelAdmin):
    """Gives the list of an admin its search, by POST."""

    # Only says that there is a search; get_search_results does it.
    search_fields = ["address_folded"]
    search_help_text = "An address or its beginning, or @ and a domain."

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.search_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_search"
        return [path("search/", view, name=name), *super().get_urls()]

    def _list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    @method_decorator([require_POST, sensitive_post_parameters()])
    def search_view(self, request: HttpRequest) -> HttpResponse:
        """Take what was typed, and lead to the list that shows what is found."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = SearchForm(request.POST)
        term = form.cleaned_data["term"] if form.is_valid() else ""
        # What other than a search the list was narrowed down to stays.
        kept = request.GET.copy()
        for name in (SEARCH_VAR, "p", "e", "all"):
            kept.pop(name, None)
        if not term:
            return self._to_list(kept)
        kept[SEARCH_VAR] = tag = secrets.token_urlsafe(6)
        response = self._to_list(kept)
        response.set_cookie(
            COOKIE,
            signing.dumps([tag, term], salt=_SALT),
            max_age=LASTS,
            path=self._list_url(),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )
        return response

    def _to_list(self, parameters: QueryDict) -> HttpResponseRedirect:
        return HttpResponseRedirect(f"{self._list_url()}?{parameters.urlencode()}".removesuffix("?"))

    def sought(self, request: HttpRequest) -> str | None:
        """Return what the search in the page's URL looks for, or None where nobody knows any more."""
        try:
            tag, term = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=LASTS)
        except (signing.BadSignature, ValueError):
            return None
        return term if tag == request.GET.get(SEARCH_VAR) else None

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        term = self.sought(request)
        if SEARCH_VAR in request.GET and term is None:
            kept = request.GET.copy()
            del kept[SEARCH_VAR]
            messages.warning(request, ENDED)
            return self._to_list(kept)
        url = self._list_url()
        search = {"sought": term or "", "list_url": url, "search_url": f"{url}search/"}
        return super().changelist_view(request, {**search, **(extra_context or {})})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        term = self.sought(request)
        return (queryset.filter(self.matching(term)) if term else queryset), False

    def matching(self, term: str) -> Q:
        """Return the condition for what somebody typed."""
        return matching(term)
