"""Which requests are answered alike for everybody, and what of them a page is built from."""

from functools import lru_cache
from io import BytesIO
from urllib.parse import unquote_plus, urlsplit
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import get_path_info
from django.urls import Resolver404, resolve

from tips.public import keeping

# Longer than the path of any page of ours, percent-encoded letters of three bytes counted.
LONGEST_PATH = 1000
# What Django and the server need; nothing that a visitor says is among it.
_OF_THE_SERVER = (
    "SERVER_NAME SERVER_PORT SERVER_PROTOCOL SERVER_SOFTWARE wsgi.version wsgi.errors wsgi.multithread"
    " wsgi.multiprocess wsgi.run_once"
).split()


class Everybody:
    """The requests to which everybody gets the same answer, as the settings have it when this is made."""

    def __init__(self) -> None:
        site = urlsplit(settings.SITE_URL)
        self._host = site.netloc.lower()
        # A proxy in front may leave out the port.
        self._hosts = {self._host, (site.hostname or "").lower()}
        self._scheme = site.scheme
        self._session = f"{settings.SESSION_COOKIE_NAME}="

    def path(self, environ: WSGIEnvironment) -> str | None:
        """Return the path of such a request, as WSGI has it; None for whatever Django itself must look at."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in environ:
            return None
        if environ.get("HTTP_HOST", "").lower() not in self._hosts or _scheme(environ) != self._scheme:
            return None
        # Staff see at once what they did.
        if environ.get("SCRIPT_NAME") or self._session in environ.get("HTTP_COOKIE", ""):
            return None
        path: str = environ["PATH_INFO"]
        parameters = _parameters(path) if len(path) <= LONGEST_PATH else None
        if parameters is None:
            return None
        query = environ.get("QUERY_STRING", "")
        return None if query and parameters and not parameters.isdisjoint(_names(query)) else path

    def environ(self, environ: WSGIEnvironment, path: str) -> WSGIEnvironment:
        """Return what a page is built from: the path alone, asked for by nobody in particular."""
        return {
            **{name: environ[name] for name in _OF_THE_SERVER if name in environ},
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "HTTP_HOST": self._host,
            "REMOTE_ADDR": "",
            "wsgi.url_scheme": self._scheme,
            "wsgi.input": BytesIO(),
        }


def _scheme(environ: WSGIEnvironment) -> str:
    """Return the scheme by which a visitor came, as Django finds it (SECURE_PROXY_SSL_HEADER)."""
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        if (said := environ.get(name)) is not None:
            return "https" if said.partition(",")[0].strip() == secure else "http"
    scheme: str = environ["wsgi.url_scheme"]
    return scheme


@lru_cache(maxsize=1024)
def _parameters(path: str) -> frozenset[str] | None:
    """Return the parameters that change the page of a path, None where the path is of no page to keep."""
    try:
        match = resolve(get_path_info({"PATH_INFO": path}))
    except Resolver404:
        return None
    return keeping.parameters_of(match.view_name)


def _names(query: str) -> set[str]:
    """Return the names of a query's parameters, by whatever coding they are written."""
    return {unquote_plus(part.partition("=")[0]) for part in query.split("&")}
