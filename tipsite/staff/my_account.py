"""My account: what a person settles about themselves."""

from datetime import timedelta

import django_otp
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from shield.rate_limits import FixedWindow
from tipsite.staff import accounts, two_factor
from tipsite.staff.audit_log import AccountAction
from tipsite.staff.forms import CodeForm, PasswordAgainForm

FIRST_CODES = FixedWindow("first two-factor code", 20, timedelta(hours=1))
# Until when this session may see the recovery codes that it made.
SHOWING = "recovery_codes_until"
SHOW_FOR = timedelta(minutes=15)


@require_safe
def account(request):
    """Show what is known of an account, and the ways to change it."""
    context = {
        "role": accounts.role_of(request.user),
        "device": two_factor.device_of(request.user),
        "required": two_factor.is_required(request.user),
        "codes_left": len(two_factor.recovery_codes(request.user)),
    }
    return _page(request, "account", "My account", context)


@require_POST
def sign_out_everywhere(request):
    """End all sessions of this person, this one too."""
    accounts.sign_out(request.user, by=request.user)
    logout(request)
    messages.success(request, "You are signed out everywhere.")
    return HttpResponseRedirect(reverse("admin:login"))


@sensitive_post_parameters()
def set_up(request):
    """Lead through the setting up of two-factor sign-in: begin, scan, give the first code."""
    if two_factor.device_of(request.user):
        return _to("account")
    form = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST":
        if "code" not in request.POST:
            two_factor.begin(request.user)
            return _to("two_factor")
        if form.is_valid() and _confirm(request, form):
            return _to("recovery_codes")
    device = two_factor.begun(request.user)
    context = {"device": device, "form": form, "required": two_factor.is_required(request.user)}
    if device:
        # Made here, of a secret and a name that the drawing turns into squares.
        context["picture"] = mark_safe(two_factor.picture(device))  # noqa: S308
        context["secret"] = two_factor.secret(device)
    return _page(request, "two_factor", "Two-factor sign-in", context)


def _confirm(request, form):
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
    two_factor.make_recovery_codes(person)
    _show_codes(request)
    messages.success(request, "Two-factor sign-in is on. Keep the recovery codes, and you are done.")
    return True


@sensitive_post_parameters()
def new_recovery_codes(request):
    """Make new recovery codes, once the password was given; the old ones are dead then."""
    if two_factor.device_of(request.user) is None:
        return _to("two_factor")
    form = PasswordAgainForm(request.user, request.POST or None)
    if form.is_valid():
        two_factor.make_recovery_codes(request.user)
        _show_codes(request)
        return _to("recovery_codes")
    follows = "The codes that you have now stop working. The new ones are shown once."
    return _ask_again(request, form, "New recovery codes", follows, "Make new codes")


@sensitive_post_parameters()
def turn_off(request):
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
    follows = "From then on your password alone signs you in. The recovery codes stop working."
    return _ask_again(request, form, "Turn two-factor sign-in off", follows, "Turn it off")


def recovery_codes(request):
    """Show new recovery codes, until their owner says that they are kept."""
    if request.method == "POST":
        request.session.pop(SHOWING, None)
        return _to("account")
    if not _may_show(request):
        messages.info(request, "Recovery codes are shown only when they are made.")
        return _to("account")
    context = {"codes": two_factor.recovery_codes(request.user)}
    return _page(request, "recovery_codes", "Your recovery codes", context)


@require_safe
def download_recovery_codes(request):
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


def _show_codes(request):
    request.session[SHOWING] = (timezone.now() + SHOW_FOR).timestamp()


def _may_show(request):
    return request.session.get(SHOWING, 0) > timezone.now().timestamp()


def _ask_again(request, form, title, follows, button):
    return _page(request, "password_again", title, {"form": form, "follows": follows, "button": button})


def _page(request, name, title, context):
    context = {**admin.site.each_context(request), "title": title, **context}
    response = TemplateResponse(request, f"admin/staff/{name}.html", context)
    # What stands here must not come back from the browser's own store after signing out.
    response["Cache-Control"] = "no-store"
    return response


def _to(name):
    return HttpResponseRedirect(reverse(f"admin:{name}"))
