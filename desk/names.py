"""What people are called on the desk: by their names, not by what they sign in with."""

from django.contrib.auth.models import User


def person(user: User | None) -> str:
    """Return the name that colleagues know a person by; “somebody” where the account is gone."""
    return (user.get_full_name() or user.get_username()) if user else "somebody"


def initials(user: User) -> str:
    """Return one or two letters that stand for a person, such as PL."""
    words = person(user).split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()
