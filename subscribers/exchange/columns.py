"""Which column of a list says what, and who wrote the list."""

import re

from subscribers import addresses
from subscribers.exchange import own_format
from subscribers.exchange.records import RefusedError

OWN, MAILCHIMP, SUBSTACK, MAILPOET, GHOST = "own export", "Mailchimp", "Substack", "MailPoet", "Ghost"
PLAIN = "plain list"

# The names of columns, without case, spaces and marks, for what they tell; the first that is there counts.
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
# All of these that are there count. "State" is not among them: in an address it is where somebody lives.
_STATES = ("globalstatus", "liststatus", "status", "subscriptionstatus", "emailstatus")
_WANTED = ("subscribedtoemails", "subscribed")
# A paid plan that has ended (active_subscription) does not mean that somebody no longer reads.
_UNWANTED = ("emaildisabled", "unsubscribed", "optedout")
_OWN = {
    "status": own_format.STATUS,
    "source": own_format.SOURCE,
    "joined": own_format.JOINED,
    "left_at": own_format.LEFT,
    "paused": own_format.PAUSED,
    "record": own_format.RECORD,
}
# Columns by which a program's export is known.
_KNOWN_BY = {
    MAILCHIMP: {"memberrating", "optintime", "leid", "euid", "unsubtime", "cleantime"},
    SUBSTACK: {"activesubscription", "emaildisabled"},
    MAILPOET: {"globalstatus", "liststatus"},
    GHOST: {"subscribedtoemails", "complimentaryplan"},
}


class Columns:
    """The columns of a list, by its first row: where a role stands, and the ``format`` that it is of."""

    def __init__(self, header):
        names = [_plain(name) for name in header]
        self.where, self.width = {}, len(names)
        for role, known in _ROLES.items():
            for name in known:
                if name in names:
                    self.where.setdefault(role, names.index(name))
        self.states = [names.index(each) for each in _STATES if each in names]
        self.wanted = [names.index(each) for each in _WANTED if each in names]
        self.unwanted = [names.index(each) for each in _UNWANTED if each in names]
        self.format = next((each for each, known in _KNOWN_BY.items() if known & set(names)), PLAIN)
        own = {role: _plain(name) for role, name in _OWN.items()}
        if set(own.values()) <= set(names):
            self.format = OWN
            self.where |= {role: names.index(name) for role, name in own.items()}

    def cell(self, cells, role):
        """Return what a row has for a role, or an empty text."""
        at = self.where.get(role)
        return cells[at].strip() if at is not None and at < len(cells) else ""


def find(first_row):
    """Return (the Columns of a list, whether its first row is their names).

    A list without names of columns is known by an address in its first row. Raises RefusedError where there
    is no column of addresses.
    """
    columns = Columns(first_row)
    if "address" in columns.where:
        return columns, True
    for at, cell in enumerate(first_row):
        if "@" in cell:
            columns = Columns([])
            columns.where["address"] = at
            return columns, False
    names = ", ".join(name.strip()[:30] for name in first_row if name.strip())[:200]
    raise RefusedError(
        f"No column of addresses: the first row should name one “Email”, but has: {names}."
        if names
        else "The file holds no text."
    )


def cell_of_an_address(text):
    """Return the text of a cell of addresses, no longer than one could be, for a report."""
    return text.strip()[: 2 * addresses.MAX_LENGTH]


def _plain(name):
    return re.sub(r"[^a-z0-9]", "", name.casefold())
