"""One response as it is kept: its compressed forms, its tags, and what it says to whoever has it already."""

import gzip
import sys
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import md5
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

import brotli
from django.http import HttpRequest
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe

from tipsite.pages.state import State

Headers = Sequence[tuple[str, str]]

# What may be kept: pages, and where something has moved, does not exist or is gone.
KEPT = frozenset({200, 301, 404, 410})
LARGEST = 2_000_000
# As GZipMiddleware has it: what is shorter is not worth the work.
SHORTEST_COMPRESSED = 200
# About what a page takes in memory beside its bodies.
OVERHEAD = 3500
# In order of preference: Brotli makes less of a page than gzip does.
_SUFFIXES = {"br": "br", "gzip": "gz"}
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
# What our stack says with each response, and with 304 besides (RFC 9110, 15.4.5).
_ALWAYS = frozenset(
    "cross-origin-opener-policy referrer-policy strict-transport-security x-content-type-options".split()
)
_NOT_MODIFIED = _ALWAYS | {"cache-control", "content-location", "etag", "expires", "last-modified", "vary"}


class Response(NamedTuple):
    """What is sent: the status line, the headers and the body."""

    line: str
    headers: Headers
    body: bytes

    @property
    def status(self) -> int:
        return int(self.line[:3])


class _Form(NamedTuple):
    """A page in one content coding; ``body`` is None where it is made from another form."""

    tag: str
    headers: Headers
    body: bytes | None


class Page:
    """A response that everybody gets, in each of its forms. It never changes, and threads may share it."""

    def __init__(self, response: Response, state: State) -> None:
        """Take a response as Django made it in a state, uncompressed."""
        self.line, self.status = response.line, response.status
        said = {name.lower(): value for name, value in response.headers}
        own_date = parse_http_date_safe(said.get("last-modified", ""))
        # A feed has a date of its own, the same in each process.
        self._has_own_date = own_date is not None
        self._modified = state.modified_at if own_date is None else own_date
        # Where it says more, that is meant for this page alone.
        self.asks_each_time = said.get("cache-control") == "no-cache"
        # The same words stand on every page: kept once for all.
        left_out = {"etag", "content-length", "last-modified"}
        headers = [
            (sys.intern(name), sys.intern(value))
            for name, value in response.headers
            if name.lower() not in left_out
        ]
        if self.status == 200:
            headers.append(("Last-Modified", http_date(self._modified)))
        tag = said.get("etag", "").removeprefix("W/").strip('"')
        tag = tag or md5(response.body, usedforsecurity=False).hexdigest()
        self._forms = {
            coding: _form(headers, tag, coding, body, len(response.body))
            for coding, body in _bodies(response.body).items()
        }
        self.size = OVERHEAD + sum(len(form.body or b"") for form in self._forms.values())

    @property
    def modified(self) -> int:
        """The date of the page, in seconds since 1970."""
        return self._modified

    @property
    def headers(self) -> Headers:
        """What is said with the page in each of its forms."""
        own = {"ETag", "Content-Length", "Last-Modified"}
        return [pair for pair in self._forms[""].headers if pair[0] not in own]

    def bodies(self) -> dict[str, bytes]:
        """Return {coding: body}, "" for none."""
        plain = gzip.decompress(self._forms["gzip"].body or b"") if "gzip" in self._forms else b""
        return {coding: form.body or plain for coding, form in self._forms.items()}

    def answer(self, environ: WSGIEnvironment, cache_control: str) -> Response:
        """Return what is sent to a request by GET or HEAD.

        ``cache_control`` takes the place of "no-cache", unless it is empty.
        """
        coding = preferred(environ.get("HTTP_ACCEPT_ENCODING", ""))
        form = self._forms.get(coding) or self._forms[""]
        headers = form.headers
        # RFC 9110, 8.8.2.1: no date is later than now. Each process has another reason for such a one.
        is_ahead = not self._has_own_date and self._modified > time.time()
        if is_ahead:
            headers = [pair for pair in headers if pair[0] != "Last-Modified"]
        if cache_control and self.asks_each_time:
            headers = [*(pair for pair in headers if pair[0] != "Cache-Control")]
            headers.append(("Cache-Control", cache_control))
        if environ["REQUEST_METHOD"] == "HEAD":
            return Response(self.line, headers, b"")
        if self.status == 200 and any(name in environ for name in _CONDITIONS):
            line = _condition(environ, form.tag, self._modified, is_sent=not is_ahead)
            if line.startswith("304"):
                return Response(line, [pair for pair in headers if pair[0].lower() in _NOT_MODIFIED], b"")
            if line:
                said = [pair for pair in headers if pair[0].lower() in _ALWAYS]
                said += [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "0")]
                return Response(line, said, b"")
        if form.body is None:
            # Few ask for it uncompressed: it is not kept twice.
            return Response(self.line, headers, gzip.decompress(self._forms["gzip"].body or b""))
        return Response(self.line, headers, form.body)


def is_for_everybody(response: Response) -> bool:
    """Tell whether a response to nobody in particular may be kept, and is small enough."""
    said: Mapping[str, str] = {name.lower(): value for name, value in response.headers}
    control = {each.strip().split("=")[0].lower() for each in said.get("cache-control", "").split(",")}
    varies = {each.strip().lower() for each in said.get("vary", "").split(",")} - {"", "accept-encoding"}
    is_private = "set-cookie" in said or bool(varies) or not control.isdisjoint({"private", "no-store"})
    is_plain = "content-encoding" not in said and len(response.body) <= LARGEST
    return response.status in KEPT and not is_private and is_plain


def _bodies(body: bytes) -> dict[str, bytes | None]:
    """Return {coding: body}; uncompressed ("") it is None where it can be had from the compressed form."""
    if len(body) < SHORTEST_COMPRESSED:
        return {"": body}
    # Without a time in its head, so that equal pages have equal bytes.
    compressed = {"gzip": gzip.compress(body, 6, mtime=0), "br": brotli.compress(body, quality=5)}
    shorter = {coding: content for coding, content in compressed.items() if len(content) < len(body)}
    return {**shorter, "": None if "gzip" in shorter else body}


def _form(headers: Headers, tag: str, coding: str, body: bytes | None, length: int) -> _Form:
    tag = f'"{tag}-{_SUFFIXES[coding]}"' if coding else f'"{tag}"'
    own = [("ETag", tag), ("Content-Length", str(length if body is None else len(body)))]
    if coding:
        own.append(("Content-Encoding", coding))
    return _Form(tag, (*headers, *own), body)


def _condition(environ: WSGIEnvironment, tag: str, modified: int, *, is_sent: bool) -> str:
    """Return the status line that a request's conditions lead to, "" for the page itself.

    ``is_sent`` tells whether the page is sent with its date. If-Modified-Since counts only where it has that
    very date: another process may have given a later one to what was before.
    """
    asked = {name for name in _CONDITIONS if name in environ}
    if asked.issubset(_CONDITIONS[:2]) and environ.get("HTTP_IF_NONE_MATCH") == tag:
        return "304 Not Modified"
    since = parse_http_date_safe(environ.get("HTTP_IF_MODIFIED_SINCE", ""))
    if not is_sent or since != modified:
        environ = {name: value for name, value in environ.items() if name != "HTTP_IF_MODIFIED_SINCE"}
    request = HttpRequest()
    request.method, request.META = "GET", environ
    response = get_conditional_response(request, etag=tag, last_modified=modified)
    return f"{response.status_code} {response.reason_phrase}" if response else ""


def preferred(accepted: str) -> str:
    """Return the content coding to send by an Accept-Encoding header: br, gzip or "" (RFC 9110, 12.5.3)."""
    return _preferred(accepted[:200].lower())


@lru_cache(maxsize=256)
def _preferred(accepted: str) -> str:
    weights: dict[str, float] = {}
    for part in accepted.split(","):
        coding, *parameters = (each.strip() for each in part.split(";"))
        weights[coding] = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weights[coding] = float(parameter[2:])
                except ValueError:
                    weights[coding] = 0.0
    offered = {coding: weights.get(coding, weights.get("*", 0.0)) for coding in _SUFFIXES}
    best = max(offered, key=lambda coding: offered[coding])
    return best if offered[best] > 0 else ""
