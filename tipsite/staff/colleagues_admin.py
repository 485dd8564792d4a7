"""The admin's pages for colleagues: the list, the form, the invitation, and the verbs."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk.errors import Refused
from desk.forms import SavedAtOnce
from desk.lists import TitledList
from desk.pages import Context, Fieldsets, badge, page, staff_of
from desk.verbs import Verb, VerbsMixin, refusals_told
from tipsite.staff import accounts, keys, rights, two_factor
from tipsite.staff.forms import (
    AccountForm,
    ColleagueForm,
    InvitationForm,
    OthersPasswordForm,
    role_field,
)

NOT_INVITED = "the invitation was accepted or cancelled meanwhile"


def _is_in(user: User, person: User) -> bool:
    return person.is_active and not accounts.is_invited(person)


VERBS: dict[str, Verb[User]] = {
    "resend": Verb(
        label="Send the invitation again",
        run=accounts.resend,
        consequence="A new link, good for seven days, goes out by mail. Earlier links stop working.",
        is_available=lambda user, person: accounts.is_invited(person),
        why_not=NOT_INVITED,
        done="The invitation is on its way again.",
    ),
    "cancel": Verb(
        label="Cancel the invitation",
        run=accounts.cancel,
        consequence="The link stops working, and the account, which nobody has used, goes away.",
        is_available=lambda user, person: accounts.is_invited(person),
        why_not=NOT_INVITED,
        done="The invitation is cancelled.",
    ),
    "sign-out": Verb(
        label="Sign out everywhere",
        run=accounts.sign_out,
        consequence="Whoever is signed in to this account, on whichever machine, has to sign in again.",
        is_available=_is_in,
        why_not="nobody can sign in to this account",
        done="Signed out everywhere.",
    ),
    "reset-two-factor": Verb(
        label="Reset two-factor sign-in",
        run=accounts.reset_two_factor,
        consequence="For a lost phone. The password alone signs in then, until a new app is set up. All"
        " sessions end, and a mail tells the person that you did this. Make sure that it is they who ask.",
        is_available=lambda user, person: two_factor.device_of(person) is not None and user != person,
        why_not="no app is set up for this account, or it is your own",
        done="Two-factor sign-in is reset.",
    ),
    "deactivate": Verb(
        label="Deactivate",
        run=accounts.deactivate,
        consequence="Nobody can sign in to this account, and its sessions end at once. Its tips stay.",
        is_available=lambda user, person: _is_in(user, person) and user != person,
        why_not="nobody can sign in to this account, or it is your own",
        done="Deactivated.",
    ),
    "reactivate": Verb(
        label="Reactivate",
        run=accounts.reactivate,
        consequence="The account works again, with the password and the role that it had.",
        is_available=lambda user, person: not person.is_active,
        why_not="the account is active",
        done="Reactivated.",
    ),
}


class ColleaguesAdmin(SavedAtOnce, VerbsMixin[User], TitledList, UserAdmin):
    """Accounts of staff. They are deactivated, never deleted: tips and the history name them."""

    form = AccountForm
    list_display = ["username", "called", "email", "role", "standing", "two_factor", "last_login"]
    list_filter = ["is_active", "is_superuser", "groups"]
    list_select_related = False
    show_full_result_count = False
    actions = None
    change_password_form = OthersPasswordForm
    verbs = VERBS
    success_message = "“%(obj)s”: %(sentence)s"

    # --- Who may what ---------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_within_reach = obj is None or accounts.may_manage(staff_of(request), obj)
        return is_within_reach and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def may_use(self, request: HttpRequest, verb: Verb[User], obj: User) -> bool:
        return self.has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        app = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        people = super().get_queryset(request).prefetch_related("groups")
        return people.annotate(has_app=Exists(app), rights=rights.joined(OuterRef("pk")))

    # --- The list -------------------------------------------------------------------------------------

    @admin.display(description="name", ordering="first_name")
    def called(self, person: User) -> str:
        return person.get_full_name()

    @admin.display(description="role")
    def role(self, person: User) -> str:
        return "Superuser" if person.is_superuser else accounts.role_of(person) or "none"

    # The same, shown on the form beside a field for another role.
    is_now = role

    @admin.display(description="state", ordering="is_active")
    def standing(self, person: User) -> SafeString:
        if not person.is_active:
            return badge("withdrawn", "Deactivated")
        return badge("in-review", "Invited") if accounts.is_invited(person) else badge("public", "Active")

    @admin.display(description="two-factor", ordering="has_app")
    def two_factor(self, person: User) -> str:
        return "on" if getattr(person, "has_app", False) else "off"

    # --- The form -------------------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        by = staff_of(request)
        if by.is_superuser:
            return super().get_form(request, obj, change=change, **kwargs)
        kwargs |= {"form": ColleagueForm, "fields": ["first_name", "last_name", "email"]}
        # Django makes a class for each request.
        form = admin.ModelAdmin.get_form(self, request, obj, change, **kwargs)
        if "email" in form.base_fields:
            form.base_fields["email"].required = True
        if obj != by:
            form.base_fields["role"] = role_field(by, obj)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Fieldsets:
        if staff_of(request).is_superuser:
            return tuple(super().get_fieldsets(request, obj))
        to_give = obj and obj.pk != request.user.pk and self.has_change_permission(request, obj)
        fields = ["user_name", "first_name", "last_name", "email", "role" if to_give else "is_now"]
        about = ["standing", "two_factor", "last_login", "date_joined"]
        return (None, {"fields": fields}), ("About", {"fields": about})

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        if staff_of(request).is_superuser:
            return ["last_login", "date_joined"]
        return ["user_name", "is_now", "standing", "two_factor", "last_login", "date_joined"]

    @admin.display(description="user name")
    def user_name(self, person: User) -> str:
        """What the person signs in with, without the rules that Django says beside it."""
        return person.get_username()

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        by = staff_of(request)
        if "email" in form.changed_data and (old := accounts.change_address(obj, by=by)):
            notify = refusals_told(request)(accounts.notify_of_new_address)
            transaction.on_commit(partial(notify, obj, old, by=by))
        if not by.is_superuser:
            obj.save(update_fields=["first_name", "last_name", "email"])
            role = form.cleaned_data.get("role")
            if role and role != accounts.role_of(obj):
                accounts.change_role(obj, role, by=by)
            return
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data:
            keys.end_all(obj)

    def form_context(self, request: HttpRequest, obj: User | None, context: Context) -> Context:
        verbs = self.available_verbs(request, obj) if obj and self.has_change_permission(request, obj) else {}
        return {"show_save_and_add_another": False, "verbs": verbs}

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Let superusers alone set a password for somebody else: others send a link."""
        if not staff_of(request).is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    # --- Inviting and the verbs -----------------------------------------------------------------------

    def add_view(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Invite a colleague by mail: an account is not made in any other way here."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        by = staff_of(request)
        form = InvitationForm(by, request.POST or None)
        if form.is_valid():
            try:
                person = accounts.invite(**form.cleaned_data, by=by)
            except Refused as refusal:
                form.add_error("address", str(refusal))
            else:
                with refusals_told(request):
                    accounts.send_invitation(person, by=by)
                    messages.success(request, f"The invitation for {person.email} is on its way.")
                return redirect("admin:auth_user_change", person.pk)
        button = "Send the invitation"
        return page(request, "staff/invite", "Invite a colleague", opts=self.opts, form=form, button=button)
