"""Which engine carries background tasks, by what TASKS was read as: the database, or Redis with RQ."""

from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import ImproperlyConfigured

Engines = dict[str, dict[str, object]]
Queues = dict[str, dict[str, object]]

# What people write, and the engine of ours that is meant: RQ's, which our worker knows how to serve.
RQ, _OURS = "django_tasks_rq.RQBackend", "tipsite.worker.redis_tasks.RedisBackend"
_HERE = "redis://127.0.0.1:6379/0"
_EXAMPLE = (
    '{"default": {"BACKEND": "django_tasks_rq.RQBackend", "OPTIONS": {"URL": "redis://server:6379/0"}}}'
)
# A Redis that does not answer is given up after so many seconds: staff wait for the page.
_REACH = {"socket_connect_timeout": "3", "socket_timeout": "5"}
# How long one task may take, in seconds. What is lost with a worker is found by the worker's heartbeat.
_LONGEST = 24 * 60 * 60
# RQ's own choice is pickle: who can write into Redis could then run anything here.
_SERIALIZER = "rq.serializers.JSONSerializer"


def completed(tasks: object) -> tuple[Engines, Queues]:
    """Return the settings TASKS and RQ_QUEUES, by what TASKS was read as; without Redis there is no queue.

    Raises ImproperlyConfigured where that is not a table of engines, or names no Redis.
    """
    if not isinstance(tasks, dict) or not all(isinstance(engine, dict) for engine in tasks.values()):
        raise ImproperlyConfigured(f"TASKS must look like {_EXAMPLE}.")
    engines: Engines = {alias: dict(engine) for alias, engine in tasks.items()}
    queues: Queues = {}
    for engine in engines.values():
        if engine.get("BACKEND") == RQ:
            names, options = engine.get("QUEUES") or ["default"], engine.get("OPTIONS")
            given = options.get("URL", _HERE) if isinstance(options, dict) else _HERE
            url = _completed(str(given))
            engine |= {"BACKEND": _OURS, "QUEUES": names}
            for name in names if isinstance(names, list) else [names]:
                queues[name] = {"URL": url, "DEFAULT_TIMEOUT": _LONGEST, "SERIALIZER": _SERIALIZER}
    return engines, queues


def _completed(url: str) -> str:
    if not url.startswith(("redis://", "rediss://", "unix://")):
        # The URL itself may hold a password.
        raise ImproperlyConfigured(f"The URL of Redis in TASKS is none; TASKS must look like {_EXAMPLE}.")
    place, _, asked = url.partition("?")
    return f"{place}?{urlencode(_REACH | dict(parse_qsl(asked)))}"
