"""A signed timestamp in a form: it proves that the form came from this site, and in which hour.

All pages of one hour carry the same timestamp, so they can be cached and read without a cookie. It proves
age, not uniqueness.
"""

import time

from django.core import signing

_signer = signing.Signer(salt="shield.timestamp")


def timestamp() -> str:
    """Return the signed timestamp of the present hour, for a hidden field."""
    return _signer.sign(str(_hour()))


def is_fresh(value: str, hours: int = 72) -> bool:
    """Tell whether a timestamp has our signature, and is at most so many hours old.

    One of a later hour is of a clock that was set back since, and no older than that clock was wrong.
    """
    try:
        hour = int(_signer.unsign(value))
    except (signing.BadSignature, ValueError):
        return False
    return abs(_hour() - hour) <= hours


def span(now: float) -> tuple[float, float]:
    """Return the Unix times between which a timestamp stays the same that is made at ``now``."""
    start = now // 3600 * 3600
    return start, start + 3600


def _hour() -> int:
    return int(time.time()) // 3600
