"""The pages of the admin that are not Django's own."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

# What Django hands to a template: the kinds of its values are known to the template alone.
Context = dict[str, Any]
# What get_fieldsets returns: titles, each with a dictionary whose type the stubs alone name.
Fieldsets = tuple[Any, ...]


class StaffRequest(HttpRequest):
    """A request that the admin let in: ``user`` is signed in and active."""

    user: User


def staff_of(request: HttpRequest) -> User:
    """Return who is signed in, where Django's own signature says no more than HttpRequest."""
    assert isinstance(request.user, User)  # noqa: S101  the admin lets nobody else in
    return request.user


def require(request: HttpRequest, *permissions: str) -> None:
    """Raise PermissionDenied unless the person has all of some permissions."""
    if not request.user.has_perms(permissions):
        raise PermissionDenied


def page(
    request: HttpRequest, template: str, title: str, status_code: int = 200, /, **context: object
) -> TemplateResponse:
    """Answer with a page of the admin; ``template`` is the name below ``admin/``, without its ending."""
    context = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/{template}.html", context, status=status_code)


def badge(kind: str, word: str) -> SafeString:
    """Return a state as a coloured word; ``kind`` is the name of the colour, as in ``.state-public``."""
    return format_html('<span class="state state-{}">{}</span>', kind.replace("_", "-"), word)


def number_in(text: str | None) -> int:
    """Return the whole number that a parameter of a request holds, or 0 where it holds none that may be."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0
