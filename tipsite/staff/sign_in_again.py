"""Signing in again on the page itself: what somebody typed is not lost with their session.

A form that is sent without a session, or in the session of somebody else, is answered by a page that holds
all that was sent, and asks for the password, and for a code where the account has an app. Then the form is
done as if it had been sent just now: rights, versions and conflicts are judged anew.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.models import Device

from desk import names
from desk.admin_site import policy
from desk.marks import FIELD, person_in
from desk.pages import page
from tipsite.staff import lockout, two_factor
from tipsite.staff.authentication import BACKEND
from tipsite.staff.forms import TOO_MANY_CODES, WRONG_CODE, SignInForm
from tipsite.staff.sign_in import CODES

NAME, PASSWORD, CODE = "again_name", "again_password", "again_code"
_OURS = {NAME, PASSWORD, CODE, "csrfmiddlewaretoken"}


def answer(request: HttpRequest, lets_in: Callable[[HttpRequest], bool]) -> HttpResponseBase | None:
    """Return the page that asks for the password, where a form needs it; None where the view may go on.

    ``lets_in`` tells whether the desk lets the person of a request in. After a right answer that person is
    signed in, and the request holds what was sent at first.
    """
    if request.method != "POST":
        return None
    if PASSWORD in request.POST:
        return _take(request, lets_in)
    is_in, whose = lets_in(request), person_in(request.POST.get(FIELD, ""))
    if is_in and whose in (None, request.user.pk):
        return None
    if is_in and not may_be_carried(request):
        # With a password or a file: it cannot be asked for again, and is not this person's to send.
        return _shown(request, "staff/old_page", "This page was opened by somebody else", 403)
    if not (is_in or request.user.is_anonymous) or not may_be_carried(request):
        # Whoever is in and may not go further is told so by the desk itself.
        return None
    return ask(request)


def may_be_carried(request: HttpRequest) -> bool:
    """Tell whether a page can hold what was sent: fields, of which none is a secret, and no file."""
    secret = any("password" in name or name in ("code", "token") for name in _sent(request))
    return not (secret or request.FILES) and bool(_sent(request))


def is_from_here(request: HttpRequest) -> bool:
    """Tell whether a browser says that a form was sent from a page of this site."""
    here = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    if (origin := request.headers.get("Origin")) is not None:
        return origin in here
    page_before = urlsplit(request.headers.get("Referer", ""))
    return f"{page_before.scheme}://{page_before.netloc}" in here


def ask(request: HttpRequest, errors: dict[str, str] | None = None, status: int = 403) -> HttpResponseBase:
    """Answer with the page that holds what was sent, and asks for the password."""
    if request.headers.get("Sec-Fetch-Dest") == "empty":
        # A script's own request: the form is still open.
        return HttpResponse("You are signed out.", status=403, content_type="text/plain; charset=utf-8")
    whose = owner(request)
    context = {
        "carried": [(name, each) for name in _sent(request) for each in request.POST.getlist(name)],
        "whose": whose,
        "whose_name": names.person(whose) if whose else "",
        "typed_name": request.POST.get(NAME, ""),
        "is_another": bool(whose and request.user.is_authenticated and request.user.pk != whose.pk),
        "errors": errors or {},
    }
    title = "Sign in again, and it is saved"
    response = _shown(request, "staff/sign_in_again", title, status, **context)
    response["Cache-Control"] = "private, no-store"
    return response


def _shown(
    request: HttpRequest, template: str, title: str, status: int, **context: object
) -> HttpResponseBase:
    view = policy(lambda asked: page(asked, template, title, status, **context).render())
    return never_cache(view)(request)


@sensitive_post_parameters(PASSWORD, CODE)
def _take(request: HttpRequest, lets_in: Callable[[HttpRequest], bool]) -> HttpResponseBase | None:
    """Check the password and the code, and sign the person in; return the page again where they are wrong."""
    whose = owner(request)
    name = whose.get_username() if whose else request.POST.get(NAME, "")
    person, device, errors = _known(request, name)
    if person is None or errors:
        is_locked = lockout.is_locked(request, {"username": name})
        if is_locked:
            errors = {"": lockout.wait_in_words(request, {"username": name})}
        # The page below says it, and keeps what was typed.
        vars(request)["axes_locked_out"] = False
        return ask(request, errors, 429 if is_locked else 403)
    if device:
        # django-otp notes in the session which device it was.
        vars(person)["otp_device"] = device
    login(request, person, backend=BACKEND)
    if not lets_in(request):
        wanted = "Your role needs two-factor sign-in. Set it up in another tab, under “My account”; then come"
        return ask(request, {"": f"{wanted} back to this one."})
    request.POST = _stripped(request)  # type: ignore[assignment]  # the stubs know of no setter
    return None


def _known(request: HttpRequest, name: str) -> tuple[User | None, Device | None, dict[str, str]]:
    """Return who gives the right password and the right code, the device of the code, and what is wrong."""
    form = SignInForm(request, data={"username": name, "password": request.POST[PASSWORD]})
    if not form.is_valid():
        said = [str(each) for each in form.non_field_errors()]
        return None, None, {PASSWORD: said[0] if said else "Give your name and your password."}
    person, typed = form.get_user(), request.POST.get(CODE, "")
    if two_factor.device_of(person) is None:
        return person, None, {}
    if not typed.strip():
        return None, None, {CODE: "This account signs in with a code too. Type the one of your app."}
    if not CODES.spend(str(person.pk)):
        return None, None, {CODE: TOO_MANY_CODES}
    if device := two_factor.verify(person, typed):
        return person, device, {}
    lockout.count_wrong_code(request, {"username": person.get_username()})
    return None, None, {CODE: WRONG_CODE}


def owner(request: HttpRequest) -> User | None:
    """Return whose form it is, where the form says so."""
    pk = person_in(request.POST.get(FIELD, ""))
    return User.objects.filter(pk=pk, is_active=True).first() if pk else None


def _sent(request: HttpRequest) -> list[str]:
    return [name for name in request.POST if name not in _OURS]


def _stripped(request: HttpRequest) -> QueryDict:
    """Return what was sent at first, without the password."""
    data = request.POST.copy()
    for name in _OURS:
        data.pop(name, None)
    return data
