"""What staff fill in about themselves and about colleagues."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.admin.widgets import AdminEmailInputWidget, AdminTextInputWidget
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm, UsernameField
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, QueryDict

from desk import names
from desk.concurrent_forms import ConcurrentForm
from shield.rate_limits import FixedWindow
from tipsite.staff import accounts, given_roles, tasks
from tipsite.staff.roles import WHAT_THEY_DO

PER_ADDRESS = FixedWindow("password reset address", 3, timedelta(hours=1))
# Whoever finds an open session must not guess its owner's password there.
PASSWORDS_AGAIN = FixedWindow("password again", 10, timedelta(hours=1))

ADDRESS_LENGTH = 254
# What stands for none of the program's roles: a field without a value is none that was chosen.
NO_ROLE = "none"
TOO_MANY_CODES = "Too many codes were tried for this account. Please try again in an hour."
WRONG_CODE = "That code is not right, or was used already. Wait for the next one; check your phone’s clock."
_CODE_INPUT = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}


def role_field(by: User, person: User) -> forms.ChoiceField:
    """Return a field with the program's roles that ``by`` may give a person, each with what it does."""
    held = given_roles.role_of(person)
    offered = [*_program_roles(by), (NO_ROLE, "None of these: what the further roles allow, and no more")]
    return forms.ChoiceField(
        choices=offered, widget=forms.RadioSelect, initial=held or NO_ROLE, required=False
    )


def further_roles_field(by: User, person: User) -> forms.MultipleChoiceField:
    """Return a field with the site's own roles that ``by`` may give a person, each with what it allows."""
    offered = [(str(role.pk), _in_words(role)) for role in given_roles.own_roles_to_give(by)]
    return forms.MultipleChoiceField(
        choices=offered,
        widget=forms.CheckboxSelectMultiple,
        initial=[str(role.pk) for role in given_roles.further_of(person)],
        required=False,
        help_text="" if offered else "There is none that you may give. Owners make them under “Roles”.",
    )


def _program_roles(by: User) -> list[tuple[str, str]]:
    return [
        (role, f"{role}: {does}") for role, does in WHAT_THEY_DO.items() if given_roles.may_give(by, role)
    ]


def _in_words(role: Group) -> str:
    return f"{role.name}: {given_roles.what(role)}"


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    address = forms.EmailField(
        label="E-mail address",
        max_length=ADDRESS_LENGTH,
        help_text="The invitation goes there.",
        widget=AdminEmailInputWidget({"autocomplete": "off"}),
    )
    first_name = forms.CharField(max_length=150, widget=AdminTextInputWidget)
    last_name = forms.CharField(max_length=150, required=False, widget=AdminTextInputWidget)

    def __init__(self, by: User, data: QueryDict | None = None) -> None:
        super().__init__(data)
        own = [(role.name, _in_words(role)) for role in given_roles.own_roles_to_give(by)]
        self.fields["role"] = forms.ChoiceField(choices=[*_program_roles(by), *own], widget=forms.RadioSelect)


class ColleagueForm(ConcurrentForm):
    """The account of a colleague: what they are called, and what they sign in with."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email", "username"]
        labels = {"email": "E-mail address", "username": "Sign-in name"}
        help_texts = {"username": "Letters, digits and @ . + - _ alone. Their e-mail address signs in too."}

    def clean_email(self) -> str:
        address = self.cleaned_data["email"]
        if address and (taken := accounts.account_with(address, but=self.instance)):
            raise forms.ValidationError(
                f"This address belongs to the account of {names.person(taken)}. Give another one."
            )
        return address


class ForgottenForm(PasswordResetForm):
    """The address of somebody who forgot their password. Nothing tells whether it is known."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=ADDRESS_LENGTH,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )

    def save(self, *args: object, **kwargs: object) -> None:
        if PER_ADDRESS.spend(self.cleaned_data["email"].casefold()):
            for person in self.get_users(self.cleaned_data["email"]):
                tasks.nudge_password_reset(person)


class SignInForm(AdminAuthenticationForm):
    """A name or an e-mail address, in any case, and a password. The answer to a wrong one tells nothing."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "That name or address and that password do not belong together. Check both: in the"
        " password, capital letters count.",
    }
    username = UsernameField(
        label="Name or e-mail address",
        widget=forms.TextInput({"autofocus": True, "autocapitalize": "none", "autocomplete": "username"}),
    )

    def __init__(self, request: HttpRequest | None = None, **kwargs: Any) -> None:
        super().__init__(request, **kwargs)
        # Django's own form allows no more than a name may have.
        self.fields["username"].widget.attrs["maxlength"] = ADDRESS_LENGTH


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(max_length=40, widget=forms.TextInput({**_CODE_INPUT, "autofocus": True}))


def _spend_a_try(person: User) -> None:
    if not PASSWORDS_AGAIN.spend(str(person.pk)):
        raise forms.ValidationError("Too many tries. Please try again in an hour.")


class FirstPasswordForm(SetPasswordForm):
    """A new password, for whoever has a link; what is wrong with a weak one stands at that field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password2"].label, self.fields["new_password2"].help_text = "Once more", ""

    def validate_password_for_user(self, user: User, password_field_name: str = "") -> None:
        super().validate_password_for_user(user, password_field_name="new_password1")  # noqa: S106  its name


class NewPasswordForm(AdminPasswordChangeForm, FirstPasswordForm):
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
