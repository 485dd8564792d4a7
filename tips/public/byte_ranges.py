"""One part of a file, as a browser asks for it by the header Range (RFC 9110, section 14)."""

import re

from django.http import HttpRequest

# What asks for several parts is answered with the whole, as the RFC allows.
_ONE_PART = re.compile(r"bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))")


def asked_for(request: HttpRequest, size: int, etag: str) -> range | None:
    """Return the bytes of a file that a request asks for, of ``size`` bytes in all; None for the whole file.

    An empty range is one that the file does not have: the answer is 416. ``etag`` is the file's own, or "".
    """
    part = _ONE_PART.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    condition = request.headers.get("If-Range", "")
    if request.method != "GET" or not part or (condition and condition != etag):
        return None
    first, last, suffix = part.groups()
    if suffix is not None:
        return range(max(size - int(suffix), 0), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)
