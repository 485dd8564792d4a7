"""Which column of a list says what, and which program wrote the list."""

import re

from desk.files import UnusableFileError
from subscribers.exchange import exports
from tips.text import folding

OWN, MAILPOET, PLAIN = "own export", "MailPoet", "plain list"

# The names that columns of a role have, in small letters and digits alone; the first that is there counts.
_ROLES = {
    "address": ("emailaddress", "email", "emailaddr", "subscriberemail", "useremail", "mail"),
    "first_name": ("firstname", "fname", "givenname"),
    "full_name": ("name", "fullname"),
    "asked": ("optintime", "subscriptiontime", "createdat", "subscribedat", "signupdate", "startdate"),
    "confirmed": ("confirmtime", "confirmationtime", "confirmedat"),
    "left": ("unsubtime", "unsubscribedat"),
    "cleaned": ("cleantime", "bouncedat"),
    "deleted": ("deletedat",),
    "network": ("confirmip", "confirmationip", "optinip", "subscriptionip", "ipaddress"),
}
# Of these, all that are there count. "State" is not among them: in an address it is where somebody lives. A
# paid plan that has ended (active_subscription) does not mean that somebody no longer reads.
_STATED = {
    "state": ("globalstatus", "liststatus", "status", "subscriptionstatus", "emailstatus"),
    "wanted": ("subscribedtoemails", "subscribed"),
    "unwanted": ("emaildisabled", "unsubscribed", "optedout"),
}
# Columns that only the export of one program has.
_KNOWN_BY = {
    "Mailchimp": {"memberrating", "optintime", "leid", "euid", "unsubtime", "cleantime"},
    "Substack": {"activesubscription", "emaildisabled"},
    MAILPOET: {"globalstatus", "liststatus"},
    "Ghost": {"subscribedtoemails", "complimentaryplan"},
}


class Columns:
    """The columns of a list, by its first row: ``positions`` of roles, and the ``format`` of the list.

    ``stated`` has (position, kind) of the columns that tell how somebody stands. Columns of the kinds "left",
    "cleaned" and "deleted" hold the time of that.
    """

    def __init__(self, header: list[str]) -> None:
        names = [_plain(name) for name in header]
        self.width = len(names)
        self.positions = {
            role: names.index(name)
            for role, known in _ROLES.items()
            for name in reversed(known)
            if name in names
        }
        self.stated = [
            (names.index(name), kind) for kind, known in _STATED.items() for name in known if name in names
        ]
        ends = ("left", "cleaned", "deleted")
        self.stated += [(self.positions[role], role) for role in ends if role in self.positions]
        self.format = next((program for program, known in _KNOWN_BY.items() if known & set(names)), PLAIN)
        own = {role: _plain(name) for role, name in {**exports.ROLES, "record": exports.RECORD}.items()}
        if set(own.values()) <= set(names):
            self.format = OWN
            self.positions |= {role: names.index(name) for role, name in own.items()}

    def cell(self, cells: list[str], role: str) -> str:
        """Return what a row has for a role, or an empty text."""
        position = self.positions.get(role, len(cells))
        return cells[position].strip() if position < len(cells) else ""


def find(first_row: list[str]) -> tuple[Columns, bool]:
    """Return (the Columns of a list, whether its first row is their names).

    A list without names of columns is known by an address in its first row. Raises UnusableFileError where
    there is no column of addresses.
    """
    columns = Columns(first_row)
    if "address" in columns.positions:
        return columns, True
    for position, cell in enumerate(first_row):
        if "@" in folding.key(cell):
            columns = Columns([])
            columns.positions["address"] = position
            return columns, False
    names = ", ".join(name.strip()[:30] for name in first_row if name.strip())[:200]
    problem = f"No column of addresses: the first row should name one “Email”, but has: {names}."
    raise UnusableFileError(problem if names else "The file holds no text.")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", folding.key(name))
