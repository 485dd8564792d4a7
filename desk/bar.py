"""The bar on every page: the rooms of the desk that a person may enter, and which of them they are in."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Room:
    """A part of the desk.

    ``url_name`` is the page that its link leads to; ``permissions`` open it, any of them. ``prefixes`` are
    the beginnings of the names of its URLs, where those of a room before it do not begin so too.
    """

    name: str
    url_name: str
    permissions: tuple[str, ...]
    prefixes: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """A room as the bar shows it; ``current`` is the value of ``aria-current``, empty elsewhere."""

    name: str
    url: str
    current: str


_ACCOUNTS = ("auth.view_user", "auth.change_user")
# Mailings stand before subscribers, whose prefix is theirs too.
ROOMS = (
    Room("Desk", "index", (), ("index", "safe")),
    Room("Calendar", "tips_calendar", ("tips.view_tip",), ("tips_calendar", "tips_idea_")),
    Room("Tips", "tips_tip_changelist", ("tips.view_tip", "tips.change_tip"), ("tips_tip_",)),
    Room(
        "Mailings", "subscribers_mailing_changelist", ("subscribers.view_mailing",), ("subscribers_mailing_",)
    ),
    Room(
        "Subscribers",
        "subscribers_subscriber_changelist",
        ("subscribers.view_subscriber",),
        ("subscribers_",),
    ),
    Room(
        "Words",
        "tips_tag_changelist",
        ("tips.view_tag", "tips.change_tag"),
        ("tips_tag_", "tips_category_", "tips_synonymgroup_"),
    ),
    Room("People", "auth_user_changelist", _ACCOUNTS, ("auth_user_",)),
)


def links(request: HttpRequest) -> list[Link]:
    """Return the rooms that a person may enter, in the order of the bar."""
    shown = [
        room for room in ROOMS if not room.permissions or any(map(request.user.has_perm, room.permissions))
    ]
    here = getattr(request.resolver_match, "url_name", "") or ""
    current = next((room for room in ROOMS if here.startswith(room.prefixes)), None)
    return [
        Link(room.name, reverse(f"admin:{room.url_name}"), _current(room, current, here)) for room in shown
    ]


def _current(room: Room, current: Room | None, here: str) -> str:
    if room is not current:
        return ""
    return "page" if here == room.url_name else "true"
