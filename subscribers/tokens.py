"""Signed links: each one for one row and one purpose, so that no link opens another door.

A token holds a row's ``public_id`` (random, and unrelated to the address), never the address.
"""

import contextlib
import enum
import functools
import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes


class Purpose(enum.Enum):
    """What a token may be used for. The value is part of the signature's salt."""

    CONFIRM = "confirm"
    LEAVE = "leave"
    # For the browser that pressed the button, and for the mail that tells of it.
    UNDO = "undo"
    UNDO_BY_MAIL = "undo by mail"
    # On request, and in letters about something else, for one change.
    PREFERENCES = "preferences"
    PREFERENCES_ONCE = "preferences once"
    MOVE = "move"


# A link to leave has none: it works as long as somebody keeps the mail with the link.
LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=14),
    Purpose.UNDO: timedelta(minutes=30),
    Purpose.UNDO_BY_MAIL: timedelta(days=30),
    Purpose.PREFERENCES: timedelta(hours=1),
    Purpose.PREFERENCES_ONCE: timedelta(hours=1),
    Purpose.MOVE: timedelta(days=1),
}


# A public id, the moment, and the signature (``django.core.signing.TimestampSigner``).
_TOKEN = re.compile(r"[\w-]{1,32}\.\w{1,12}\.[\w-]{43}", re.ASCII)


class InvalidToken(Exception):
    """The token was changed, is older than its purpose allows, or was made for another purpose."""


def make(purpose: Purpose, public_id: str) -> str:
    """Return a token for the row of that public id, in letters that any mail program leaves alone."""
    return _signer(purpose).sign(public_id)


def read(purpose: Purpose, token: str) -> str:
    """Return the public id in a token made for this purpose. Raises InvalidToken."""
    try:
        return _signer(purpose).unsign(token, max_age=LIFETIMES.get(purpose))
    except signing.BadSignature:
        raise InvalidToken from None


def found(purpose: Purpose, text: str) -> str:
    """Return the public id in the first token made for this purpose that stands in a text, or ""."""
    for token in _TOKEN.findall(text):
        with contextlib.suppress(InvalidToken):
            return read(purpose, token)
    return ""


def nobody() -> str:
    """Return a public id that no row has, in the form that all public ids have."""
    return secrets.token_urlsafe(12)


class _Signer(signing.TimestampSigner):
    """Django's own, with the key of the HMAC derived once and not for each token: the tokens are the same."""

    def __init__(self, key: str, salt: str, fallback_keys: list[str | bytes]) -> None:
        super().__init__(key=key, sep=".", salt=salt, fallback_keys=fallback_keys)
        self._begun = salted_hmac(f"{salt}signer", "", secret=key, algorithm=self.algorithm)

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        if key is not None and key != self.key:
            return super().signature(value, key)
        begun = self._begun.copy()
        begun.update(force_bytes(value))
        return signing.b64_encode(begun.digest()).decode("ascii")


def _signer(purpose: Purpose) -> _Signer:
    return _signer_by(purpose, settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


# A mailing makes one token for each person, and to make the signer takes longer than to sign.
@functools.lru_cache(maxsize=32)
def _signer_by(purpose: Purpose, key: str, former_keys: tuple[str, ...]) -> _Signer:
    return _Signer(key, f"subscribers.{purpose.value}", list(former_keys))
