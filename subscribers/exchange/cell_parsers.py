"""What single cells of a list mean: yes and no, names, networks."""

import ipaddress
import unicodedata

from shield import request_origin
from subscribers.people import first_names
from tips.text import folding

_YES = {"true", "yes", "y", "1", "x", "✓", "✔", "ja", "oui", "si", "sí"}
_NO = {"false", "no", "n", "0", "nein", "non", "never"}
# What programs write for nothing at all.
_NOTHING = {"null", "none", "n/a", "#n/a", "na", "nil", "nan", "\\n", "-", "--", "."}


def stated(text: str) -> str:
    """Return what a cell states, or an empty text where a program wrote a word for nothing."""
    text = folding.visible(text)
    return "" if len(text) < 5 and folding.key(text) in _NOTHING else text


def yes_or_no(text: str) -> bool | None:
    """Return the meaning of a cell that says yes or no, or None for any other cell."""
    text = folding.key(text)
    return True if text in _YES else False if text in _NO else None


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
