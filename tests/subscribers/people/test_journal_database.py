"""The journal in a second database: what the file promises, and never in the database that it guards."""

import contextlib
import logging
import threading

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from subscribers.people import journal, journal_database, journal_file
from subscribers.recovery import checkpoints, guard
from tests.databases import shared_database
from tests.postgres import NoPostgresError, running_server
from tests.subscribers.recovery.backups import put_back, take_backup
from tipsite import checks
from tipsite.environment import databases


@pytest.fixture(scope="module")
def server():
    try:
        with running_server() as made:
            yield made
    except NoPostgresError as error:
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def table(server, settings, tmp_path):
    """Let the journal lie in an empty database of that server."""
    settings.STATE_DIR = tmp_path
    asked(server, "DROP TABLE IF EXISTS tips_journal")
    settings.JOURNAL_URL = server.url
    journal_database.of_url.cache_clear()
    yield
    journal_database.of_url(server.url, journal.path())._let_go()
    journal_database.of_url.cache_clear()


def asked(server, statement):
    with contextlib.closing(psycopg2.connect(server.url)) as at, at, at.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()] if cursor.description else []


def entries(count):
    return [journal.new_entry("erased", f"{number:064}") for number in range(count)]


def test_lines_are_kept_in_order_and_read_on_from_where_somebody_was(server, monkeypatch):
    monkeypatch.setattr(journal_database, "_AT_ONCE", 3)
    journal.append(entries(4))
    assert list(journal.entries()) == [*entries_of(server)]
    store, place = journal.store(), None
    seen = []
    for _ in range(2):
        for step in store.go_on(place):
            if step is None:
                seen.append("anew")
            else:
                place = step[0]
                seen.append(len(step[1]))
        journal.append(entries(1))
    assert seen[0] == "anew"
    assert len(seen) == 6
    assert len([step for step in store.go_on(place) if step]) == 1
    # Where an older copy was put back, all is read again.
    asked(server, "DELETE FROM tips_journal WHERE id > 4")
    assert next(store.go_on(place)) is None
    # An answer whose time must tell nothing does the same work.
    journal.append([])
    assert asked(server, "SELECT line FROM tips_journal ORDER BY id DESC LIMIT 1") == [""]
    assert len(list(journal.entries())) == 4


def entries_of(server):
    lines = asked(server, "SELECT line FROM tips_journal ORDER BY id")
    return [journal.parsed(line.encode(), bool) for line in lines]


def test_a_reader_misses_none_of_those_who_write_at_once(server):
    store, seen, place = journal.store(), [], None
    writers = [threading.Thread(target=write_and_let_go, args=(store,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    are_writing = True
    while are_writing:
        # Once more after the last of them ended.
        are_writing = any(writer.is_alive() for writer in writers)
        for step in store.go_on(place):
            if step is None:
                seen.clear()
            else:
                place = step[0]
                seen.append(place.offset)
    assert len(seen) == 80
    assert seen == sorted(asked(server, "SELECT id FROM tips_journal"))


def write_and_let_go(store):
    for _ in range(20):
        store.append(b"one\n")
    store._let_go()


def test_a_server_of_this_machine_is_short_of_room_when_its_disk_is(monkeypatch):
    assert journal.is_short_of_room() is False
    monkeypatch.setattr(journal_file, "_LITTLE_ROOM", 2**63)
    assert journal.is_short_of_room() is True


@pytest.mark.django_db
def test_the_guard_goes_by_it(server):
    assert [guard.checkpoint() for _ in range(2)] == [True] * 2
    assert (guard.why_closed(), journal.path().exists()) == (None, False)
    backup = take_backup()
    guard.checkpoint()
    put_back(backup)
    assert guard.why_closed() == guard.OLDER
    asked(server, "DELETE FROM tips_journal")
    assert guard.why_closed() == guard.NO_JOURNAL


@pytest.mark.django_db
def test_a_server_that_is_away_stops_mail_and_keeps_nobody_on_the_list(server, caplog):
    guard.checkpoint()
    server.stop()
    try:
        with caplog.at_level(logging.CRITICAL):
            assert journal.append(entries(1)) is False
        assert "in the database postgres of" in caplog.text
        assert "See to the database of JOURNAL_URL." in caplog.text
        assert journal.why_unwritable()
        closure = guard.why_closed()
        assert (closure.code, "cannot be read" in closure.sentence) == (guard.UNREADABLE, True)
        assert guard.checkpoint() is False
    finally:
        server.start()
    journal.store()._away_until = 0
    # The connection of before ended; nobody is told of that.
    assert (guard.why_closed(), guard.checkpoint()) == (None, True)


def test_a_connection_that_the_server_ended_is_replaced_in_silence(server):
    journal.append(entries(1))
    asked(
        server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tips journal'",
    )
    assert journal.append(entries(1)) is True
    assert len(list(journal.entries())) == 2


def test_a_table_that_may_not_be_written_is_named(server):
    journal.append(entries(1))
    asked(server, "CREATE RULE shut AS ON INSERT TO tips_journal DO INSTEAD SELECT 1/0")
    assert "division by zero" in journal.why_unwritable()
    asked(server, "DROP RULE shut ON tips_journal")
    assert journal.why_unwritable() == ""
    assert len(list(journal.entries())) == 1


@pytest.mark.django_db
def test_the_database_that_it_guards_is_refused(settings, tmp_path):
    if connection.vendor != "postgresql":
        # A file is never a server's database.
        assert journal.why_unwritable() == ""
        return
    settings.JOURNAL_URL = shared_database(tmp_path)
    assert next(iter(checks.check_journal(databases=["default"]))).id == "tipsite.E011"
    assert journal.why_unwritable() == journal_database.SAME
    assert journal.append(entries(1)) is False
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('tips_journal')")
        assert cursor.fetchone() == (None,)


def test_the_file_of_before_is_taken_over_and_a_backups_lines_go_first(server, settings):
    journal.path().write_text('{"what": "former"}\n')
    journal.append(entries(1))
    assert asked(server, "SELECT COUNT(*) FROM tips_journal") == [2]
    present = b"".join(journal.store().lines())
    journal.store().put_before(present[: present.index(b"\n") + 1])
    assert b"".join(journal.store().lines()) == present
    journal.store().put_before(b'{"what": "older"}\n')
    assert b"".join(journal.store().lines()) == b'{"what": "older"}\n' + present
    assert checkpoints.latest()[0] is None


@pytest.mark.parametrize("url", ["sqlite:///journal", "postgres://user:secret@host", "journal"])
def test_a_url_of_no_database_is_refused_without_its_password(url):
    with pytest.raises(ImproperlyConfigured, match="must look like postgres://") as refusal:
        databases.journal(url)
    assert "secret" not in str(refusal.value)
