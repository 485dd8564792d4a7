"""Colleagues in the desk: the list, the form, inviting, and the verbs."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk.errors import NotPermitted, Refused
from tipsite.staff import accounts, sessions
from tipsite.staff.forms import ColleagueForm, InvitationForm


@dataclass(frozen=True)
class Verb:
    """A verb over an account, as the desk offers it; ``fits`` tells for which accounts it makes sense."""

    label: str
    run: Callable
    fits: Callable
    follows: str
    done: str


def _is_in(person):
    return person.is_active and not accounts.is_invited(person)


VERBS = {
    "resend": Verb(
        label="Send the invitation again",
        run=accounts.resend,
        fits=accounts.is_invited,
        follows="A new link goes out by mail, good for seven days. The links of earlier mails stop working.",
        done="The invitation is on its way again.",
    ),
    "cancel": Verb(
        label="Cancel the invitation",
        run=accounts.cancel,
        fits=accounts.is_invited,
        follows="The link stops working, and the account, which nobody has used, goes away.",
        done="The invitation is cancelled.",
    ),
    "sign-out": Verb(
        label="Sign out everywhere",
        run=accounts.sign_out,
        fits=_is_in,
        follows="Whoever is signed in to this account, on whichever machine, has to sign in again.",
        done="Signed out everywhere.",
    ),
    "reset-two-factor": Verb(
        label="Reset two-factor sign-in",
        run=accounts.reset_two_factor,
        fits=lambda person: person.has_app,
        follows="For a lost phone. The password alone signs in then, until a new app is set up. All sessions"
        " end, and a mail tells the person that you did this. Make sure that it is they who ask.",
        done="Two-factor sign-in is reset.",
    ),
    "deactivate": Verb(
        label="Deactivate",
        run=accounts.deactivate,
        fits=_is_in,
        follows="Nobody can sign in to this account any more, and its sessions end at once. Its tips stay.",
        done="Deactivated.",
    ),
    "reactivate": Verb(
        label="Reactivate",
        run=accounts.reactivate,
        fits=lambda person: not person.is_active,
        follows="The account works again, with the password and the role that it had.",
        done="Reactivated.",
    ),
}


class PeopleAdmin(UserAdmin):
    """Accounts of staff. They are deactivated, never deleted: tips and the history name them."""

    list_display = ["username", "called", "email", "role", "standing", "two_factor", "last_login"]
    list_filter = ["is_active", "is_superuser", "groups"]
    list_select_related = False
    show_full_result_count = False
    actions = None

    # --- Who may what ---------------------------------------------------------------------------------

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or accounts.may_manage(request.user, obj)
        )

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        app = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).annotate(has_app=Exists(app)).prefetch_related("groups")

    # --- The list -------------------------------------------------------------------------------------

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Users", **(extra_context or {})})

    @admin.display(description="name", ordering="first_name", empty_value="")
    def called(self, person):
        return person.get_full_name() or None

    @admin.display(description="role", empty_value="none")
    def role(self, person):
        if person.is_superuser:
            return "Superuser"
        return accounts.role_of(person) or None

    @admin.display(description="state", ordering="is_active")
    def standing(self, person):
        if not person.is_active:
            kind, word = "withdrawn", "Deactivated"
        elif accounts.is_invited(person):
            kind, word = "in-review", "Invited"
        else:
            kind, word = "public", "Active"
        return format_html('<span class="state state-{}">{}</span>', kind, word)

    @admin.display(description="two-factor", ordering="has_app")
    def two_factor(self, person):
        return "on" if person.has_app else "off"

    # --- The form -------------------------------------------------------------------------------------

    def get_form(self, request, obj=None, **kwargs):
        if request.user.is_superuser:
            return super().get_form(request, obj, **kwargs)
        form = admin.ModelAdmin.get_form(self, request, obj, **{**kwargs, "form": ColleagueForm})
        return type("BoundForm", (form,), {"by": request.user})

    def get_fieldsets(self, request, obj=None):
        if request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        to_give = obj and obj.pk != request.user.pk and self.has_change_permission(request, obj)
        fields = ["user_name", "first_name", "last_name", "email", "role" if to_give else "is_now"]
        about = ["standing", "two_factor", "last_login", "date_joined"]
        return [(None, {"fields": fields}), ("About", {"fields": about})]

    def get_readonly_fields(self, request, obj=None):
        if request.user.is_superuser:
            return ["last_login", "date_joined"]
        return ["user_name", "is_now", "standing", "two_factor", "last_login", "date_joined"]

    @admin.display(description="user name")
    def user_name(self, person):
        """What the person signs in with, without the rules that Django says beside it."""
        return person.get_username()

    @admin.display(description="role")
    def is_now(self, person):
        return self.role(person) or "none"

    def save_model(self, request, obj, form, change):
        if "email" in form.changed_data and (old := accounts.change_address(obj, by=request.user)):
            transaction.on_commit(lambda: self._tell_of_new_address(request, obj, old))
        if not request.user.is_superuser:
            obj.save(update_fields=["first_name", "last_name", "email"])
            role = form.cleaned_data.get("role")
            if role and role != accounts.role_of(obj):
                accounts.change_role(obj, role, by=request.user)
            return
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data and not obj.is_active:
            sessions.end_all(obj)

    def _tell_of_new_address(self, request, person, old):
        try:
            accounts.tell_of_new_address(person, old, by=request.user)
        except accounts.NotSent as refusal:
            self.message_user(request, str(refusal), messages.ERROR)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["show_save_and_add_another"] = False
        if obj and self.has_change_permission(request, obj):
            context["verbs"] = {
                name: verb
                for name, verb in VERBS.items()
                if verb.fits(obj) and not (obj.pk == request.user.pk and name != "sign-out")
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def user_change_password(self, request, id, form_url=""):
        """Let superusers alone set a password for somebody else: others send a link."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    # --- Inviting and the verbs -----------------------------------------------------------------------

    def get_urls(self):
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<int:pk>/do/<slug:name>/", view, name="auth_user_do"), *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Invite a colleague by mail: an account is not made in any other way here."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InvitationForm(request.user, request.POST or None)
        if form.is_valid() and (person := self._invited(request, form)):
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[person.pk]))
        context = {"title": "Invite a colleague", "form": form, "button": "Send the invitation"}
        return self._page(request, "invite", context)

    def _invited(self, request, form):
        """Return the account that an invitation made, or None after saying in the form why there is none."""
        data = form.cleaned_data
        names = {"first_name": data["first_name"], "last_name": data["last_name"]}
        try:
            person = accounts.invite(data["address"], data["role"], by=request.user, **names)
        except NotPermitted:
            raise
        except Refused as refusal:
            form.add_error("address", str(refusal))
            return None
        try:
            accounts.send_invitation(person, by=request.user)
        except accounts.NotSent as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, f"The invitation for {person.email} is on its way.", messages.SUCCESS)
        return person

    def verb_view(self, request, pk, name):
        """Say what a verb does, and do it on POST."""
        verb, person = VERBS.get(name), self.get_object(request, str(pk))
        if verb is None:
            raise Http404("There is no such verb.")
        if person is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if not verb.fits(person):
            self.message_user(request, f"“{person}”: there is nothing to do that to now.", messages.WARNING)
            return self._back(person)
        if request.method == "POST":
            return self._do(request, person, verb)
        context = {"title": f"{verb.label}: {person}", "verb": verb, "original": person}
        return self._page(request, "verb", context)

    def _do(self, request, person, verb):
        pk = person.pk
        try:
            verb.run(person, by=request.user)
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, f"“{person}”: {verb.done}", messages.SUCCESS)
        return self._back(self.model(pk=pk))

    def _back(self, person):
        if self.model.objects.filter(pk=person.pk).exists():
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[person.pk]))
        return HttpResponseRedirect(reverse("admin:auth_user_changelist"))

    def _page(self, request, name, context):
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/staff/{name}.html", context)
