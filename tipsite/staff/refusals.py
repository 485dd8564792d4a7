"""What the site answers where it refuses a form: whether anything was lost, and what to do next."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

from desk.admin_site import policy
from desk.pages import page
from tips.models import Autosave
from tipsite.staff import sign_in_again


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Answer a form whose token is not this browser's any more: somebody signed in anew since it was opened.

    A form of the desk that was sent from our own page, and is somebody's, is done once the password is given;
    one that came from elsewhere is not carried on.
    """
    if not _is_of_the_desk(request):
        return render(request, "403_csrf.html", status=403)
    is_somebodys = request.user.is_authenticated or sign_in_again.owner(request) is not None
    if is_somebodys and sign_in_again.is_from_here(request) and sign_in_again.may_be_carried(request):
        return sign_in_again.ask(request)
    return _desk_page(request, "staff/old_page", "This page had been open for too long")


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """Answer what somebody may not do, with the reason; on the desk also with where their text is."""
    why = str(exception or "")
    if not _is_of_the_desk(request):
        return render(request, "403.html", {"why": why}, status=403)
    key = request.POST.get("_draft", "")
    kept = Autosave.objects.filter(person_id=request.user.pk, key=key, is_saved=False)
    is_kept = bool(key) and kept.exists()
    return _desk_page(request, "staff/not_permitted", "That is not for you to do", why=why, is_kept=is_kept)


def _is_of_the_desk(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and "admin" in match.namespaces


def _desk_page(request: HttpRequest, template: str, title: str, **context: object) -> HttpResponseBase:
    return policy(lambda asked: page(asked, template, title, 403, **context).render())(request)
