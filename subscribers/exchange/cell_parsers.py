"""What single cells of a list mean: states, times, names, networks."""

import ipaddress
import re
import unicodedata
from datetime import UTC, datetime, timedelta

from shield import request_origin
from subscribers.exchange.records import Standing
from subscribers.people import first_names
from tips.text import folding

_STATES = {
    word: standing
    for standing, words in {
        Standing.SUBSCRIBED: "subscribed active confirmed enabled",
        Standing.UNSUBSCRIBED: "unsubscribed optedout unsub left",
        Standing.BOUNCED: "cleaned bounced bounce undeliverable hardbounced",
        Standing.COMPLAINED: "complained complaint spam abuse spammed",
        Standing.PENDING: "unconfirmed pending nonsubscribed transactional notsubscribed",
        Standing.INACTIVE: "inactive disabled",
        Standing.DELETED: "deleted trash archived",
    }.items()
    for word in words.split()
}
_YES, _NO = {"true", "yes", "y", "1"}, {"false", "no", "n", "0"}
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
# Another clock may be a little ahead of ours.
_AHEAD = timedelta(days=1)


def state(text: str) -> Standing | None:
    """Return the Standing that a word for a state means, or None for an unknown word."""
    return _STATES.get(re.sub(r"[^a-z]", "", folding.key(text)))


def state_in_name(name: str) -> Standing | None:
    """Return the Standing that the name of a file gives to all its rows, or None.

    Mailchimp packs one file for each state, and the file's name alone says which.
    """
    standings = [_STATES.get(word) for word in re.split(r"[^a-z]+", name.casefold())]
    # Standing.SUBSCRIBED is zero: that is the state of rows without one anyhow.
    return next(filter(None, standings), None)


def yes_or_no(text: str) -> bool | None:
    """Return the meaning of a cell that says yes or no, or None for any other cell."""
    text = folding.key(text)
    return True if text in _YES else False if text in _NO else None


def moment(text: str, now: datetime) -> tuple[datetime | None, bool]:
    """Return (the aware datetime that a cell states or None, whether the cell states an impossible time).

    Known are the forms of ISO 8601, also with a space for the T. A time without a zone is UTC: the programs
    that we know of write so. A time of zeros stands for none, and no time lies in the future.
    """
    text = folding.visible(text)
    if not text or text.startswith("0000"):
        return None, False
    try:
        at = datetime.fromisoformat(text.removesuffix(" UTC"))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None, True
    return (at, False) if _OLDEST <= at <= now + _AHEAD else (None, True)


def name(text: str) -> tuple[str, str]:
    """Return (the first name in a cell, a note or ""): one line without any address in it."""
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    kept = "".join(sign for sign in folding.visible(text) if sign.isprintable() or sign in folding.JOINERS)
    if len(kept) > first_names.LONGEST:
        return "", f"A name of more than {first_names.LONGEST} signs was left out."
    if first_names.holds_link(kept):
        return "", "A name that holds an address was left out."
    return kept, "" if kept == plain else "Signs that cannot be shown were left out of a name."


def region(text: str) -> str:
    """Return the coarse origin of an IP address, or "" for any other text."""
    try:
        return request_origin.region_of(ipaddress.ip_address(folding.visible(text)))
    except ValueError:
        return ""
