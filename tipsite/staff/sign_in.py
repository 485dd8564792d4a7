"""Signing in: by name or e-mail address and password, and by a code where the account has an app for it."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice

from desk.admin_site import policy
from desk.pages import page
from shield.rate_limits import FixedWindow
from tipsite.staff import lockout, two_factor
from tipsite.staff.authentication import BACKEND
from tipsite.staff.forms import TOO_MANY_CODES, WRONG_CODE, CodeForm, SignInForm
from tipsite.staff.sessions import PENDING

# How long a given password waits for its code.
PATIENCE = timedelta(minutes=10)
# Six digits are soon guessed by many machines at once, each of which the lock-out lets try five times.
CODES = FixedWindow("two-factor code", 30, timedelta(hours=1))


class SignIn(LoginView):
    """Take name or address and password; whoever has an app is not signed in before the code is right."""

    authentication_form = SignInForm
    template_name = "admin/login.html"

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        person = form.get_user()
        if two_factor.device_of(person) is None:
            return super().form_valid(form)
        self.request.session.cycle_key()
        self.request.session[PENDING] = {
            "person": str(person.pk),
            "hash": person.get_session_auth_hash(),
            "until": (timezone.now() + PATIENCE).timestamp(),
            "next": self.get_success_url(),
        }
        return redirect("admin:login_code")


@policy
@sensitive_post_parameters()
@never_cache
@csrf_protect
def code(request: HttpRequest) -> HttpResponseBase:
    """Ask whoever gave the right password for a code, and sign them in."""
    person = _waiting(request)
    if person is None:
        request.session.pop(PENDING, None)
        messages.info(request, "Please sign in again: that took too long, or something changed meanwhile.")
        return redirect("admin:login")
    form, credentials = CodeForm(request.POST or None), {"username": person.get_username()}
    is_locked = lockout.is_locked(request, credentials)
    if not is_locked and form.is_valid():
        if not CODES.spend(str(person.pk)):
            form.add_error("code", TOO_MANY_CODES)
        elif device := two_factor.verify(person, form.cleaned_data["code"]):
            return _sign_in(request, person, device)
        else:
            form.add_error("code", WRONG_CODE)
            is_locked = lockout.count_wrong_code(request, credentials)
    if is_locked:
        return lockout.answer(request, None, credentials)
    return page(request, "staff/code", "Your code", form=form)


def _waiting(request: HttpRequest) -> User | None:
    """Return who gave the right password in this session not long ago, if nothing changed since, or None."""
    pending = request.session.get(PENDING)
    if not pending or pending["until"] < timezone.now().timestamp():
        return None
    person = User.objects.filter(pk=pending["person"], is_active=True).first()
    is_same = person and constant_time_compare(pending["hash"], person.get_session_auth_hash())
    return person if is_same else None


def _sign_in(request: HttpRequest, person: User, device: Device) -> HttpResponse:
    after = request.session.pop(PENDING)["next"]
    # django-otp notes in the session which device it was.
    vars(person)["otp_device"] = device
    login(request, person, backend=BACKEND)
    if isinstance(device, StaticDevice):
        used = f"You used a recovery code; {len(two_factor.recovery_codes(person))} left."
        messages.warning(request, f"{used} Make new ones under “My account” before they run out.")
    return redirect(after)
