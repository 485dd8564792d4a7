"""Readers who ask the WSGI application, in this process or in front of a site of its own."""

import gzip
from io import BytesIO
from typing import NamedTuple

import brotli
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from tipsite.pages.application import Application
from tipsite.pages.store import Store

HOST = settings.SITE_URL.split("://")[1]
_DECODE = {"gzip": gzip.decompress, "br": brotli.decompress, "": bytes}


class Answer(NamedTuple):
    """What a reader got; ``body`` as it was before it was compressed, header names in small letters."""

    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()


class Readers:
    """Readers of the site, by an application of their own that keeps pages (none, for ``megabytes`` 0)."""

    def __init__(self, megabytes=24, django=None):
        store = Store(int(megabytes * 1_000_000)) if megabytes else None
        self.application = Application(django or get_wsgi_application(), store)
        self.store, self.watch = store, self.application.watch

    def get(self, url, **headers):
        return self.ask("GET", url, **headers)

    def ask(self, method, url, host=HOST, scheme="http", **headers):
        """Return the answer to a request.

        ``url`` is percent-decoded; headers are written ``accept_encoding``.
        """
        path, _, query = url.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.7",
            "wsgi.url_scheme": scheme,
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **({"HTTP_HOST": host} if host else {}),
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        said = []
        # A test's transaction would end with its connection, as Django's own test client knows.
        signals = (request_started, request_finished)
        connected = [signal.disconnect(close_old_connections) for signal in signals]
        try:
            answer = self.application(environ, lambda line, sent, error=None: said.append((line, sent)))
            body = b"".join(answer)
            if hasattr(answer, "close"):
                answer.close()
        finally:
            for signal, was_connected in zip(signals, connected, strict=True):
                if was_connected:
                    signal.connect(close_old_connections)
        [(line, sent)] = said
        got = {name.lower(): value for name, value in sent}
        assert len(got) == len(sent), "a header was sent twice"
        coding = got.get("content-encoding", "") if body else ""
        return Answer(int(line[:3]), got, _DECODE[coding](body))
