"""The least that the web server can serve: as many bytes as the path says, ``/6200``, without any work."""

from collections.abc import Iterable
from functools import cache
from wsgiref.types import StartResponse, WSGIEnvironment


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request with the bytes."""
    body = _body(int(environ["PATH_INFO"][1:]))
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]


@cache
def _body(count: int) -> bytes:
    return b"x" * count
