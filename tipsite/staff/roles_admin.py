"""The admin's pages for roles: what each may do, and who has it."""

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.text import capfirst

from desk import names
from desk.concurrent_forms import ConcurrentForm
from desk.forms import SavedAtOnce
from desk.lists import TitledList
from desk.pages import Fieldsets
from tips.text import folding
from tipsite.staff import given_roles
from tipsite.staff.roles import ROLES, WHAT_THEY_DO

_OFFERED = frozenset[str]().union(*ROLES.values())


class _Rights(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Permission) -> str:
        return f"{capfirst(given_roles.kind_in_words(obj))}: {obj.name.removeprefix('Can ')}"


class RoleForm(ConcurrentForm):
    """A role of the site's own: its name, and the rights that the program asks for."""

    permissions = _Rights(
        Permission.objects.none(), label="May", required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Group
        fields = ["name", "permissions"]

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if folding.key(name) in map(folding.key, WHAT_THEY_DO):
            raise forms.ValidationError("The program has a role of that name. Choose another one.")
        return name

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(field := self.fields.get("permissions"), _Rights):
            apps, codes = zip(*(right.split(".") for right in _OFFERED), strict=True)
            offered = Q(content_type__app_label__in=apps, codename__in=codes)
            # A right beside them that the role has is shown too, so that saving takes nothing away unseen.
            held = Q(pk__in=self.instance.permissions.values("pk")) if self.instance.pk else Q()
            rights = Permission.objects.filter(offered | held)
            field.queryset = rights.select_related("content_type").order_by("content_type__model", "codename")


class RolesAdmin(SavedAtOnce, TitledList):
    """The groups of staff. Those of the program are made anew with each release, and typed over by nobody."""

    form = RoleForm
    list_display = ["name", "what", "people"]
    actions = None
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        # By a subquery: PostgreSQL locks no row of a query that groups.
        having = User.objects.filter(groups=OuterRef("pk")).order_by().values("groups")
        number = Subquery(having.values_list(Count("pk")))
        roles = super().get_queryset(request).annotate(number=Coalesce(number, 0))
        return roles.prefetch_related("permissions__content_type")

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.name not in ROLES)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.name not in ROLES)

    def get_fieldsets(self, request: HttpRequest, obj: Group | None = None) -> Fieldsets:
        own = ["name", "what", "members"]
        return ((None, {"fields": own if obj and obj.name in ROLES else ["name", "permissions"]}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> list[str]:
        return ["what", "members"]

    @admin.display(description="what it does")
    def what(self, group: Group) -> str:
        return capfirst(given_roles.what(group))

    @admin.display(description="people", ordering="number")
    def people(self, group: Group) -> int:
        return vars(group)["number"]

    @admin.display(description="who has it")
    def members(self, group: Group) -> str:
        people = group.user_set.order_by("first_name", "last_name", "username")
        return ", ".join(map(names.person, people)) or "nobody"
