"""The admin site as a whole: signing in, accounts, and who is led to two-factor sign-in first."""

from functools import wraps
from typing import cast

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django_otp import DEVICE_ID_SESSION_KEY

from desk import once
from desk.admin_site import DeskSite, View, policy
from desk.pages import Context, staff_of
from tips.publishing import whose_turn
from tipsite.dashboard import front_page
from tipsite.safety import admin_views, real_database
from tipsite.staff import my_account, passwords, sign_in, sign_in_again, two_factor
from tipsite.staff.forms import NewPasswordForm

# What stays open to a person who has still to set two-factor sign-in up.
_OPEN = {"admin:two_factor", "admin:logout", "admin:jsi18n"}


class StaffSite(DeskSite):
    """The back office of this site."""

    def get_urls(self) -> list[URLPattern | URLResolver]:
        def mine(route: str, view: View, name: str) -> URLPattern:
            return path(route, self.admin_view(view), name=name)

        def anyone(route: str, view: View, name: str) -> URLPattern:
            return path(route, policy(view), name=name)

        link = "<uidb64>/<token>/"
        return [
            path("login/code/", sign_in.code, name="login_code"),
            anyone("password-reset/", passwords.Forgotten.as_view(), "password_reset"),
            anyone("password-reset/sent/", passwords.ForgottenSent.as_view(), "password_reset_done"),
            anyone(f"password-reset/{link}", passwords.NewPassword.as_view(), "password_reset_confirm"),
            anyone("password-reset/done/", passwords.NewPasswordSet.as_view(), "password_reset_complete"),
            anyone(f"invitation/{link}", passwords.Invitation.as_view(), "invitation"),
            mine("account/", my_account.account, "account"),
            mine("account/two-factor/", my_account.set_up, "two_factor"),
            mine("account/two-factor/off/", my_account.turn_off, "two_factor_off"),
            mine("account/recovery-codes/", my_account.recovery_codes, "recovery_codes"),
            mine("account/recovery-codes/download/", my_account.download_codes, "recovery_codes_download"),
            mine("account/recovery-codes/new/", my_account.new_recovery_codes, "recovery_codes_new"),
            mine("account/mails/", my_account.choose_mails, "account_mails"),
            mine("account/calendar/", my_account.calendar_address, "calendar_address"),
            mine("account/calendar/revoke/", my_account.revoke_calendar_address, "calendar_address_revoke"),
            mine("account/sign-out-everywhere/", my_account.sign_out_everywhere, "sign_out_everywhere"),
            mine("safe/", admin_views.safe, "safe"),
            mine("safe/real/", real_database.real, "safe_real"),
            *super().get_urls(),
        ]

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Keep what is sent when the session has ended: the page asks for the password, and goes on.

        A page that changes nothing is made within ``once.page``.
        """
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def kept(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if request.method not in ("GET", "HEAD"):
                return sign_in_again.answer(request, self.has_permission) or inner(request, *args, **kwargs)
            with once.page():
                answer = inner(request, *args, **kwargs)
                return answer.render() if isinstance(answer, SimpleTemplateResponse) else answer

        return cast(View, kept)

    def index(self, request: HttpRequest, extra_context: Context | None = None) -> TemplateResponse:
        """Show the front page: how the weeks stand, and what waits."""
        return super().index(request, {**front_page.context(staff_of(request)), **(extra_context or {})})

    def needs_you(self, user: User) -> int:
        """Return how many tips wait for a person."""
        return whose_turn.count(user)

    def has_permission(self, request: HttpRequest) -> bool:
        """Let staff in; a person who must have two-factor sign-in, and has not, to that alone."""
        return super().has_permission(request) and not self._owes_a_code(request)

    def _owes_a_code(self, request: HttpRequest) -> bool:
        if not settings.STAFF_TWO_FACTOR or getattr(request.resolver_match, "view_name", "") in _OPEN:
            return False
        # Whoever gave a code has it noted in the session, which ends when the device is taken away.
        is_verified = DEVICE_ID_SESSION_KEY in request.session
        return not is_verified and two_factor.is_required(staff_of(request))

    # The stubs take the answer for a page, which Django's own is not either once the form is valid.
    def password_change(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponseBase:  # type: ignore[override]
        """Let a person change their password. Django's own page takes any number of wrong old ones."""
        context = {**self.each_context(request), "title": "Change your password", **(extra_context or {})}
        done = reverse("admin:password_change_done")
        view = PasswordChangeView.as_view(form_class=NewPasswordForm, success_url=done, extra_context=context)
        return view(request)

    def password_change_done(
        self, request: HttpRequest, extra_context: Context | None = None
    ) -> TemplateResponse:
        title = {"title": "Your password is changed"}
        return super().password_change_done(request, title | (extra_context or {}))

    def logout(self, request: HttpRequest, extra_context: Context | None = None) -> TemplateResponse:
        return super().logout(request, {"title": "You are signed out"} | (extra_context or {}))

    @method_decorator(policy)
    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        """Show the form for name and password, and take it."""
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        if request.method == "GET" and super().has_permission(request):
            if two_factor.device_of(staff_of(request)) is None:
                return redirect("admin:two_factor")
            logout(request)
        context = {**self.each_context(request), "title": "Sign in", **(extra_context or {})}
        return cast(HttpResponse, sign_in.SignIn.as_view(extra_context=context)(request))
