"""Where the mail service reports what became of mail: at one path, and to nobody without the secret."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from anymail import urls as anymail_urls
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.exceptions import BadRequest, ImproperlyConfigured, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods


def urlpatterns() -> list[URLPattern]:
    """Return the path of the service that EMAIL_BACKEND names, in a list that is empty without a secret.

    Anymail itself would offer those of every service it knows, whose settings and packages are missing here.
    """
    if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return []
    service = settings.EMAIL_BACKEND.removeprefix("anymail.backends.").removesuffix(".EmailBackend")
    route = f"{service}/tracking/"
    return [
        path(f"anymail/{route}", _webhook(pattern.callback.view_class))
        for pattern in anymail_urls.urlpatterns
        if str(pattern.pattern) == route
    ]


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
    answer = cast(type[AnymailBaseWebhookView], type("Webhook", (_Readable, view), {})).as_view()

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
        return answer(request)

    return webhook
