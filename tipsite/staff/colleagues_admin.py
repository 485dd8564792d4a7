"""The admin's pages for colleagues: the list, the form, the invitation, and the verbs."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk import names
from desk.errors import Refused
from desk.forms import SavedAtOnce
from desk.lists import ChoiceFilter, TitledList
from desk.pages import Context, Fieldsets, badge, page, staff_of
from desk.verbs import Verb, VerbsMixin, refusals_told
from tips import dates
from tipsite.staff import accounts, given_roles, permits, rights, two_factor
from tipsite.staff.forms import (
    NO_ROLE,
    ColleagueForm,
    FirstPasswordForm,
    InvitationForm,
    further_roles_field,
    role_field,
)
from tipsite.staff.roles import OWNER, WHAT_THEY_DO

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


class RoleFilter(admin.SimpleListFilter):
    title = parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        own = Group.objects.exclude(name__in=WHAT_THEY_DO).order_by("name")
        return [(role, role) for role in [*WHAT_THEY_DO, *own.values_list("name", flat=True)]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if not (role := self.value()):
            return queryset
        if role == OWNER:
            return queryset.filter(is_superuser=True)
        # What an owner has of the program's roles adds nothing, and is not shown.
        without = Q(is_superuser=False) if role in WHAT_THEY_DO else Q()
        return queryset.filter(without, groups__name=role)


class StandingFilter(ChoiceFilter):
    title = parameter_name = "state"
    options = {
        "active": ("Active", lambda people: people.filter(is_active=True)),
        "deactivated": ("Deactivated", lambda people: people.filter(is_active=False)),
    }


class ColleaguesAdmin(SavedAtOnce, VerbsMixin[User], TitledList, UserAdmin):
    """Accounts of staff. They are deactivated, never deleted: tips and the history name them."""

    form = ColleagueForm
    list_display = ["called", "email_address", "role", "standing", "two_factor", "signed_in"]
    list_filter = [RoleFilter, StandingFilter]
    list_select_related = False
    show_full_result_count = False
    ordering = ["first_name", "last_name", "username"]
    actions = None
    verbs = VERBS
    success_message = "%(obj)s: %(sentence)s"

    # --- Who may what ---------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_within_reach = obj is None or permits.may_manage(staff_of(request), obj)
        return is_within_reach and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def may_use(self, request: HttpRequest, verb: Verb[User], obj: User) -> bool:
        return self.has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        app = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        people = super().get_queryset(request).prefetch_related("groups")
        return people.annotate(has_app=Exists(app), rights=rights.joined(OuterRef("pk")))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """Return the account; locked while it is written, and with it that of whoever writes."""
        if request.method == "POST" and connection.in_atomic_block:
            person = UserAdmin.get_object(self, request, object_id, from_field)
            if isinstance(person, User):
                permits.lock(staff_of(request), person)
        found = super().get_object(request, object_id, from_field)
        return found if isinstance(found, User) else None

    # --- What list and form show ----------------------------------------------------------------------

    @admin.display(description="name", ordering="first_name")
    def called(self, person: User) -> str:
        return names.person(person)

    @admin.display(description="e-mail address", ordering="email", empty_value="none")
    def email_address(self, person: User) -> str:
        return person.email

    @admin.display(description="role")
    def role(self, person: User) -> str:
        return given_roles.all_of(person) or "none"

    # The same, shown on the form beside a field for another role.
    is_now = role

    @admin.display(description="state", ordering="is_active")
    def standing(self, person: User) -> SafeString:
        if not person.is_active:
            return badge("withdrawn", "Deactivated")
        return badge("in-review", "Invited") if accounts.is_invited(person) else badge("public", "Active")

    @admin.display(description="two-factor sign-in", ordering="has_app")
    def two_factor(self, person: User) -> str:
        return "on" if getattr(person, "has_app", False) else "off"

    @admin.display(description="last signed in", ordering="last_login")
    def signed_in(self, person: User) -> str:
        return dates.short(person.last_login) if person.last_login else "never"

    @admin.display(description="here since")
    def since(self, person: User) -> str:
        return dates.short_day(person.date_joined)

    @admin.display(description="sign-in name")
    def sign_in_name(self, person: User) -> str:
        return person.get_username()

    # --- The form -------------------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        by = staff_of(request)
        kwargs |= {"fields": ["first_name", "last_name", "email", *(["username"] if by.is_superuser else [])]}
        # Django makes a class for each request.
        form = admin.ModelAdmin.get_form(self, request, obj, change, **kwargs)
        if "email" in form.base_fields:
            form.base_fields["email"].required = not by.is_superuser
        if obj and obj != by:
            form.base_fields["role"] = role_field(by, obj)
            form.base_fields["further_roles"] = further_roles_field(by, obj)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Fieldsets:
        may_change = self.has_change_permission(request, obj)
        name = "username" if may_change and staff_of(request).is_superuser else "sign_in_name"
        is_given = may_change and obj and obj.pk != request.user.pk
        roles = ["role", "further_roles"] if is_given else ["is_now"]
        fields = ["first_name", "last_name", "email", name, *roles]
        return (None, {"fields": fields}), (
            "About",
            {"fields": ["standing", "two_factor", "signed_in", "since"]},
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["sign_in_name", "is_now", "standing", "two_factor", "signed_in", "since"]

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        by = staff_of(request)
        if "email" in form.changed_data and (old := accounts.change_address(obj, by=by)):
            notify = refusals_told(request)(accounts.notify_of_new_address)
            transaction.on_commit(partial(notify, obj, old, by=by))
        obj.save(update_fields=["first_name", "last_name", "email", "username"])
        role = form.cleaned_data.get("role")
        if role and "role" in form.changed_data:
            given_roles.change_role(obj, "" if role == NO_ROLE else role, by=by)
        if "further_roles" in form.changed_data:
            given_roles.change_further_roles(obj, form.cleaned_data["further_roles"], by=by)

    def form_context(self, request: HttpRequest, obj: User | None, context: Context) -> Context:
        may_change = obj is not None and self.has_change_permission(request, obj)
        verbs = self.available_verbs(request, obj) if obj and may_change else {}
        # Others than owners send a link.
        sets_password = may_change and staff_of(request).is_superuser and obj != request.user
        return {"show_save_and_add_another": False, "verbs": verbs, "sets_password": sets_password}

    @method_decorator(sensitive_post_parameters())
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Let owners alone set a password for somebody else: others send a link."""
        by, person = staff_of(request), self.get_object(request, id)
        if not by.is_superuser:
            raise PermissionDenied
        if not isinstance(person, User):
            raise Http404("There is no such account.")
        form = FirstPasswordForm(person, request.POST or None)
        if form.is_valid():
            with refusals_told(request):
                accounts.set_password(form, by=by)
                messages.success(request, f"{names.person(person)}: the new password holds.")
            return redirect("admin:auth_user_change", person.pk)
        title = f"A new password for {names.person(person)}"
        return page(request, "staff/set_password", title, opts=self.opts, form=form, person=person)

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
