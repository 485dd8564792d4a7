"""The desk with its door: signing in, accounts, and who is led to two-factor sign-in first."""

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django_otp import DEVICE_ID_SESSION_KEY

from desk.admin_site import DeskSite, policy
from tipsite.dashboard import front_page
from tipsite.safety import admin_views
from tipsite.staff import my_account, passwords, sign_in, two_factor
from tipsite.staff.forms import NewPasswordForm

# What stays open to whoever has still to set two-factor sign-in up.
OPEN = {"admin:two_factor", "admin:logout", "admin:jsi18n"}


class StaffDesk(DeskSite):
    """The back office of this site."""

    def get_urls(self):
        def mine(view):
            return self.admin_view(view)

        def anyone(view):
            return policy(view.as_view())

        return [
            path("login/code/", sign_in.code, name="login_code"),
            path("password-reset/", anyone(passwords.Forgotten), name="password_reset"),
            path("password-reset/sent/", anyone(passwords.ForgottenSent), name="password_reset_done"),
            path(
                "password-reset/<uidb64>/<token>/",
                anyone(passwords.NewPassword),
                name="password_reset_confirm",
            ),
            path("password-reset/done/", anyone(passwords.NewPasswordSet), name="password_reset_complete"),
            path("invitation/<uidb64>/<token>/", anyone(passwords.Invitation), name="invitation"),
            path("account/", mine(my_account.account), name="account"),
            path("account/two-factor/", mine(my_account.set_up), name="two_factor"),
            path("account/two-factor/off/", mine(my_account.turn_off), name="two_factor_off"),
            path("account/recovery-codes/", mine(my_account.recovery_codes), name="recovery_codes"),
            path(
                "account/recovery-codes/download/",
                mine(my_account.download_recovery_codes),
                name="recovery_codes_download",
            ),
            path(
                "account/recovery-codes/new/", mine(my_account.new_recovery_codes), name="recovery_codes_new"
            ),
            path(
                "account/sign-out-everywhere/",
                mine(my_account.sign_out_everywhere),
                name="sign_out_everywhere",
            ),
            path("safe/", mine(admin_views.safe), name="safe"),
            path("safe/real/", mine(admin_views.real), name="safe_real"),
            *super().get_urls(),
        ]

    def index(self, request, extra_context=None):
        """Show the front page: how the weeks stand, and what waits."""
        return super().index(request, {**front_page.context(request.user), **(extra_context or {})})

    def has_permission(self, request):
        """Let staff in; whoever must have two-factor sign-in, and has not, to that alone."""
        return super().has_permission(request) and not self._owes_a_code(request)

    def _owes_a_code(self, request):
        if not settings.STAFF_TWO_FACTOR or getattr(request.resolver_match, "view_name", "") in OPEN:
            return False
        # Whoever gave a code has it noted in the session, which ends when the device is taken away.
        return DEVICE_ID_SESSION_KEY not in request.session and two_factor.is_required(request.user)

    def password_change(self, request, extra_context=None):
        """Let a person change their password. Django's own page takes any number of wrong old ones."""
        view = PasswordChangeView.as_view(
            form_class=NewPasswordForm,
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)

    @method_decorator(policy)
    @method_decorator(never_cache)
    def login(self, request, extra_context=None):
        """Show the form for name and password, and take it."""
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.method == "GET" and super().has_permission(request):
            if two_factor.device_of(request.user) is None:
                return HttpResponseRedirect(reverse("admin:two_factor"))
            logout(request)
        context = {
            **self.each_context(request),
            "title": "Log in",
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
        }
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            context[REDIRECT_FIELD_NAME] = reverse("admin:index")
        view = sign_in.SignIn.as_view(
            extra_context={**context, **(extra_context or {})},
            authentication_form=AdminAuthenticationForm,
            template_name="admin/login.html",
        )
        return view(request)
