"""What staff fill in about themselves and about colleagues."""

from datetime import timedelta

from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.admin.widgets import AdminEmailInputWidget, AdminTextInputWidget
from django.contrib.auth.forms import PasswordResetForm, UserChangeForm
from django.contrib.auth.models import User
from django.http import QueryDict

from desk.concurrent_forms import ConcurrentForm
from shield.rate_limits import FixedWindow
from tipsite.staff import accounts, tasks

PER_ADDRESS = FixedWindow("password reset address", 3, timedelta(hours=1))
# Whoever finds an open session must not guess its owner's password there.
PASSWORDS_AGAIN = FixedWindow("password again", 10, timedelta(hours=1))

WHAT_ROLES_DO = {
    "Author": "writes own tips and hands them in for review",
    "Editor": "changes, approves and plans everyone’s tips",
    "Publisher": "all that, and subscribers, mailings and staff",
}
TOO_MANY_CODES = "Too many codes were tried for this account. Please try again in an hour."
WRONG_CODE = "That code is not right, or was used already. Wait for the next one; check your phone’s clock."
_CODE_INPUT = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}


def role_field(by: User, person: User | None = None) -> forms.ChoiceField:
    """Return a field with the roles that ``by`` may give, each with what it does.

    One is to be chosen, unless it is for a ``person`` who may have one already.
    """
    roles = [role for role in WHAT_ROLES_DO if accounts.may_give(by, role)]
    offered = [(role, f"{role}: {WHAT_ROLES_DO[role]}") for role in roles]
    initial = accounts.role_of(person) if person else ""
    return forms.ChoiceField(choices=offered, widget=forms.RadioSelect, initial=initial, required=not person)


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    address = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="The invitation goes there.",
        widget=AdminEmailInputWidget({"autocomplete": "off"}),
    )
    first_name = forms.CharField(max_length=150, widget=AdminTextInputWidget)
    last_name = forms.CharField(max_length=150, required=False, widget=AdminTextInputWidget)

    def __init__(self, by: User, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["role"] = role_field(by)


class AccountForm(ConcurrentForm, UserChangeForm):
    """An account as a superuser changes it."""


class ColleagueForm(ConcurrentForm):
    """An account as somebody below a superuser changes it."""

    def clean_email(self) -> str:
        address = self.cleaned_data["email"]
        if taken := accounts.account_with(address, but=self.instance):
            raise forms.ValidationError(f"This address belongs to the account “{taken}”. Give another one.")
        return address


class ForgottenForm(PasswordResetForm):
    """The address of somebody who forgot their password. Nothing tells whether it is known."""

    def save(self, *args: object, **kwargs: object) -> None:
        if PER_ADDRESS.spend(self.cleaned_data["email"].casefold()):
            for person in self.get_users(self.cleaned_data["email"]):
                tasks.nudge_password_reset(person)


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(max_length=40, widget=forms.TextInput({**_CODE_INPUT, "autofocus": True}))


def _spend_a_try(person: User) -> None:
    if not PASSWORDS_AGAIN.spend(str(person.pk)):
        raise forms.ValidationError("Too many tries. Please try again in an hour.")


class NewPasswordForm(AdminPasswordChangeForm):
    """A new password, for whoever is signed in and knows the old one."""

    def clean_old_password(self) -> str:
        _spend_a_try(self.user)
        return super().clean_old_password()


class PasswordAgainForm(forms.Form):
    """The password of whoever is signed in, before something that they would not want a stranger to do."""

    password = forms.CharField(label="Your password", strip=False, widget=forms.PasswordInput)
    password.widget.attrs["autocomplete"] = "current-password"

    def __init__(self, person: User, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.person = person

    def clean_password(self) -> str:
        _spend_a_try(self.person)
        if not self.person.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError("That is not your password. Please type it again.")
        return self.cleaned_data["password"]
