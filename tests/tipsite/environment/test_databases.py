import dj_database_url
import pytest

from tipsite.environment import databases

URL = "postgres://tips:secret@db.example.org/tips"


@pytest.mark.parametrize("pooled", [False, True])
def test_a_server_that_does_not_answer_is_given_up_within_seconds(pooled):
    options = databases.completed(dj_database_url.parse(URL), pooled=pooled)["OPTIONS"]
    assert 0 < options["connect_timeout"] <= 5
    assert 0 < options["tcp_user_timeout"] <= 5000
    given = dj_database_url.parse(f"{URL}?connect_timeout=10")
    assert databases.completed(given, pooled=pooled)["OPTIONS"]["connect_timeout"] == 10


def test_behind_a_pool_nothing_is_set_for_a_connection():
    database = databases.completed(dj_database_url.parse(URL), pooled=True)
    assert "options" not in database["OPTIONS"]
    assert database["DISABLE_SERVER_SIDE_CURSORS"]
    assert "jit=off" in databases.completed(dj_database_url.parse(URL), pooled=False)["OPTIONS"]["options"]
