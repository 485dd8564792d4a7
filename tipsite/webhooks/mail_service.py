"""Where the mail service reports what became of mail: at one address, and to nobody without the secret."""

from contextlib import contextmanager

from anymail import urls as anymail_urls
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.exceptions import BadRequest, ImproperlyConfigured, SuspiciousOperation
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods


def urlpatterns():
    """Return the address of the service that EMAIL_BACKEND names, in a list that is empty without a secret.

    Anymail itself would offer those of every service it knows, whose settings and packages are missing here.
    """
    if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return []
    service = settings.EMAIL_BACKEND.removeprefix("anymail.backends.").removesuffix(".EmailBackend")
    address = f"{service}/tracking/"
    views = [each.callback.view_class for each in anymail_urls.urlpatterns if str(each.pattern) == address]
    return [path(f"anymail/{address}", _webhook(view)) for view in views]


class _Door(AnymailBaseWebhookView):
    """Asks for the secret, and for nothing that belongs to a service."""

    esp_name = "mail service"


class _Readable:
    """Before an Anymail view: what cannot be read is the sender's fault, and no error of ours."""

    def run_validators(self, request):
        with _bad_if_odd():
            super().run_validators(request)

    def parse_events(self, request):
        with _bad_if_odd():
            return list(super().parse_events(request))


@contextmanager
def _bad_if_odd():
    try:
        yield
    except (SuspiciousOperation, ImproperlyConfigured):
        raise
    except Exception as error:
        raise BadRequest(f"The report could not be read ({type(error).__name__}).") from None


def _webhook(view):
    answer = type("Webhook", (_Readable, view), {}).as_view()

    @csrf_exempt
    @require_http_methods(["HEAD", "POST"])
    def webhook(request):
        # Some services look whether the address is there.
        if request.method == "HEAD":
            return HttpResponse()
        # Before the service's own view is made: it tells everybody which of its settings are missing.
        try:
            _Door().run_validators(request)
        except AnymailWebhookValidationFailure:
            # Amazon brings the secret only when it is asked for it.
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="reports"'})
        return answer(request)

    return webhook
