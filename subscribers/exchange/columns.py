"""Which column of a list says what, and which program wrote the list."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from desk.files import UnusableFileError
from subscribers.exchange import exports, states
from subscribers.exchange.records import Standing
from tips.text import folding

OWN, MAILPOET, LETTERED, PLAIN = "own export", "MailPoet", "The Newsletter Plugin", "plain list"

# The names that columns of a role have, in small letters and digits alone; the first that is there counts.
_ROLES = {
    "address": "emailaddress email emailaddr subscriberemail useremail contactemail mail mailaddress"
    " primaryemail recipient emailadresse mailadresse adresseemail courriel correo correoelectronico",
    "first_name": "firstname fname givenname vorname prenom voornaam",
    "full_name": "name fullname subscribername contactname",
    "asked": "optintime subscriptiontime createdat subscribedat signupdate startdate dateadded addedat added"
    " adddate addtime joined datejoined createdate datecreated created membersince subscribersince entered"
    " registrationdate optindate anmeldedatum eintragungsdatum angemeldetam dateinscription dateajout",
    # It may say yes or no, or since when.
    "perhaps_asked": "subscribed",
    "confirmed": "confirmtime confirmationtime confirmedat confirmdate confirmationdate dateconfirmed",
    "network": "confirmip confirmationip optinip subscriptionip signupip ipaddress ip",
}
_TIMES = frozenset("date dates time at on when timestamp day datetime moment utc gmt am".split())
# What is left of the name of a column for a time, without words for a time.
_JOINING = frozenset(
    "added add created create creation joined join joining subscribed subscribe subscription signup signedup"
    " optin optedin registered registration register started start entered since".split()
)
_CONFIRMING = frozenset("confirm confirmed confirmation verified verification doubleoptin doi".split())
# The last resort for when somebody joined: a date of which the list does not say more.
_ANY_TIME = frozenset({"date", "timestamp", "time"})
_NEUTRAL = frozenset("of the is was has email e mail list first original my your contact user member".split())
# Beside these a word for leaving is about a link, a number or the like, and not about how somebody stands.
_ASIDE = frozenset(
    "link url href hash token key code id ip count counts number total rate score campaign title page source"
    " method sent sends since clicks opens bounces complaints unsubscribes comment comments".split()
)
_ASIDE_AT_END = tuple(word for word in _ASIDE if len(word) > 2)
_WHY = frozenset("reason reasons why type category message other details".split())
# "Confirmed opt-out date" is Constant Contact's.
_BESIDE_ENDS = _TIMES | _WHY | {"status", "state", "confirmed"}
# CLEAN_TIME is Mailchimp's, "stop time" and "stop status" are AWeber's.
_BARE_ENDS: dict[tuple[str, ...], Standing] = {("clean",): Standing.BOUNCED, ("stop",): Standing.UNSUBSCRIBED}
_OF_STATES = frozenset(
    "status state subscription subscriber subscribe email e mail mails list global member newsletter opt in"
    " out optin optout stop permission permissions consent mailing delivery marketing user contact".split()
)
# Columns that say yes or no, and what a no means. A paid plan that has ended (active_subscription) does not
# mean that somebody no longer reads.
_WANTED = {
    **dict.fromkeys(("subscribedtoemails", "subscribed", "issubscribed"), Standing.UNSUBSCRIBED),
    **dict.fromkeys(("active", "isactive", "enabled"), Standing.INACTIVE),
    **dict.fromkeys(("confirmed", "isconfirmed", "verified", "emailverified"), Standing.PENDING),
    **dict.fromkeys(("optin", "optedin", "acceptsmarketing", "acceptsemailmarketing"), Standing.PENDING),
}
_UNWANTED = {"emaildisabled": Standing.UNSUBSCRIBED}
# HubSpot asks for each kind of mail apart: "Opted out of email: Monthly news".
_OPTED_OUT_OF = ["opted", "out", "of", "email"]
# Names and places, in which a word for leaving is a word like any other.
_WORDS_OF_NAMES = frozenset(
    "name firstname fname lastname lname surname last middle nickname vorname nachname title company city"
    " town street address country zip".split()
)
# Columns that only the export of one program has.
_KNOWN_BY = {
    "Mailchimp": {"memberrating", "optintime", "leid", "euid", "unsubtime", "cleantime"},
    "Substack": {"activesubscription", "emaildisabled"},
    MAILPOET: {"globalstatus", "liststatus"},
    "Ghost": {"subscribedtoemails", "complimentaryplan"},
}
# The address of a list whose columns have other names: none of its words may say something else.
_OF_ADDRESSES = frozenset(
    "email e mail mails address adresse contact subscriber subscribers user member customer primary work home"
    " personal business main preferred your s 1 value id".split()
)


class Kind(Enum):
    """What the cells of a column say of how somebody stands."""

    STATE = "a word for a state"
    PERHAPS = "a word for a state, or anything else"
    WANTED = "yes, or no"
    UNWANTED = "no, or yes"
    ENDED = "the time of an end"
    WHY = "the reason of an end"


@dataclass(frozen=True, slots=True)
class Stated:
    """A column that says how somebody stands; ``standing`` is that of a no, a yes, or of an end.

    ``is_alone``: its name is no more than "State", so that its cells alone tell what it is about.
    """

    position: int
    kind: Kind
    standing: Standing
    is_alone: bool = False


class Columns:
    """The columns of a list, by its first row: ``positions`` of roles, and the ``format`` of the list.

    ``stated`` has the columns that say how somebody stands, ``times`` the positions of those that hold times,
    and ``silent`` the positions of all others but names and places. In a list of those who left,
    ``of_leavers``, a column that is named "Address" alone has the addresses, as in those of Mailgun.
    """

    def __init__(self, header: list[str], *, of_leavers: bool = False) -> None:
        names = [_plain(name) for name in header]
        split = [states.words(name) for name in header]
        self.width = len(names)
        self.stated = [
            Stated(position, *meaning, is_alone=name == "state")
            for position, (name, words) in enumerate(zip(names, split, strict=True))
            if (meaning := _meaning(name, words))
        ]
        taken = {column.position for column in self.stated}
        self.times = {position for position, words in enumerate(split) if not _TIMES.isdisjoint(words)}
        self.positions = dict(_positions(names, split, taken))
        if of_leavers and "address" in names:
            self.positions.setdefault("address", names.index("address"))
        self.times |= {self.positions[role] for role in ("asked", "confirmed") if role in self.positions}
        apart = taken | set(self.positions.values())
        self.silent = [
            position
            for position, words in enumerate(split)
            if position not in apart and _WORDS_OF_NAMES.isdisjoint(words)
        ]
        known = set(names)
        self.format = next((program for program, columns in _KNOWN_BY.items() if columns & known), PLAIN)
        if {"token", "status", "surname"} <= known:
            self.format = LETTERED
        own = {role: _plain(name) for role, name in {**exports.ROLES, "record": exports.RECORD}.items()}
        if set(own.values()) <= known:
            self.format = OWN
            self.positions |= {role: names.index(name) for role, name in own.items()}

    def cell(self, cells: list[str], role: str) -> str:
        """Return what a row has for a role, or an empty text."""
        position = self.positions.get(role, len(cells))
        return cells[position].strip() if position < len(cells) else ""


def find(first_row: list[str], *, of_leavers: bool = False) -> tuple[Columns, bool]:
    """Return (the Columns of a list, perhaps ``of_leavers``, whether its first row is their names).

    A list of nothing but addresses needs no names of columns. Raises UnusableFileError where there is no
    column of addresses, and where several columns have no names.
    """
    columns = Columns(first_row, of_leavers=of_leavers)
    if "address" in columns.positions:
        return columns, True
    addresses = [position for position, cell in enumerate(first_row) if "@" in folding.key(cell)]
    if addresses and sum(map(bool, map(folding.visible, first_row))) > 1:
        problem = (
            "The first row is no header: it has an address and more, so nobody knows what its cells mean."
        )
        raise UnusableFileError(f"{problem} Put a row above it such as Email, First name, Status.")
    if addresses:
        columns = Columns([])
        columns.positions["address"] = addresses[0]
        columns.width = addresses[0] + 1
        return columns, False
    names = ", ".join(name.strip()[:30] for name in first_row if name.strip())[:200]
    problem = f"No column of addresses: the first row should name one “Email”, but has: {names}."
    raise UnusableFileError(problem if names else "The file holds no text.")


def _positions(names: list[str], split: list[list[str]], taken: set[int]) -> Iterator[tuple[str, int]]:
    """Yield (role, position) of each role that a column has; columns of states are ``taken``."""
    for role, known in _ROLES.items():
        if role not in ("asked", "confirmed") and (found := _first(names, known.split())) is not None:
            yield role, found
    if _first(names, _ROLES["address"].split()) is None:
        for position, words in enumerate(split):
            if position not in taken and {"email", "mail"} & set(words) and _OF_ADDRESSES.issuperset(words):
                yield "address", position
                break
    for role, meanings in (("confirmed", _CONFIRMING), ("asked", _JOINING)):
        found = _first(names, _ROLES[role].split())
        for position, words in enumerate(split):
            if found is None and position not in taken and not _TIMES.isdisjoint(words):
                found = position if "".join(_rest(words)) in meanings else None
        if found is None and role == "asked":
            found = next((position for position, name in enumerate(names) if name in _ANY_TIME), None)
        if found is not None:
            yield role, found


def _meaning(name: str, words: list[str]) -> tuple[Kind, Standing] | None:
    """Return what the cells of a column say of how somebody stands, by its name; None where nothing."""
    if name in _WANTED:
        return Kind.WANTED, _WANTED[name]
    if name in _UNWANTED:
        return Kind.UNWANTED, _UNWANTED[name]
    if words[:4] == _OPTED_OUT_OF:
        return Kind.UNWANTED, Standing.UNSUBSCRIBED
    is_of_states = not {"status", "state", "states"}.isdisjoint(words)
    if (standing := _ended(words)) is not None:
        is_ended = standing in states.LEAVING or standing == Standing.DELETED
        if not _WHY.isdisjoint(words):
            return (Kind.WHY, standing) if is_ended else None
        if _TIMES.isdisjoint(words):
            return Kind.UNWANTED, standing
        return (Kind.ENDED, standing) if is_ended else None
    if is_of_states:
        # In an address, a "State" is where somebody lives. HubSpot's "marketing contact" is about a bill.
        is_sure = words != ["state"] and _OF_STATES.issuperset(words)
        is_sure &= words != ["marketing", "contact", "status"]
        return (Kind.STATE if is_sure or name.endswith("globalstatus") else Kind.PERHAPS), Standing.UNSTATED
    return None


def _ended(words: list[str]) -> Standing | None:
    """Return the Standing that the name of a column tells, such as "Date unsubscribed", or None."""
    # Some programs write names as one word: "bouncecount", "unsubscribelink".
    if words and (words[-1].endswith(_ASIDE_AT_END) or not _ASIDE.isdisjoint(words) or len(words) > 8):
        return None
    rest = [word for word in words if word not in _BESIDE_ENDS]
    if len(words) > 1 and tuple(rest) in _BARE_ENDS:
        return _BARE_ENDS[tuple(rest)]
    return states.whole(rest)


def _rest(words: list[str]) -> list[str]:
    return [word for word in words if word not in _TIMES | _NEUTRAL]


def _first(names: list[str], known: list[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", "".join(states.words(name)))
