"""From whom a tip's mail comes, and the token by which what comes back is known.

The envelope sender and the Message-ID carry the delivery's id and an HMAC of it. A report that brings no
such token changes nothing, so nobody who only knows an address can have it suppressed.
"""

import functools
import hmac
import re
from email.header import Header
from email.utils import parseaddr

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import int_to_base36

_SIGNATURE_LENGTH = 20
_LARGEST_ID = 2**63 - 1
_TOKEN = re.compile(rf"(?<![0-9a-z])([0-9a-z]{{1,13}})-([0-9a-f]{{{_SIGNATURE_LENGTH}}})(?![0-9a-z])")
# So much is added to the local part of BOUNCE_ADDRESS at most: a plus, the id, a hyphen, the HMAC.
TOKEN_LENGTH = 1 + 13 + 1 + _SIGNATURE_LENGTH


def make_token(delivery_id: int) -> str:
    """Return the token of a delivery: its id in base 36, and an HMAC of that.

    Some servers change the letters of an address to small ones: a token has only small letters and digits.
    """
    number = int_to_base36(delivery_id)
    return f"{number}-{_signature(number, settings.SECRET_KEY)}"


def read_token(text: str) -> int | None:
    """Return the id of the delivery whose token stands in an address or a Message-ID, or None.

    Forwarding servers rewrite addresses and keep the token in them, so it is found wherever it stands.
    Tokens made with a former SECRET_KEY count too.
    """
    for number, signature in _TOKEN.findall(text.lower()):
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            if constant_time_compare(_signature(number, key), signature):
                delivery_id = int(number, 36)
                return delivery_id if 0 < delivery_id <= _LARGEST_ID else None
    return None


def envelope_sender(token: str = "") -> str:
    """Return the address to which a mail server reports what became of the delivery with a token.

    Without BOUNCE_ADDRESS that is the sender's own, and carries no token. Service mails and link mails,
    which are no delivery's, have none: a report about one is kept, and changes nothing.
    """
    if not (settings.BOUNCE_ADDRESS and token):
        return settings.BOUNCE_ADDRESS or address()
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{token}@{domain}"


def message_id(token: str) -> str:
    """Return the Message-ID of the delivery with a token, the same however often it is sent."""
    return f"<tip.{token}@{domain()}>"


def address() -> str:
    """Return the sender's bare address."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1] or settings.DEFAULT_FROM_EMAIL


def domain() -> str:
    """Return the sender's domain, which SPF, DKIM and DMARC are about."""
    return address().rpartition("@")[2] or "localhost"


def sender() -> tuple[str, str]:
    """Return (name, address) of the sender; without a name of its own it has the site's."""
    name = parseaddr(settings.DEFAULT_FROM_EMAIL)[0] or settings.SITE_NAME
    return " ".join(name.split()), address()


def mailbox(name: str, address: str, header: str) -> str:
    """Return a name and an address as a header's value; the name may be empty."""
    if not name:
        return address
    return f"{phrase(name) if is_plain(name) else folded(name, header)} <{address}>"


def phrase(text: str) -> str:
    """Return text as the quoted name before an address (RFC 5322, 3.2.5)."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def is_plain(text: str) -> bool:
    """Tell whether text may stand in a header as it is, and cannot be taken for an encoded word there."""
    return text.isascii() and text.isprintable() and "=?" not in text


def folded(text: str, header: str) -> str:
    """Return text of any kind as a header's value: one that ends no header, in lines that are short enough.

    What is not plain becomes the encoded words of RFC 2047.
    """
    text = " ".join(text.split())
    # A word longer than the line would begin on the next one, and get a space that it does not have.
    fits = max(map(len, text.split()), default=0) <= 60
    charset = "us-ascii" if is_plain(text) and fits else "utf-8"
    return Header(text, charset, header_name=header, maxlinelen=76).encode(linesep="\r\n")


# An envelope that goes ahead of its message asks for it, and then the message does.
@functools.lru_cache(maxsize=64)
def _signature(number: str, key: str) -> str:
    digest = _begun_hmac(key).copy()
    digest.update(number.encode("ascii"))
    return digest.hexdigest()[:_SIGNATURE_LENGTH]


# One is made for each person of a mailing, and to derive the key takes most of the time.
@functools.lru_cache(maxsize=8)
def _begun_hmac(key: str) -> hmac.HMAC:
    return salted_hmac("subscribers.tipmail", "", secret=key, algorithm="sha256")
