"""The answer to /metrics, in the text form of Prometheus (version 0.0.4 of its exposition format)."""

from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache

from tipsite.metrics import process_counts, registry
from tipsite.metrics.registry import Sample
from tipsite.safety.probes import has_token

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# What a proxy adds: whoever comes through one is not on this machine.
_OF_A_PROXY = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")


Answer = Callable[[HttpRequest], HttpResponseBase]


def answer_metrics(get_response: Answer) -> Answer:
    """Middleware that answers /metrics to whoever may ask, and lets all other requests pass."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        asks = request.path_info == "/metrics" and request.method in ("GET", "HEAD")
        return metrics(request) if asks and _may_ask(request) else get_response(request)

    return middleware


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with what this web server has counted, and what each registered source tells."""
    samples = process_counts.samples()
    for source in registry.sources():
        samples += source()
    return HttpResponse(written(samples), content_type=CONTENT_TYPE)


def _may_ask(request: HttpRequest) -> bool:
    """Tell whether a request comes from this very machine, or brings the bearer token METRICS_TOKEN."""
    is_local = request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
    if is_local and not any(name in request.headers for name in _OF_A_PROXY):
        return True
    return has_token(request, settings.METRICS_TOKEN)


def written(samples: Iterable[Sample]) -> str:
    """Return figures as text, each family under its HELP and TYPE; the prefix of all names is ``tips_``."""
    families: dict[str, list[str]] = {}
    for sample in samples:
        if sample.value is None:
            continue
        name = f"tips_{sample.name}"
        kind = "counter" if name.endswith("_total") else "gauge"
        lines = families.setdefault(name, [f"# HELP {name} {sample.words}.", f"# TYPE {name} {kind}"])
        labels = ",".join(f'{label}="{_escaped(value)}"' for label, value in sample.labels.items())
        lines.append(f"{name}{{{labels}}} {sample.value:.15g}" if labels else f"{name} {sample.value:.15g}")
    return "\n".join([line for lines in families.values() for line in lines] + [""])


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
