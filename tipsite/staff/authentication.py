"""Whose account it is: by name or by e-mail address, in any case; and by the session of a request."""

from functools import partial

from django.contrib import auth
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from tips.text import folding
from tipsite.staff import rights
from tipsite.staff.session_store import SessionStore

BACKEND = "tipsite.staff.authentication.ByNameOrAddress"


class ByNameOrAddress(ModelBackend):
    """Signs in whoever gives the password of the account that a name or an e-mail address stands for."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: object,
    ) -> User | None:
        """Return the account, or None; what is nobody's takes as long as a wrong password."""
        name = username and (name_of_account(username) or username)
        found = super().authenticate(request, username=name, password=password)
        return found if isinstance(found, User) else None

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        """Return a person's own permissions and those of their groups, in one query: Django takes two."""
        is_plain = isinstance(user_obj, User) and user_obj.is_active and not user_obj.is_superuser
        if obj is not None or not is_plain:
            return super().get_all_permissions(user_obj, obj)
        known: dict[str, set[str]] = vars(user_obj)
        if "_perm_cache" not in known:
            known["_perm_cache"] = rights.of(user_obj)
        return known["_perm_cache"]


def name_of_account(typed: str) -> str | None:
    """Return the name of the account that somebody means, or None where it is nobody's or not one's alone.

    A name as it is written goes before names that read alike, and those before addresses. The work is the
    same whatever is found.
    """
    sought, exact = folding.key(typed), None
    by_name, by_address = [], []
    for name, address in User.objects.values_list("username", "email"):
        if name == typed:
            exact = name
        if folding.key(name) == sought:
            by_name.append(name)
        if address and folding.key(address) == sought:
            by_address.append(name)
    return exact or next((found[0] for found in (by_name, by_address) if len(found) == 1), None)


class PersonMiddleware(AuthenticationMiddleware):
    """Gives a request its person as Django does, without asking for what was read with the session."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(partial(_person, request))  # type: ignore[assignment]  # as Django's own


def _person(request: HttpRequest) -> User | AnonymousUser:
    """Return who is signed in; whatever is not as usual is left to Django."""
    session = request.session
    marks = {name: str(session.get(name, "")) for name in (auth.SESSION_KEY, auth.BACKEND_SESSION_KEY)}
    person = session.person if isinstance(session, SessionStore) else None
    if (
        person
        and person.is_active
        and marks == {auth.SESSION_KEY: str(person.pk), auth.BACKEND_SESSION_KEY: BACKEND}
    ):
        given = str(session.get(auth.HASH_SESSION_KEY, ""))
        if constant_time_compare(given, person.get_session_auth_hash()):
            return person
    return auth.get_user(request)
