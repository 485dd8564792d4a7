"""What a load balancer or a monitor asks: is the process alive, can it serve, and is Tuesday safe?

These answers come before the rest of the stack: a probe names the machine, not the site, and would be turned
away with everybody else who asks for a foreign host.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from shield import clocks
from tips.schedule import verdict
from tipsite.backup import runs
from tipsite.schema import migration_state

# Migrations that are applied stay so while this process lives, so they are counted only until then.
_migrated = False


def answer_probes(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware that answers the probes and lets all other requests pass."""
    probes = {"/healthz": alive, "/readyz": ready, "/healthz/safe": safe}

    def middleware(request: HttpRequest) -> HttpResponseBase:
        probe = probes.get(request.path_info)
        return probe(request) if probe and request.method in ("GET", "HEAD") else get_response(request)

    return middleware


@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """Answer /healthz: this process takes requests. Nothing else is touched."""
    return _plain("ok")


@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Answer /readyz: the database answers and knows all migrations. Otherwise 503, without details.

    503 takes this process out of service, so it is only for what another machine may do better. What no other
    would (old backups, a clock that is off) stands in the answer with 200.
    """
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _migrated = _migrated or not migration_state.unapplied()
        if _migrated:
            return JsonResponse({"ready": True, **_facts()})
    except DatabaseError:
        return JsonResponse({"ready": False, "why": "The database does not answer."}, status=503)
    return JsonResponse({"ready": False, "why": "The database waits for migrations."}, status=503)


def _facts() -> dict[str, object]:
    """Return the age of the newest backup that was read back, and how far this machine's clock is off.

    Both are in seconds; the age is None without a backup. ``backup_failed`` is about the run after it.
    """
    now = timezone.now()
    standing = runs.standing(now)
    age = runs.age(standing.verified, now)
    return {
        "backup_age_seconds": None if age is None else round(age.total_seconds()),
        "backup_failed": standing.failed is not None,
        "backup_overdue": standing.is_overdue,
        "clock_offset_seconds": round(clocks.ahead_of_database().total_seconds(), 3),
    }


@never_cache
def safe(request: HttpRequest) -> HttpResponse:
    """Answer /healthz/safe: 200 if the next tip will reach its readers on time, otherwise 503.

    The reasons, and what should be known besides, are told only to a client that brings the bearer token
    HEALTH_TOKEN (RFC 6750, 2.1): they name tips that are not public.
    """
    try:
        following = verdict.of_next()
        is_safe, words = following.is_safe, [str(reason) for reason in following.told]
    except DatabaseError:
        is_safe, words = False, ["The database does not answer."]
    answer = ["safe" if is_safe else "not safe", *(words if _has_token(request) else [])]
    return _plain("\n".join(answer), 200 if is_safe else 503)


def _has_token(request: HttpRequest) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    is_bearer = bool(settings.HEALTH_TOKEN) and kind.lower() == "bearer"
    return is_bearer and constant_time_compare(token.strip(), settings.HEALTH_TOKEN)


def _plain(words: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{words}\n", content_type="text/plain", status=status)
