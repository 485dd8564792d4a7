import pytest
from django.core.exceptions import ImproperlyConfigured

from tipsite.environment import task_engines

DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def redis(**fields):
    return {"default": {"BACKEND": "django_tasks_rq.RQBackend", **fields}}


def test_the_database_needs_no_queue_of_redis():
    assert task_engines.completed(DATABASE) == (DATABASE, {})


def test_redis_is_given_up_within_seconds_and_takes_nothing_that_could_run_by_itself():
    url = "redis://:pass@redis.example.org/3?socket_timeout=9"
    engines, queues = task_engines.completed(redis(OPTIONS={"URL": url}))
    assert engines["default"]["BACKEND"] == "tipsite.worker.redis_tasks.RedisBackend"
    assert queues["default"]["SERIALIZER"] == "rq.serializers.JSONSerializer"
    assert queues["default"]["URL"].startswith("redis://:pass@redis.example.org/3?socket_connect_timeout=3")
    assert queues["default"]["URL"].endswith("socket_timeout=9")


def test_without_a_url_it_is_the_redis_of_this_machine_and_queues_may_have_names():
    _, queues = task_engines.completed(redis(QUEUES=["default", "slow"]))
    assert {name: queue["URL"].partition("?")[0] for name, queue in queues.items()} == dict.fromkeys(
        ["default", "slow"], "redis://127.0.0.1:6379/0"
    )


@pytest.mark.parametrize("tasks", [[], {"default": "redis"}, redis(OPTIONS={"URL": "http://:secret@x"})])
def test_what_makes_no_sense_is_refused_with_an_example_and_without_the_password(tasks):
    with pytest.raises(ImproperlyConfigured, match="TASKS must look like") as refused:
        task_engines.completed(tasks)
    assert "secret" not in str(refused.value)
