"""A signed hour in a form: it proves that the form came from here, and when, roughly.

All pages of one hour carry the same stamp, so they can be cached and read without a cookie. It proves
age, not uniqueness.
"""

import time

from django.core import signing

HOUR = 3600
_SALT = "shield.stamp"


def stamp():
    """Return the stamp of the present hour, as text for a hidden field."""
    return signing.Signer(salt=_SALT).sign(str(int(time.time()) // HOUR))


def is_fresh(value, hours=72):
    """Return whether a stamp is ours, and at most so many hours old."""
    try:
        hour = int(signing.Signer(salt=_SALT).unsign(value))
    except (signing.BadSignature, ValueError):
        return False
    return 0 <= int(time.time()) // HOUR - hour <= hours
