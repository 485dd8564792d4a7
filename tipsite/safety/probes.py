"""What a load balancer or a monitor asks: is the process alive, can it serve, and is Tuesday safe?

These answers come before the rest of the stack: a probe names the machine it asks, not the site, and would
be turned away with everybody else who asks for a foreign host.
"""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from tipsite.safety import verdict

# Migrations that are applied stay so while this process lives, so they are counted only until then.
_migrated = False


@never_cache
def alive(request):
    """Answer /healthz: this process takes requests. Nothing else is touched."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def ready(request):
    """Answer /readyz: the database answers and knows all migrations. Otherwise 503, without details."""
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _migrated = _migrated or not unapplied_migrations()
    except DatabaseError:
        return _not_ready("The database does not answer.\n")
    if not _migrated:
        return _not_ready("The database waits for migrations.\n")
    return HttpResponse("ready\n", content_type="text/plain")


@never_cache
def safe(request):
    """Answer /healthz/safe: 200 if the next tip will reach its readers on time, otherwise 503.

    Why not is told only to who brings the bearer token HEALTH_TOKEN (RFC 6750, 2.1): it names tips that are
    not public.
    """
    try:
        reasons = verdict.reasons()
    except DatabaseError:
        reasons = [verdict.Reason("database", "The database does not answer.")]
    words = "".join(f"{reason.words}\n" for reason in reasons) if _may_know(request) else ""
    answer = "not safe\n" if reasons else "safe\n"
    return HttpResponse(answer + words, content_type="text/plain", status=503 if reasons else 200)


def _may_know(request):
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if not settings.HEALTH_TOKEN or kind.lower() != "bearer":
        return False
    return constant_time_compare(token.strip(), settings.HEALTH_TOKEN)


def _not_ready(words):
    return HttpResponse(words, content_type="text/plain", status=503)


def unapplied_migrations():
    """Return the migrations that the database does not know yet, as "app.name", in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


_PROBES = {"/healthz": alive, "/readyz": ready, "/healthz/safe": safe}


def answer_probes(get_response):
    """Middleware that answers the probes and lets all else pass."""

    def middleware(request):
        probe = _PROBES.get(request.path_info)
        return probe(request) if probe and request.method in ("GET", "HEAD") else get_response(request)

    return middleware
