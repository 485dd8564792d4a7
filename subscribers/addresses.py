"""What counts as an e-mail address, how it is written, and when two are the same."""

import re
import unicodedata

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.crypto import salted_hmac

# RFC 5321, 4.5.3.1: a path is at most 256 octets with its brackets.
MAX_LENGTH = 254
MAX_LOCAL_LENGTH = 64

INVALID = "Enter an e-mail address like name@example.org."
TOO_LONG = "This e-mail address is too long to be one; please check it."
FOREIGN = "We cannot write to addresses with accented or non-Latin letters before the @; please use another."

_dots = re.compile("[.\u3002\uff0e\uff61]")
# Letters that Python's codec (IDNA 2003) turns into other ones, which makes another domain of the name;
# today's rules (RFC 5892, 2.6 and RFC 5894, 7.2) keep them.
_DEVIATIONS = frozenset("ßς")
_JOINERS = re.compile("[\u200c\u200d]")
_is_valid = EmailValidator(INVALID, allowlist=[])
# RFC 5321, 4.1.2: "anna"@ is anna@, and within quotation marks \a is a.
_quoted = re.compile(r'"((?:[^"\\]|\\.)*)"')
_pair = re.compile(r"\\(.)")
_dot_atom = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)
# An encoded word (RFC 2047), which the mail library would read as another local part.
_ENCODED = "=?"
# Within quotation marks these were allowed (RFC 5321, 4.1.2), but end an address on its way to a mail server.
_UNSPEAKABLE = re.compile("[ <>]")


def normal(text: str) -> str:
    """Return an address as it is stored and written to: the local part as typed, the domain in A-labels.

    Raises ValidationError, with a sentence for the person who typed it.
    """
    text = text.strip()
    local, at, domain = text.rpartition("@")
    if not at or not text.isprintable():
        raise ValidationError(INVALID, code="invalid")
    if not local.isascii():
        raise ValidationError(FOREIGN, code="foreign_local_part")
    if len(text) > MAX_LENGTH or len(local) > MAX_LOCAL_LENGTH:
        raise ValidationError(TOO_LONG, code="too_long")
    address = f"{local}@{_a_labels(domain)}"
    if len(address) > MAX_LENGTH:
        raise ValidationError(TOO_LONG, code="too_long")
    if "[" in domain or _ENCODED in local or _UNSPEAKABLE.search(local):
        raise ValidationError(INVALID, code="invalid")
    _is_valid(address)
    return address


def folded(address: str) -> str:
    """Return the form in which addresses are compared: without case, and without needless quoting."""
    local, _, domain = address.casefold().rpartition("@")
    if not (quoted := _quoted.fullmatch(local)):
        return address.casefold()
    bare = _pair.sub(r"\1", quoted[1])
    if not _dot_atom.fullmatch(bare):
        bare = '"{}"'.format(re.sub(r'(["\\])', r"\\\1", bare))
    return f"{bare}@{domain}"


def mailbox(address: str) -> str:
    """Return what many addresses of one person have in common: no "+word", no dots before the @.

    For rate limits alone. Elsewhere these may be different people, and each is written to as typed.
    """
    local, _, domain = folded(address).rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def domain(address: str) -> str:
    """Return the domain of a normal address."""
    return address.rpartition("@")[2]


def keyed_hash(address: str) -> str:
    """Return the name under which an address stands in the suppression list, from which nobody reads it back.

    The key is SUPPRESSION_KEY: changing SECRET_KEY must not make the list forget.
    """
    salt, key = "subscribers.suppression", settings.SUPPRESSION_KEY
    return salted_hmac(salt, folded(address), secret=key, algorithm="sha256").hexdigest()


def _a_labels(domain: str) -> str:
    try:
        return ".".join(map(_a_label, _dots.split(domain)))
    except UnicodeError:
        raise ValidationError(INVALID, code="invalid") from None


def _a_label(label: str) -> str:
    label = unicodedata.normalize("NFC", label.lower())
    if _JOINERS.search(label):
        raise ValidationError(INVALID, code="invalid")
    if _DEVIATIONS.isdisjoint(label):
        return label.encode("idna").decode("ascii").lower()
    return "xn--" + label.encode("punycode").decode("ascii")
