"""Where the mail service reports what became of mail: at one path, and to nobody without the secret.

A service that is set up half is named by ``check``, and its reports are answered 503: it brings them again.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, cast

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core import mail
from django.core.exceptions import BadRequest, ImproperlyConfigured, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

logger = logging.getLogger(__name__)

# In seconds, until a service shall bring a report again that could not be read.
_RETRY_AFTER = 3600
# What the view of a service misses only when a report comes: settings of ANYMAIL, and packages.
_SETTINGS = {"mandrill": "MANDRILL_WEBHOOK_KEY"}
_PACKAGES = {"amazon_ses": "boto3", "postal": "cryptography"}


def lacks() -> list[str]:
    """Return what the mail service of EMAIL_BACKEND lacks to send mail and to be heard, in sentences."""
    if not (service := _service()):
        return []
    found = [_failure(mail.get_connection)]
    # Where nobody has set up reports, another check says so.
    if settings.ANYMAIL.get("WEBHOOK_SECRET"):
        found += [_failure(view) for view in _views(service)]
        name, package = _SETTINGS.get(service, ""), _PACKAGES.get(service, "")
        if name and not (settings.ANYMAIL.get(name) or getattr(settings, name, "")):
            found.append(f"ANYMAIL has no {name}, without which anybody could make up its reports.")
        if package and find_spec(package) is None:
            found.append(f"The package {package}, by which its reports are read, is not installed.")
    return list(dict.fromkeys(filter(None, found)))


def urlpatterns() -> list[URLPattern]:
    """Return the path of the service that EMAIL_BACKEND names, in a list that is empty without a secret.

    Anymail itself would offer those of every service it knows, whose settings and packages are missing here.
    """
    if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return []
    service = _service()
    return [path(f"anymail/{service}/tracking/", _webhook(view)) for view in _views(service)]


def _service() -> str:
    """Return Anymail's name of the service in EMAIL_BACKEND, or "" where that is another kind of backend."""
    if not settings.EMAIL_BACKEND.startswith("anymail.backends."):
        return ""
    return settings.EMAIL_BACKEND.removeprefix("anymail.backends.").removesuffix(".EmailBackend")


def _views(service: str) -> list[type[AnymailBaseWebhookView]]:
    # With the views of each service come its packages, of which all processes would hold 11 MB.
    from anymail import urls

    route = f"{service}/tracking/"
    patterns = [pattern for pattern in urls.urlpatterns if str(pattern.pattern) == route]
    return [pattern.callback.view_class for pattern in patterns]


def _failure(make: Callable[[], object]) -> str:
    """Return why something of Anymail's cannot be made, or "". Each service has errors of its own."""
    try:
        make()
    except Exception as error:
        words = next(iter(str(error).strip().splitlines()), "")
        return words if isinstance(error, ImproperlyConfigured) and words else type(error).__name__
    return ""


class _SecretCheck(AnymailBaseWebhookView):
    """Asks for the secret, and for nothing that belongs to a service."""

    esp_name = "mail service"


class _Readable(AnymailBaseWebhookView):
    """Before an Anymail view: a report that cannot be read is the sender's fault, and no error of ours."""

    def run_validators(self, request: HttpRequest) -> None:
        with _bad_if_odd():
            super().run_validators(request)

    # A list of Anymail's events, which have no types.
    def parse_events(self, request: HttpRequest) -> list[Any]:
        with _bad_if_odd():
            return list(super().parse_events(request))


@contextmanager
def _bad_if_odd() -> Iterator[None]:
    try:
        yield
    except (SuspiciousOperation, ImproperlyConfigured):
        raise
    except Exception as error:
        raise BadRequest(f"The report could not be read ({type(error).__name__}).") from None


def _webhook(view: type[AnymailBaseWebhookView]) -> Callable[..., HttpResponseBase]:
    readable = cast(type[AnymailBaseWebhookView], type("Webhook", (_Readable, view), {}))
    answer = readable.as_view()

    @csrf_exempt
    @require_http_methods(["HEAD", "POST"])
    def webhook(request: HttpRequest) -> HttpResponseBase:
        # Some services look whether the path is there.
        if request.method == "HEAD":
            return HttpResponse()
        # Before the service's own view is made: it tells everybody which of its settings are missing.
        try:
            _SecretCheck().run_validators(request)
        except AnymailWebhookValidationFailure:
            # Amazon brings the secret only when it is asked for it.
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="reports"'})
        if why := _failure(readable):
            return _come_again(why)
        try:
            return answer(request)
        except ImproperlyConfigured as error:
            return _come_again(type(error).__name__)

    return webhook


def _come_again(why: str) -> HttpResponse:
    logger.error("A report of the mail service cannot be read: it is set up half (%s). See check.", why)
    return HttpResponse(status=503, headers={"Retry-After": str(_RETRY_AFTER)})
