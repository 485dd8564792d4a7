"""Who may change whose account, and that it stays so while the account is changed.

Nobody reaches further than their own rights: a Publisher neither makes nor touches an account that may do
more than they may themselves.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import transaction

from desk.errors import NotPermitted, Overtaken, Refused
from desk.names import person as person_name
from tipsite.staff import rights


def may_manage(by: User, person: User) -> bool:
    """Tell whether somebody may change an account: never one that may do more than they."""
    if not by.has_perm("auth.change_user") or (person.is_superuser and not by.is_superuser):
        return False
    # Django itself names no permissions of an account that may not sign in at present.
    known = vars(person)
    held = rights.split(known["rights"]) if "rights" in known else rights.of(person)
    return by.is_superuser or held <= by.get_all_permissions()


def lock(*people: User) -> dict[int, User]:
    """Lock accounts until the transaction ends; return those that are there, as they are now, by their keys.

    Two who change each other's accounts at one moment come one after the other, always in the same order.
    """
    pks = [person.pk for person in people]
    return User.objects.select_for_update().order_by("pk").in_bulk(pks)


@contextmanager
def permitted(by: User, person: User, own: str = "") -> Iterator[User]:
    """Give a transaction in which ``by`` may change an account; yield ``by`` as they are now.

    Both accounts are locked: what was permitted when a page was opened may be so no more. Raises
    NotPermitted, Overtaken where one of them is gone, and Refused for what nobody does to their own account:
    ``own`` says it.
    """
    with transaction.atomic():
        now = lock(by, person)
        if by.pk not in now or person.pk not in now:
            raise Overtaken("The account is gone: somebody took it away meanwhile. Look at the list.")
        if not may_manage(now[by.pk], now[person.pk]):
            name = person_name(person)
            raise NotPermitted(f"You may not change the account of {name}. Ask an owner to do it.")
        if own and by.pk == person.pk:
            raise Refused(f"You cannot {own}. Ask a colleague to do it.")
        yield now[by.pk]
