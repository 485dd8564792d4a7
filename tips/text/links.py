"""Where a link may lead: http, https, mailto, tel, and the paths of this site."""

import re
import unicodedata
from urllib.parse import urlsplit

SCHEMES = ("http", "https", "mailto", "tel")

# Browsers take these out of a URL wherever they stand (WHATWG URL, section 4.4).
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_WEB = re.compile(r"https?://[^\s/\\?#:@]")
_OTHER = re.compile(r"mailto:(?![\s/])[^:?]*(?:\?.*)?$|tel:[0-9+(*#]")
_ADDRESS = re.compile(r"[^\s@:/?#]+@[^\s@:/?#]+\.[^\s@:/?#.]+")


def allowed(stated: str) -> str | None:
    """Return a link's URL in the form in which every browser and mail program reads it alike, or None.

    ``stated`` is the value of an attribute, its references resolved. Signs that a later step may trim away
    are taken off before anything is judged: no-break spaces, zero-width signs, controls. A URL without its
    scheme ("www.example.org", "//example.org") gets https, a bare address mailto. Whatever else is relative
    leads elsewhere from each page it is shown on: only paths from the root of this site are let through.
    """
    url = _CONTROLS.sub("", stated)
    url = _trimmed(url)
    if scheme := _SCHEME.match(url):
        url = scheme[0].lower() + url[scheme.end() :]
    elif url.startswith("//"):
        url = f"https:{url}"
    elif url[:4].lower() == "www.":
        url = f"https://{url}"
    elif _ADDRESS.fullmatch(url):
        url = f"mailto:{url}"
    # The spaces of a telephone number are for the eye alone (RFC 3966, section 5.1.1).
    url = url.replace(" ", "" if url.startswith("tel:") else "%20")
    if url.startswith("/"):
        return url if url[1:2] not in ("/", "\\") else None
    if _WEB.match(url):
        return url if _host(url) else None
    return url if _OTHER.match(url) else None


def scheme_of(stated: str) -> str:
    """Return the scheme of a link's URL as a browser reads it, in small letters; "" where it has none."""
    scheme = _SCHEME.match(_trimmed(_CONTROLS.sub("", stated)))
    return scheme[0].lower() if scheme else ""


def _trimmed(url: str) -> str:
    """Return a URL without the spaces and the invisible signs at its ends."""
    begin, end = 0, len(url)
    while begin < end and unicodedata.category(url[begin])[0] in "CZ":
        begin += 1
    while end > begin and unicodedata.category(url[end - 1])[0] in "CZ":
        end -= 1
    return url[begin:end]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
