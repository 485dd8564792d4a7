from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection

from shield import clocks, database_server

pytestmark = pytest.mark.django_db


def test_its_clock_is_compared_with_ours(monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(database_server, "ahead_between", clocks.ahead_between)
    with django_assert_max_num_queries(1):
        assert abs(database_server.look().clock_ahead) < clocks.WORTH_TELLING
    now = database_server.timezone.now()
    late = now - timedelta(seconds=90), now - timedelta(seconds=89)
    monkeypatch.setattr(database_server.timezone, "now", iter(late).__next__)
    expected = timedelta(seconds=-89) if connection.vendor == "postgresql" else timedelta()
    assert abs(database_server.look().clock_ahead - expected) < clocks.WORTH_TELLING


def test_the_database_itself_is_asked_where_it_lies_and_whether_it_takes_anything(
    settings, tmp_path, monkeypatch
):
    database = database_server.look()
    assert database.is_read_only is False
    if connection.vendor == "postgresql":
        assert (database.folder / "base").is_dir()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
        assert database_server.look().is_read_only
    else:
        assert database.folder is None
        (tmp_path / "db.sqlite3").touch()
        monkeypatch.setitem(connection.settings_dict, "NAME", tmp_path / "db.sqlite3")
        assert database_server.look().folder == tmp_path
        # As the settings name it where its disk was read-only from the start.
        uri = f"file:{quote(str(tmp_path / 'db.sqlite3'))}?immutable=1"
        monkeypatch.setitem(connection.settings_dict, "NAME", uri)
        assert database_server.look().folder == tmp_path
