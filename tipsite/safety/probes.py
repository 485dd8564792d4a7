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
from tipsite.backup import runs
from tipsite.safety.kept_verdict import KeptVerdict
from tipsite.schema import migration_state

# Migrations that are applied stay so while this process lives, so they are counted only until then.
_migrated = False
KEPT = KeptVerdict()


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
    would (old backups, a clock that is off) stands in the answer with 200. The answer names the release
    by its folder's name.
    """
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _migrated = _migrated or not migration_state.unapplied()
        if _migrated:
            return JsonResponse({"ready": True, "release": settings.BASE_DIR.name, **_facts()})
    except DatabaseError:
        return _not_ready("The database does not answer.")
    return _not_ready("The database waits for migrations.")


def _not_ready(why: str) -> HttpResponse:
    return _unlogged(JsonResponse({"ready": False, "why": why}, status=503))


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
    HEALTH_TOKEN (RFC 6750, 2.1): they name tips that are not public. The answer is kept for some seconds; the
    header X-As-Of says of which moment it is.
    """
    kept = KEPT.ask()
    words = kept.words if has_token(request, settings.HEALTH_TOKEN) else ()
    response = _plain("\n".join(["safe" if kept.is_safe else "not safe", *words]))
    response.status_code = 200 if kept.is_safe else 503
    response["X-As-Of"] = kept.at.isoformat(timespec="seconds")
    return _unlogged(response)


def has_token(request: HttpRequest, expected: str) -> bool:
    """Tell whether a request brings a bearer token (RFC 6750, 2.1); an empty one is nobody's."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return bool(expected) and kind.lower() == "bearer" and constant_time_compare(token.strip(), expected)


def _plain(words: str) -> HttpResponse:
    return HttpResponse(f"{words}\n", content_type="text/plain")


def _unlogged(response: HttpResponse) -> HttpResponse:
    """Return an answer of which Django logs no line: a monitor asks over and over."""
    # What Django itself sets once it has written its line.
    setattr(response, "_has_been_logged", True)  # noqa: B010  no declared attribute
    return response
