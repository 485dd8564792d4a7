"""What words for a state mean, as mail services and newsletter programs write them.

Texts are compared as folded words, so that "Hard-Bounced", "hard bounce" and "HARD_BOUNCE" are one. Whatever
says that somebody left is recognised generously; that somebody is subscribed, only where every word says so.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from subscribers.exchange.records import Standing
from tips.text import folding

# What a person said, or mail servers said of their address: it lasts, and is taken over.
LEAVING = frozenset({Standing.UNSUBSCRIBED, Standing.BOUNCED, Standing.COMPLAINED})

# Words and phrases by standing, the strictest first. German, French, Spanish, Italian and Dutch services
# translate the words in their exports.
_SIGNS = {
    Standing.COMPLAINED: r"complain\w*|spam\w*|abus(?:e|ed|ive)|junk\w*|beschwerde\w*|plaint\w*",
    Standing.BOUNCED: r"(?:hard )?(?:hard)?bounc\w*|cleaned|undeliver\w*|invalid|non ?existent|unzustellbar",
    Standing.UNSUBSCRIBED: r"un ?sub\w*|opt(?:s|ed|ing)? ?outs?|left|leavers?|removed?|signed off|sign ?off"
    r"|block ?list\w*|black ?list\w*|blocked|banned|suppress\w*|stopped|revoked|withdr[ae]wn?|cancell?ed|quit"
    r"|do ?n[o ]?t (?:\w+ )?(?:e ?)?(?:mail|contact|send)|do not disturb|never (?:e ?)?mail"
    r"|no longer(?: subscribed| wanted)?|abgemeldet|ausgetragen|abbestellt|desinscri\w*|desabonn\w*"
    r"|(?:dado de )?baja|desuscri\w*|cancelad[oa]|disiscritt[oa]|afgemeld|uitgeschreven",
    Standing.DELETED: r"deleted|trash\w*|archived|erased|forgotten|purged",
    Standing.PENDING: r"unconfirmed|unverified|pending|await\w*|waiting|transactional|impli(?:ed|cit)"
    r"|non ?subscri\w*|not ?subscri\w*|not (?:yet )?(?:set|confirmed|verified|opted in)"
    r"|never (?:subscribed|confirmed|opted in)|no permissions?(?: set)?|confirmation sent|to be confirmed",
    Standing.INACTIVE: r"soft ?bounc\w*|inactive|not active|disabled|deactivated"
    r"|(?:on |temp |temporary )?hold|paused|dormant|suspended|expired|unengaged|snoozed|lapsed|cold",
}
_PATTERNS = {standing: re.compile(rf"\b(?:{words})\b") for standing, words in _SIGNS.items()}
_SOFT = re.compile(
    r"\b(?:(?:soft|temporary|temp|transient) ?bounc\w*|bounc\w* (?:soft|temporary|temporarily|transient))\b"
)
# What says that something is not so is neither a sign nor any other state.
_NEGATED = re.compile(
    r"\b(?:not|never|no|non|nicht|without) (?:(?:yet|been|hard|soft|marked|as) )*"
    rf"(?:(?!longer)(?:{'|'.join(_SIGNS[standing] for standing in LEAVING)}))\b"
)
# Words beside a sign that change nothing.
_FILLERS = frozenset(
    "a all am an and as at by of for from in is on or the this to via was has been user admin administrator"
    " owner contact subscriber member email emails e mail mails address list lists mailing newsletter link"
    " global globally gdpr dsgvo hard permanent permanently manual manually auto automatic automatically api"
    " import imported self marked reported recipient person one click".split()
)
_WANTED = frozenset(
    "subscribed subscriber resubscribed active confirmed enabled optin optedin express explicit yes true y"
    " abonniert angemeldet aktiv bestatigt abonne abonnee inscrit inscrite suscrito activo".split()
)
_BESIDE_WANTED = frozenset(
    "email emails mail newsletter list and to double single fully opt opted in opts confirmation".split()
)
_OPTED_IN = re.compile(r"\bopt(?:s|ed)? in\b")
# Any sign that is not one of these may turn the meaning round, such as "!", "?" or a cross.
_PLAIN = re.compile(r"[\w\s()\[\]./,:;&+–-]+")
_EXACT = {"1": Standing.SUBSCRIBED, "0": Standing.INACTIVE, "-1": Standing.UNSUBSCRIBED}
_NO = {"no", "false", "n"}
# RFC 3463: a status of class 5 is a permanent failure.
_PERMANENT = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")
# The letters by which The Newsletter Plugin for WordPress keeps its states.
LETTERS = {
    "c": Standing.SUBSCRIBED,
    "s": Standing.PENDING,
    "u": Standing.UNSUBSCRIBED,
    "b": Standing.BOUNCED,
    "p": Standing.COMPLAINED,
}
# Mailchimp and others pack one file for each state.
_IN_NAMES = {
    "unsubscribed": Standing.UNSUBSCRIBED,
    "unsubscribes": Standing.UNSUBSCRIBED,
    "unsub": Standing.UNSUBSCRIBED,
    "optedout": Standing.UNSUBSCRIBED,
    "optouts": Standing.UNSUBSCRIBED,
    "left": Standing.UNSUBSCRIBED,
    "suppressed": Standing.UNSUBSCRIBED,
    "suppressions": Standing.UNSUBSCRIBED,
    "blocklist": Standing.UNSUBSCRIBED,
    "blocklisted": Standing.UNSUBSCRIBED,
    "blacklist": Standing.UNSUBSCRIBED,
    "cleaned": Standing.BOUNCED,
    "bounced": Standing.BOUNCED,
    "bounces": Standing.BOUNCED,
    "undeliverable": Standing.BOUNCED,
    "complained": Standing.COMPLAINED,
    "complaints": Standing.COMPLAINED,
    "spam": Standing.COMPLAINED,
    "abuse": Standing.COMPLAINED,
    "unconfirmed": Standing.PENDING,
    "pending": Standing.PENDING,
    "nonsubscribed": Standing.PENDING,
    "transactional": Standing.PENDING,
    "inactive": Standing.INACTIVE,
    "disabled": Standing.INACTIVE,
    "deleted": Standing.DELETED,
    "trash": Standing.DELETED,
    "archived": Standing.DELETED,
}


def words(text: str) -> list[str]:
    """Return the words and numbers of a text: folded, without accents, and apart where capitals part them."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)
    plain = unicodedata.normalize("NFKD", folding.key(text))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return re.findall(r"[^\W_]+", letters)


@lru_cache(maxsize=1000)
def state(text: str) -> Standing | None:
    """Return the Standing that a cell for a state tells, or None for an unknown one.

    One sign of leaving suffices; SUBSCRIBED is told where all words say so.
    """
    key = folding.key(text)
    if key in _EXACT:
        return _EXACT[key]
    if key in _NO:
        return Standing.INACTIVE
    if _PERMANENT.match(key):
        return Standing.BOUNCED
    stated = words(text)
    standing, _ = _sign(" ".join(stated))
    if standing is not None or not stated:
        return standing
    is_wanted = not _WANTED.isdisjoint(stated) or _OPTED_IN.search(" ".join(stated))
    if is_wanted and set(stated) <= _WANTED | _BESIDE_WANTED and _PLAIN.fullmatch(key):
        return Standing.SUBSCRIBED
    return None


def whole(stated: Sequence[str]) -> Standing | None:
    """Return the Standing that some words tell, from ``words``, where they tell nothing else; else None.

    It is never SUBSCRIBED.
    """
    standing, rest = _sign(" ".join(stated))
    return standing if _FILLERS.issuperset(rest.split()) else None


@lru_cache(maxsize=1000)
def leaving(text: str) -> Standing | None:
    """Return the Standing of somebody who left, where a cell of any column tells that and nothing else."""
    if len(text) > 60 or not text or text.isdecimal():
        return None
    standing = whole(words(text))
    return standing if standing in LEAVING else None


def state_in_name(name: str) -> Standing | None:
    """Return the Standing that the name of a file gives to all its rows, or None; never SUBSCRIBED."""
    return next(filter(None, map(_IN_NAMES.get, re.split(r"[^a-z]+", name.casefold()))), None)


def _sign(text: str) -> tuple[Standing | None, str]:
    """Return (the strictest Standing of which words tell or None, the words that are no part of a sign)."""
    rest = _NEGATED.sub(" ! ", text)
    found: Standing | None = None
    # A soft bounce passes, and is none of the bounces that last.
    if _SOFT.search(rest):
        rest, found = _SOFT.sub(" ", rest), Standing.INACTIVE
    for standing, pattern in _PATTERNS.items():
        if pattern.search(rest):
            rest = pattern.sub(" ", rest)
            found = standing if found is None else max(found, standing)
    # Of a text that denies something, nothing but a sign of leaving is believed.
    return (found if "!" not in rest or found in LEAVING else None), rest
