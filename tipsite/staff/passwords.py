"""Setting a password by a link from a mail: the first one, or a new one for one that was forgotten."""

from datetime import timedelta

from django.contrib import admin
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.views.generic.base import ContextMixin, View

from desk.log import log
from desk.pages import Context
from shield import request_origin
from shield.network_limits import NetworkLimit
from tipsite.staff import lockout, mailed_links
from tipsite.staff.audit_log import AccountAction
from tipsite.staff.authentication import BACKEND
from tipsite.staff.forms import FirstPasswordForm, ForgottenForm

PER_NETWORK = NetworkLimit("password reset network", 20, timedelta(hours=1))


class InTheAdmin(ContextMixin, View):
    """Gives a page of Django's what every page of the admin has."""

    def get_context_data(self, **kwargs: object) -> Context:
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs)}


class Forgotten(InTheAdmin, views.PasswordResetView):
    """Ask for an address; the answer is the same whether it is known or not."""

    form_class = ForgottenForm
    title = "Forgotten your password?"
    success_url = reverse_lazy("admin:password_reset_done")

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        if PER_NETWORK.spend(request_origin.networks(self.request)):
            return super().form_valid(form)
        form.add_error(None, "Many people asked for this from your network just now. Please try in an hour.")
        response = self.form_invalid(form)
        response.status_code = 429
        return response


class ForgottenSent(InTheAdmin, views.PasswordResetDoneView):
    title = "Look into your mail"


class NewPassword(InTheAdmin, views.PasswordResetConfirmView):
    """Take a new password from whoever has the link. The code of their app is asked for afterwards."""

    form_class = FirstPasswordForm
    token_generator = mailed_links.FORGOTTEN
    title = "Choose a new password"
    action, note = AccountAction.PASSWORD_SET, "Set a new password by mail."
    success_url = reverse_lazy("admin:password_reset_complete")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        token = self.request.session.get(views.INTERNAL_RESET_SESSION_TOKEN)
        with transaction.atomic():
            # Of two who use a link at once one is too late, as is whoever uses one that is being cancelled:
            # saving the account as it was read would bring it back.
            person = User.objects.select_for_update().filter(pk=self.user.pk).first()
            if not self.token_generator.check_token(person, token):
                self.validlink = False
                return self.render_to_response(self.get_context_data())
            response = super().form_valid(form)
            log(self.user, self.user, self.action, self.note)
        lockout.forget(self.request, self.user)
        return response

    def get_context_data(self, **kwargs: object) -> Context:
        context = super().get_context_data(**kwargs)
        if not self.validlink:
            context["title"] = "This link no longer works"
        return context


class NewPasswordSet(InTheAdmin, views.PasswordResetCompleteView):
    title = "Your new password is set"


class Invitation(NewPassword):
    """Welcome a colleague: they set a password, and are in."""

    token_generator = mailed_links.INVITATION
    title = "Welcome"
    action, note = AccountAction.INVITATION_ACCEPTED, "Accepted the invitation."
    success_url = reverse_lazy("admin:index")
    post_reset_login = True
    post_reset_login_backend = BACKEND
    extra_context = {"invited": True}

    def get_user(self, uidb64: str) -> User | None:
        """Return whom the link was made for, while they wait for their first password."""
        person = super().get_user(uidb64)
        return person if isinstance(person, User) and not person.has_usable_password() else None
