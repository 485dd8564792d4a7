"""My account: what a person settles about themselves."""

from datetime import timedelta

import django_otp
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from desk.pages import StaffRequest, page, require
from shield.rate_limits import FixedWindow
from tipsite.models import CalendarKey
from tipsite.staff import accounts, calendar_feed, given_roles, mail_choice, two_factor
from tipsite.staff.audit_log import AccountAction
from tipsite.staff.forms import TOO_MANY_CODES, WRONG_CODE, CodeForm, PasswordAgainForm

FIRST_CODES = FixedWindow("first two-factor code", 20, timedelta(hours=1))
# Until when this session may see the recovery codes that it made.
SHOWING = "recovery_codes_until"
SHOW_FOR = timedelta(minutes=15)
_TOLD = {
    mail_choice.When.AT_ONCE: "You are told by mail at once.",
    mail_choice.When.DAILY: "You get one mail a day, if there is something to tell.",
    mail_choice.When.NEVER: "You are told nothing by mail. What waits for you stands on the front page.",
}


@require_safe
def account(request: StaffRequest) -> HttpResponse:
    """Show what is known of an account, and where it is changed."""
    context = {
        "role": given_roles.all_of(request.user),
        "device": two_factor.device_of(request.user),
        "required": two_factor.is_required(request.user),
        "codes_left": len(two_factor.recovery_codes(request.user)),
        "has_address": accounts.has_address(request.user),
        "mail_choice": mail_choice.MailChoiceForm(request.user),
        "calendar_key": CalendarKey.objects.filter(person=request.user).first(),
    }
    return page(request, "staff/account", "My account", **context)


@require_POST
def choose_mails(request: StaffRequest) -> HttpResponse:
    """Keep when this person is told by mail of what colleagues do to tips."""
    require(request, "tips.view_tip")
    form = mail_choice.MailChoiceForm(request.user, request.POST)
    if form.is_valid():
        messages.success(request, _TOLD[form.save()])
    else:
        messages.error(request, "Nothing was changed. Choose when you want to be told.")
    return redirect("admin:account")


@require_POST
def calendar_address(request: StaffRequest) -> HttpResponse:
    """Make a new secret address of this person's calendar, and show it, once."""
    require(request, "tips.view_tip")
    url = calendar_feed.make(request.user)
    context = {"url": url, "webcal": f"webcal:{url.partition(':')[2]}"}
    return page(request, "staff/calendar_address", "Your calendar’s address", **context)


@require_POST
def revoke_calendar_address(request: StaffRequest) -> HttpResponse:
    """End the secret address of this person's calendar."""
    calendar_feed.revoke(request.user)
    messages.success(request, "The address is revoked: your calendar program gets nothing from it any more.")
    return redirect("admin:account")


@require_POST
def sign_out_everywhere(request: StaffRequest) -> HttpResponse:
    """End all sessions of this person, this one too."""
    accounts.sign_out(request.user, by=request.user)
    logout(request)
    messages.success(request, "You are signed out everywhere.")
    return redirect("admin:login")


@sensitive_post_parameters()
def set_up(request: StaffRequest) -> HttpResponse:
    """Lead through the setting up of two-factor sign-in: begin, scan, give the first code."""
    person = request.user
    if two_factor.device_of(person):
        return redirect("admin:account")
    if request.method == "POST" and "code" not in request.POST:
        two_factor.begin(person)
        return redirect("admin:two_factor")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if not FIRST_CODES.spend(str(person.pk)):
            form.add_error("code", TOO_MANY_CODES)
        elif device := two_factor.confirm(person, form.cleaned_data["code"], request.session.session_key):
            django_otp.login(request, device)
            messages.success(request, "Two-factor sign-in is on. Keep the recovery codes, and you are done.")
            return _show_new_codes(request)
        else:
            form.add_error("code", WRONG_CODE)
    device = two_factor.begun(person)
    context = {
        "form": form,
        "device": device,
        "required": two_factor.is_required(person),
        "picture": two_factor.picture(device) if device else "",
        "secret": two_factor.secret(device) if device else "",
    }
    return page(request, "staff/two_factor", "Two-factor sign-in", **context)


@sensitive_post_parameters()
def new_recovery_codes(request: StaffRequest) -> HttpResponse:
    """Make new recovery codes, once the password was given; the old ones are dead then."""
    if two_factor.device_of(request.user) is None:
        return redirect("admin:two_factor")
    form = PasswordAgainForm(request.user, request.POST or None)
    if form.is_valid():
        return _show_new_codes(request)
    consequence = "The codes that you have now stop working. The new ones are shown once."
    return _ask(request, form, "New recovery codes", consequence, "Make new codes")


@sensitive_post_parameters()
def turn_off(request: StaffRequest) -> HttpResponse:
    """Turn two-factor sign-in off, once the password was given, where it is not required."""
    if two_factor.device_of(request.user) is None:
        return redirect("admin:account")
    if two_factor.is_required(request.user):
        messages.error(request, "Your role requires two-factor sign-in. To change phones, ask a Publisher.")
        return redirect("admin:account")
    form = PasswordAgainForm(request.user, request.POST or None)
    if form.is_valid():
        sentence = "Turned two-factor sign-in off."
        two_factor.turn_off(request.user, request.user, AccountAction.TWO_FACTOR_OFF, sentence)
        request.session.pop(django_otp.DEVICE_ID_SESSION_KEY, None)
        messages.success(request, "Two-factor sign-in is off. Your password alone signs you in.")
        return redirect("admin:account")
    consequence = "From then on your password alone signs you in. The recovery codes stop working."
    return _ask(request, form, "Turn two-factor sign-in off", consequence, "Turn it off")


def recovery_codes(request: StaffRequest) -> HttpResponse:
    """Show new recovery codes, until their owner says that they are kept."""
    if request.method == "POST":
        request.session.pop(SHOWING, None)
    elif _may_show(request):
        codes = two_factor.recovery_codes(request.user)
        return page(request, "staff/recovery_codes", "Your recovery codes", codes=codes)
    else:
        messages.info(request, "Recovery codes are shown only when they are made.")
    return redirect("admin:account")


@require_safe
def download_codes(request: StaffRequest) -> HttpResponse:
    """Give new recovery codes as a text file, as long as they are shown."""
    if not _may_show(request):
        return redirect("admin:account")
    title = f"Recovery codes for {request.user.get_username()} at {settings.SITE_URL}"
    use = "Each signs you in once, in place of a code of your app."
    text = "\n".join([title, use, "", *two_factor.recovery_codes(request.user), ""])
    headers = {"Content-Disposition": 'attachment; filename="recovery-codes.txt"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _show_new_codes(request: StaffRequest) -> HttpResponse:
    two_factor.make_recovery_codes(request.user)
    request.session[SHOWING] = (timezone.now() + SHOW_FOR).timestamp()
    return redirect("admin:recovery_codes")


def _may_show(request: StaffRequest) -> bool:
    return request.session.get(SHOWING, 0) > timezone.now().timestamp()


def _ask(request: StaffRequest, form: forms.Form, title: str, words: str, button: str) -> HttpResponse:
    return page(request, "staff/password_again", title, form=form, consequence=words, button=button)
