"""My account: what a person settles about themselves."""

from datetime import timedelta

import django_otp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from desk.pages import StaffRequest, page
from shield.rate_limits import FixedWindow
from tipsite.staff import accounts, two_factor
from tipsite.staff.audit_log import AccountAction
from tipsite.staff.forms import CodeForm, PasswordAgainForm

FIRST_CODES = FixedWindow("first two-factor code", 20, timedelta(hours=1))
# Until when this session may see the recovery codes that it made.
SHOWING = "recovery_codes_until"
SHOW_FOR = timedelta(minutes=15)


@require_safe
def account(request: StaffRequest) -> HttpResponse:
    """Show what is known of an account, and where it is changed."""
    return _page(
        request,
        "account",
        "My account",
        role=accounts.role_of(request.user),
        device=two_factor.device_of(request.user),
        required=two_factor.is_required(request.user),
        codes_left=len(two_factor.recovery_codes(request.user)),
    )


@require_POST
def sign_out_everywhere(request: StaffRequest) -> HttpResponse:
    """End all sessions of this person, this one too."""
    accounts.sign_out(request.user, by=request.user)
    logout(request)
    messages.success(request, "You are signed out everywhere.")
    return _to("login")


@sensitive_post_parameters()
def set_up(request: StaffRequest) -> HttpResponse:
    """Lead through the setting up of two-factor sign-in: begin, scan, give the first code."""
    if two_factor.device_of(request.user):
        return _to("account")
    form = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and "code" not in request.POST:
        two_factor.begin(request.user)
        return _to("two_factor")
    if form.is_valid() and _confirm(request, form):
        return _to("recovery_codes")
    device = two_factor.begun(request.user)
    return _page(
        request,
        "two_factor",
        "Two-factor sign-in",
        device=device,
        form=form,
        required=two_factor.is_required(request.user),
        # Made here, of a secret and a name that the drawing turns into squares.
        picture=mark_safe(two_factor.picture(device)) if device else "",  # noqa: S308
        secret=two_factor.secret(device) if device else "",
    )


def _confirm(request: StaffRequest, form: CodeForm) -> bool:
    person = request.user
    if not FIRST_CODES.spend(str(person.pk)):
        form.add_error("code", "Too many codes were tried. Please try again in an hour.")
        return False
    device = two_factor.confirm(person, form.cleaned_data["code"], request.session.session_key)
    if device is None:
        form.add_error(
            "code",
            "That code does not fit. Wait for the app’s next one, and look whether your phone’s clock is"
            " right.",
        )
        return False
    django_otp.login(request, device)
    messages.success(request, "Two-factor sign-in is on. Keep the recovery codes, and you are done.")
    _make_codes(request)
    return True


@sensitive_post_parameters()
def new_recovery_codes(request: StaffRequest) -> HttpResponse:
    """Make new recovery codes, once the password was given; the old ones are dead then."""
    if two_factor.device_of(request.user) is None:
        return _to("two_factor")
    form = PasswordAgainForm(request.user, request.POST or None)
    if form.is_valid():
        _make_codes(request)
        return _to("recovery_codes")
    consequence = "The codes that you have now stop working. The new ones are shown once."
    return _ask_again(request, form, "New recovery codes", consequence, "Make new codes")


@sensitive_post_parameters()
def turn_off(request: StaffRequest) -> HttpResponse:
    """Turn two-factor sign-in off, once the password was given, where it is not required."""
    if two_factor.device_of(request.user) is None:
        return _to("account")
    if two_factor.is_required(request.user):
        messages.error(request, "Your role requires two-factor sign-in. To change phones, ask a Publisher.")
        return _to("account")
    form = PasswordAgainForm(request.user, request.POST or None)
    if form.is_valid():
        sentence = "Turned two-factor sign-in off."
        two_factor.turn_off(request.user, request.user, AccountAction.TWO_FACTOR_OFF, sentence)
        request.session.pop(django_otp.DEVICE_ID_SESSION_KEY, None)
        messages.success(request, "Two-factor sign-in is off. Your password alone signs you in.")
        return _to("account")
    consequence = "From then on your password alone signs you in. The recovery codes stop working."
    return _ask_again(request, form, "Turn two-factor sign-in off", consequence, "Turn it off")


def recovery_codes(request: StaffRequest) -> HttpResponse:
    """Show new recovery codes, until their owner says that they are kept."""
    if request.method == "POST":
        request.session.pop(SHOWING, None)
        return _to("account")
    if not _may_show(request):
        messages.info(request, "Recovery codes are shown only when they are made.")
        return _to("account")
    codes = two_factor.recovery_codes(request.user)
    return _page(request, "recovery_codes", "Your recovery codes", codes=codes)


@require_safe
def download_recovery_codes(request: StaffRequest) -> HttpResponse:
    """Give new recovery codes as a text file, as long as they are shown."""
    if not _may_show(request):
        return _to("account")
    lines = [
        f"Recovery codes for {request.user.get_username()} at {settings.SITE_URL}",
        "Each signs you in once, in place of a code of your app.",
        "",
        *two_factor.recovery_codes(request.user),
    ]
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    response["Cache-Control"] = "no-store"
    return response


def _make_codes(request: StaffRequest) -> None:
    two_factor.make_recovery_codes(request.user)
    request.session[SHOWING] = (timezone.now() + SHOW_FOR).timestamp()


def _may_show(request: StaffRequest) -> bool:
    return request.session.get(SHOWING, 0) > timezone.now().timestamp()


def _ask_again(
    request: StaffRequest, form: PasswordAgainForm, title: str, consequence: str, button: str
) -> TemplateResponse:
    return _page(request, "password_again", title, form=form, consequence=consequence, button=button)


def _page(request: StaffRequest, name: str, title: str, **context: object) -> TemplateResponse:
    response = page(request, f"staff/{name}", title, **context)
    # What stands here must not come back from the browser's own store after signing out.
    response["Cache-Control"] = "no-store"
    return response


def _to(name: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"admin:{name}"))
