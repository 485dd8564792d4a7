"""Kept pages and states for tests of what holds them, without a site."""

from tipsite.pages.page import Page, Response
from tipsite.pages.state import State

HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-cache"),
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'"),
]


def make_state(number=1, modified_at=1_750_000_000):
    """Return a state that holds for ever."""
    forever = float("inf")
    return State(number, (number, 0, 0), -forever, forever, -forever, forever, modified_at)


def response(body=b"<p>Listen.</p>", line="200 OK", headers=()):
    return Response(line, [*HEADERS, ("Content-Length", str(len(body))), *headers], body)


def make_page(body=b"<p>Listen.</p>", line="200 OK", headers=(), state=None):
    return Page(response(body, line, headers), state or make_state())
