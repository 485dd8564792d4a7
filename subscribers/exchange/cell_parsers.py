"""What single cells of a list mean: states, times, names, networks."""

import ipaddress
import re
from datetime import UTC, datetime, timedelta

from shield import request_origin
from subscribers.exchange.records import Standing
from subscribers.people import first_names

STATES = {
    **dict.fromkeys(["subscribed", "active", "confirmed", "enabled"], Standing.SUBSCRIBED),
    **dict.fromkeys(["unsubscribed", "optedout", "unsub", "left"], Standing.UNSUBSCRIBED),
    **dict.fromkeys(["cleaned", "bounced", "bounce", "undeliverable", "hardbounced"], Standing.BOUNCED),
    **dict.fromkeys(["complained", "complaint", "spam", "abuse", "spammed"], Standing.COMPLAINED),
    **dict.fromkeys(
        ["unconfirmed", "pending", "nonsubscribed", "transactional", "notsubscribed"], Standing.PENDING
    ),
    **dict.fromkeys(["inactive", "disabled"], Standing.INACTIVE),
    **dict.fromkeys(["deleted", "trash", "archived"], Standing.DELETED),
}
_YES, _NO = {"true", "yes", "y", "1"}, {"false", "no", "n", "0"}
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
# A clock may be a little ahead of ours.
_AHEAD = timedelta(days=1)


def state(text):
    """Return the Standing that a word for a state means, or None for one that is not known."""
    return STATES.get(re.sub(r"[^a-z]", "", text.casefold()))


def state_in_name(name):
    """Return the Standing that the name of a file tells of all its rows, or None.

    Mailchimp packs one file for each state and says which in its name alone.
    """
    for word in re.split(r"[^a-z]+", name.casefold()):
        found = STATES.get(word)
        if found is not None and found != Standing.SUBSCRIBED:
            return found
    return None


def yes_or_no(text):
    """Return what a cell says, or None where it says neither."""
    text = text.strip().casefold()
    return True if text in _YES else False if text in _NO else None


def moment(text, now):
    """Return (the aware datetime that a cell states or None, whether it states one that cannot be).

    Known are the forms of ISO 8601, with a space for the T too. A time without a zone is UTC, which is what
    the programs that we know of write. Nothing is told by zeros, and nothing lies in the future.
    """
    text = text.strip()
    if not text or text.startswith("0000"):
        return None, False
    try:
        at = datetime.fromisoformat(text.removesuffix(" UTC"))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None, True
    return (at, False) if _OLDEST <= at <= now + _AHEAD else (None, True)


def name(text, is_full=False):
    """Return (the first name in a cell, a note or ""): one line of at most 60 signs that leads nowhere.

    Of a full name that is what stands before the first space.
    """
    words = text.split()
    if is_full:
        words = words[:1]
    kept = "".join(sign for sign in " ".join(words) if sign.isprintable())
    if len(kept) > first_names.LONGEST:
        return "", f"A name of more than {first_names.LONGEST} signs was left out."
    if first_names.leads_somewhere(kept):
        return "", "A name that holds an address was left out."
    return kept, "" if kept == " ".join(words) else "Signs that cannot be shown were left out of a name."


def region(text):
    """Return the coarse origin of a network address, or "" for what is none."""
    try:
        return request_origin.region_of(ipaddress.ip_address(text.strip()))
    except ValueError:
        return ""
