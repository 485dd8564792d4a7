"""What people are called on the desk: by their names, not by what they sign in with."""

from django import forms
from django.contrib.auth.models import User
from django.db.models.options import Options

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
