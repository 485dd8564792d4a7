"""The bar on every page: the rooms of the desk that a person may enter, and the tabs of a room."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Place:
    """A page that a link of the bar leads to, by the name of its URL; any of ``permissions`` opens it."""

    name: str
    url_name: str
    permissions: tuple[str, ...] = ()

    def is_open_to(self, request: HttpRequest) -> bool:
        """Tell whether the person of a request may open the page."""
        return not self.permissions or any(map(request.user.has_perm, self.permissions))


@dataclass(frozen=True)
class Room:
    """A part of the desk, called ``name`` in the bar.

    ``prefixes`` are the beginnings of the names of its URLs, where those of a room before it do not begin so
    too. Its link leads to the first of its ``places`` that a person may open; several are its tabs.
    """

    name: str
    prefixes: tuple[str, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Link:
    """A room or a place as a page shows it; ``current`` is the value of ``aria-current``, empty elsewhere."""

    name: str
    url: str
    current: str


_TIPS, _TAGS = ("tips.view_tip", "tips.change_tip"), ("tips.view_tag", "tips.change_tag")
_CATEGORIES = ("tips.view_category", "tips.change_category")
_PEOPLE = ("subscribers.view_subscriber",)
_SUPPRESSED = ("subscribers.view_suppression",)
# Mailings and messages stand before subscribers, whose prefix is theirs too.
ROOMS = (
    Room("Desk", ("index", "safe"), (Place("Desk", "index"),)),
    Room(
        "Calendar",
        ("tips_calendar", "tips_idea_"),
        (Place("Calendar", "tips_calendar", ("tips.view_tip",)),),
    ),
    Room("Tips", ("tips_tip_",), (Place("Tips", "tips_tip_changelist", _TIPS),)),
    Room(
        "Mailings",
        ("subscribers_mailing_",),
        (
            Place("Mailings", "subscribers_mailing_changelist", ("subscribers.view_mailing",)),
            Place("By week", "subscribers_mailing_numbers", ("subscribers.view_mailing",)),
        ),
    ),
    Room(
        "Messages",
        ("subscribers_contactmessage_",),
        (Place("Messages", "subscribers_contactmessage_changelist", ("subscribers.view_contactmessage",)),),
    ),
    Room(
        "Subscribers",
        ("subscribers_",),
        (
            Place("People", "subscribers_subscriber_changelist", _PEOPLE),
            Place("Look up", "subscribers_look_up", _SUPPRESSED),
            Place("Growth", "subscribers_growth", _PEOPLE),
            Place("Imports", "subscribers_import", ("subscribers.import_subscriber",)),
            Place("Export", "subscribers_export", ("subscribers.export_subscriber",)),
            Place("Requests", "subscribers_linkrequest_changelist", ("subscribers.view_linkrequest",)),
            Place("Service mails", "subscribers_servicemail_changelist", ("subscribers.view_servicemail",)),
            Place("Suppressions", "subscribers_suppression_changelist", _SUPPRESSED),
            Place("Refused", "subscribers_refused", _PEOPLE),
            Place("Erasures", "subscribers_erasure_changelist", ("subscribers.view_erasure",)),
        ),
    ),
    Room(
        "Pages",
        ("tips_page_", "tips_standingnotice_", "tips_sitesettings_"),
        (
            Place("Pages", "tips_page_changelist", ("tips.view_page",)),
            Place("Notices", "tips_standingnotice_changelist", ("tips.view_standingnotice",)),
            Place("Settings", "tips_sitesettings_changelist", ("tips.view_sitesettings",)),
        ),
    ),
    Room(
        "Words",
        ("tips_tag_", "tips_category_", "tips_synonymgroup_", "tips_series_"),
        (
            Place("Tags", "tips_tag_changelist", _TAGS),
            Place("Categories", "tips_category_changelist", _CATEGORIES),
            Place("Series", "tips_series_changelist", ("tips.view_series",)),
            Place("Synonyms", "tips_synonymgroup_changelist", ("tips.view_synonymgroup",)),
        ),
    ),
    Room(
        "People",
        ("auth_", "django_tasks_database_"),
        (
            Place("Colleagues", "auth_user_changelist", ("auth.view_user", "auth.change_user")),
            Place("Roles", "auth_group_changelist", ("auth.view_group",)),
            Place(
                "Background tasks",
                "django_tasks_database_dbtaskresult_changelist",
                ("django_tasks_database.view_dbtaskresult",),
            ),
        ),
    ),
)


def links(request: HttpRequest) -> list[Link]:
    """Return the rooms that a person may enter, in the order of the bar."""
    here, current = _here(request)
    shown: list[Link] = []
    for room in ROOMS:
        if place := next((place for place in room.places if place.is_open_to(request)), None):
            is_here = "page" if here == place.url_name else "true"
            url = reverse(f"admin:{place.url_name}")
            shown.append(Link(room.name, url, is_here if room is current else ""))
    return shown


def tabs(request: HttpRequest) -> list[Link]:
    """Return the tabs of the room that a page is in, where the page is one of several."""
    here, current = _here(request)
    places = [place for place in current.places if place.is_open_to(request)] if current else []
    if len(places) < 2 or here not in {place.url_name for place in places}:
        return []
    return [
        Link(place.name, reverse(f"admin:{place.url_name}"), "page" if place.url_name == here else "")
        for place in places
    ]


def _here(request: HttpRequest) -> tuple[str, Room | None]:
    """Return the name of the page's URL, and the room that the page is in."""
    here = getattr(request.resolver_match, "url_name", "") or ""
    return here, next((room for room in ROOMS if here.startswith(room.prefixes)), None)
