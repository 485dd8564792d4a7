"""Which roles people have, who may give which, and giving them.

A person has one of the program's roles or none, and any of the site's own roles beside it. An owner needs no
group: Django calls them superusers.
"""

from collections.abc import Collection, Iterable

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Prefetch, QuerySet

from desk import names
from desk.errors import NotPermitted, Overtaken
from desk.log import log
from tipsite.staff.audit_log import AccountAction
from tipsite.staff.permits import permitted
from tipsite.staff.roles import OWNER, ROLES, WHAT_THEY_DO

_DEFAULT_VERBS = ("add", "change", "delete", "view")


def own_roles() -> QuerySet[Group]:
    """Return the roles of the site's own making, by name, with their rights."""
    rights = Permission.objects.select_related("content_type").order_by("content_type__model", "codename")
    own = Group.objects.exclude(name__in=WHAT_THEY_DO)
    return own.prefetch_related(Prefetch("permissions", rights)).order_by("name")


def rights_in_words(permissions: Iterable[Permission]) -> str:
    """Return what some permissions allow, such as “add, view tips; approve, plan and send back tips”."""
    verbs: dict[str, list[str]] = {}
    others = []
    for each in permissions:
        verb, _, of = each.codename.partition("_")
        if verb in _DEFAULT_VERBS and of == each.content_type.model:
            verbs.setdefault(kind_in_words(each), []).append("look at" if verb == "view" else verb)
        else:
            others.append(each.name.removeprefix("Can "))
    return (
        "; ".join([*(f"{', '.join(said)} {kind}" for kind, said in verbs.items()), *others]) or "nothing yet"
    )


def kind_in_words(permission: Permission) -> str:
    """Return what a permission is about, as the desk calls it: “tips”."""
    model = permission.content_type.model_class()
    return names.kind(model._meta, plural=True) if model else permission.content_type.model


def what(role: Group) -> str:
    """Return what a role does, in words."""
    return WHAT_THEY_DO.get(role.name) or rights_in_words(role.permissions.all())


def role_of(person: User) -> str:
    """Return the name of the highest of the program's roles that a person has, or ""."""
    if person.is_superuser:
        return OWNER
    held = {group.name for group in person.groups.all()}
    return next((role for role in reversed(ROLES) if role in held), "")


def further_of(person: User) -> list[Group]:
    """Return the roles of the site's own that a person has, by name."""
    own = (group for group in person.groups.all() if group.name not in WHAT_THEY_DO)
    return sorted(own, key=lambda group: group.name)


def all_of(person: User) -> str:
    """Return the names of all roles of a person, as one text; empty for none."""
    return ", ".join(filter(None, [role_of(person), *(group.name for group in further_of(person))]))


def may_give(by: User, role: str) -> bool:
    """Tell whether somebody may give the role of a name: at most their own rights."""
    if by.is_superuser or role in WHAT_THEY_DO:
        return by.is_superuser or (role != OWNER and ROLES[role] <= by.get_all_permissions())
    own = own_roles().filter(name=role).first()
    return own is not None and may_give_own(by, own)


def may_give_own(by: User, role: Group) -> bool:
    """Tell whether somebody may give a role of the site's own: at most their own rights."""
    held = {f"{each.content_type.app_label}.{each.codename}" for each in role.permissions.all()}
    return by.is_superuser or held <= by.get_all_permissions()


def own_roles_to_give(by: User) -> list[Group]:
    """Return the roles of the site's own that somebody may give."""
    return [role for role in own_roles() if may_give_own(by, role)]


def change_role(person: User, role: str, *, by: User) -> None:
    """Give a person another of the program's roles in place of the one they have; "" takes it away.

    The site's own roles stay.
    """
    with permitted(by, person, "change your own role") as by_now:
        give(person, role, by=by_now)
        log(by, person, AccountAction.ROLE_CHANGED, f"Now {role}." if role else "Role taken away.")


def give(person: User, role: str, *, by: User) -> None:
    """Do what ``change_role`` does, without a line in the log, also for a role of the site's own.

    Call it in a transaction in which ``by`` is locked.
    """
    groups = Group.objects.exclude(name=OWNER).filter(name=role)
    if role and role != OWNER and not groups.select_for_update().exists():
        raise Overtaken(f"There is no role “{role}” any more. Choose another one.")
    if role and not may_give(by, role):
        raise NotPermitted(f"You may not make anybody {role}. Ask an owner to do it.")
    person.groups.remove(*Group.objects.filter(name__in=ROLES.keys() - {role}))
    person.groups.add(*groups)
    person.is_superuser = role == OWNER
    person.save(update_fields=["is_superuser"])


def change_further_roles(person: User, keys: Collection[str], *, by: User) -> None:
    """Let the site's own roles with these primary keys be those of a person, beside the program's role."""
    with permitted(by, person, "change your own roles") as by_now:
        # Nobody widens a role while it is given.
        locked = {*Group.objects.select_for_update().filter(pk__in=keys).values_list("pk", flat=True)}
        wanted = [role for role in own_roles() if role.pk in locked]
        held = {group.pk for group in person.groups.exclude(name__in=WHAT_THEY_DO)}
        for role in wanted:
            if role.pk not in held and not may_give_own(by_now, role):
                raise NotPermitted(f"You may not make anybody {role.name}. Ask an owner to do it.")
        person.groups.remove(*held - locked)
        person.groups.add(*wanted)
        said = ", ".join(role.name for role in wanted) or "none"
        log(by, person, AccountAction.ROLE_CHANGED, f"Further roles now: {said}.")
