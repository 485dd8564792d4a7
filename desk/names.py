"""What people are called on the desk: by their names, not by what they sign in with."""

from collections.abc import Collection

from django import forms
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Permission, User
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.options import Options

# Of those who may do something, so many are named.
MOST_NAMED = 3
GONE = "somebody who left"
# Models that are not ours have names of their own.
_KINDS = {
    "auth.user": ("colleague", "colleagues"),
    "auth.group": ("role", "roles"),
    "django_tasks_database.dbtaskresult": ("background task", "background tasks"),
}


def person(user: User | None) -> str:
    """Return the name that colleagues know a person by; “somebody who left” where the account is gone."""
    return (user.get_full_name() or user.get_username()) if user else GONE


def full_name(user: User | None) -> str:
    """Return the name that somebody gave, "" without one: readers never see what is signed in with."""
    return user.get_full_name() if user else ""


def who_may(permissions: Collection[str]) -> dict[str, str]:
    """Return {permission: the colleagues who have it, as “Pia Gray or Lea Brook”}, those seen last first.

    A permission that nobody has is left out, and so is whoever has not followed their invitation yet.
    One query.
    """
    held = Permission.objects.filter(Q(group__user=OuterRef("pk")) | Q(user=OuterRef("pk")))
    has = {}
    for number, permission in enumerate(permissions):
        app, codename = permission.split(".")
        has[f"has_{number}"] = Exists(held.filter(content_type__app_label=app, codename=codename))
    people = User.objects.filter(is_active=True, is_staff=True).annotate(**has)
    people = people.exclude(last_login=None, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    people = people.order_by(F("last_login").desc(nulls_last=True), "pk")
    found = {}
    for permission, name in zip(permissions, has, strict=True):
        able = [person(each) for each in people if each.is_superuser or vars(each)[name]][:MOST_NAMED]
        if able:
            found[permission] = " or ".join(filter(None, [", ".join(able[:-1]), able[-1]]))
    return found


def named(thing: object) -> str:
    """Return what a page calls an object: a colleague by name, all else as they write themselves."""
    return person(thing) if isinstance(thing, User) else str(thing)


def kind(model: Options, plural: bool = False) -> str:
    """Return what the desk calls the objects of a model (its ``_meta``): one of them, or several."""
    own = str(model.verbose_name), str(model.verbose_name_plural)
    return _KINDS.get(model.label_lower, own)[plural]


def initials(user: User) -> str:
    """Return one or two letters that stand for a person, such as PL."""
    words = person(user).split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()


class PersonField(forms.ModelChoiceField):
    """A colleague, chosen by name; ``user`` is called “yourself” beside it."""

    user: User | None = None

    def label_from_instance(self, obj: User) -> str:
        return f"{person(obj)} (yourself)" if obj == self.user else person(obj)
