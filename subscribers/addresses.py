"""What counts as an e-mail address, how it is written, and when two are the same."""

import functools
import hmac
import re
import unicodedata
from contextlib import suppress
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.crypto import salted_hmac

from tips.text import folding

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

# Wide letters and signs of East Asian keyboards (Unicode, Halfwidth and Fullwidth Forms), as ASCII.
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_QUOTES = "'\"‘’‚‛“”„‟«»‹›`´"
# What stands around an address in a list: one full stop or semicolon at the end, a name, a scheme.
_TAIL = re.compile(r"(?<![.;])[.;]$")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_SCHEME = "mailto:"


def read(text: str) -> str:
    """Return the address in what somebody typed or pasted, as far as there is one, without what is around it.

    Left out are signs that nobody sees, quotation marks, ``mailto:`` (RFC 6068), the name before an address
    in angle brackets (RFC 5322, 3.4), and one full stop or semicolon at the end. Whether the rest is an
    address is for ``normal`` to say. Raises ValidationError for several lines, and where what stands before
    the brackets is another address or no name.
    """
    if len(text.strip().splitlines()) > 1:
        raise ValidationError(INVALID, code="invalid")
    text = folding.visible(text).translate(_WIDE)
    while (bare := _without_wrapping(text)) != text:
        text = bare
    return text


def _without_wrapping(text: str) -> str:
    text = _TAIL.sub("", text.strip())
    if named := _NAMED.fullmatch(text):
        name, address = (part.strip() for part in named.group("name", "address"))
        is_other = "@" in name and read(name).casefold() != read(address).casefold()
        # A colon is in no name (RFC 5322, 3.2.3), but behind the name of a header or a command of SMTP.
        if is_other or ":" in name:
            raise ValidationError(INVALID, code="invalid")
        return address
    if text[: len(_SCHEME)].lower() == _SCHEME:
        return unquote(text[len(_SCHEME) :].partition("?")[0])
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        return text[1:-1]
    return text


def normal(text: str) -> str:
    """Return an address as it is stored and written to: the local part as typed, the domain in A-labels.

    It is read first, see ``read``. Raises ValidationError, with a sentence for the person who typed it.
    """
    text = read(text)
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


def sought(term: str) -> str:
    """Return the folded form of what staff look for: an address, its beginning, or @ and a domain."""
    with suppress(ValidationError):
        term = read(term)
        local, at, domain = term.rpartition("@")
        if at and not domain.isascii():
            # It is stored in A-labels; what is no whole domain yet is looked for as it stands.
            term = f"{local}@{normal(f'anybody@{domain}').rpartition('@')[2]}"
    return folded(term)


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
    digest = _begun_hmac(settings.SUPPRESSION_KEY).copy()
    digest.update(folded(address).encode())
    return digest.hexdigest()


# A list may have a hundred thousand addresses, and to derive the key takes most of the time.
@functools.lru_cache(maxsize=8)
def _begun_hmac(key: str) -> hmac.HMAC:
    return salted_hmac("subscribers.suppression", "", secret=key, algorithm="sha256")


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
