"""The database as one file: what is damaged is not put back, and what is no database not written over."""

import contextlib
import shutil
import sqlite3

import pytest
from django.conf import settings

from tipsite.backup import database_dump
from tipsite.backup.database_dump import BackupError

ROWS = """
import pathlib
from tipsite.backup import database_dump
dump = pathlib.Path(FILE)
rows = database_dump.write(dump)
database_dump.check(dump, rows)
assert rows["django_migrations"] > 20, rows
for wrong in ({**rows, "django_migrations": 1}, {**rows, "later": 0}):
    try:
        database_dump.check(dump, wrong)
    except database_dump.BackupError as error:
        print(error)
data = dump.read_bytes()
middle = len(data) // 2
dump.write_bytes(data[:middle] + bytes(4096) + data[middle + 4096 :])
try:
    database_dump.check(dump, rows)
except database_dump.BackupError as error:
    print("damaged" in str(error) or "not what was written" in str(error))
"""


@pytest.fixture
def copy(tmp_path):
    """An SQLite file with one row."""
    with contextlib.closing(sqlite3.connect(tmp_path / "copy")) as connection:
        connection.executescript("CREATE TABLE t (words text); INSERT INTO t VALUES ('new')")
    return tmp_path / "copy"


@pytest.mark.processes
def test_what_was_written_has_the_rows_of_the_database_and_no_others(site, tmp_path):
    done = site.manage("shell", "-v0", "-c", ROWS.replace("FILE", repr(str(tmp_path / "dump"))))
    assert done.returncode == 0, done.stderr
    first, second, is_damaged = done.stdout.splitlines()
    assert "its table django_migrations has " in first
    assert "rows instead of 1." in first
    assert "its table later has 0 rows instead of 0" in second
    assert is_damaged == "True"


@pytest.mark.once
def test_a_damaged_copy_is_found_out(copy):
    database_dump.check(copy, {"t": 1}, "sqlite")
    database_dump.check(copy, None, "sqlite")
    with pytest.raises(BackupError, match="its table t has 1 rows instead of 2"):
        database_dump.check(copy, {"t": 2}, "sqlite")
    copy.write_bytes(copy.read_bytes()[:5000])
    with pytest.raises(BackupError, match="damaged"):
        database_dump.check(copy, None, "sqlite")


@pytest.mark.once
def test_a_copy_of_before_there_was_mail_is_put_back_and_a_ruined_file_stays(copy, tmp_path, monkeypatch):
    live = tmp_path / "live"
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(live))
    database_dump._put_back_file(copy)
    with contextlib.closing(sqlite3.connect(live)) as connection:
        assert connection.execute("SELECT words FROM t").fetchall() == [("new",)]
    # A file that is no database any more is not written over: it is said what to do.
    shutil.copy(live, copy)
    live.write_bytes(b"x" * 8192)
    with pytest.raises(BackupError, match="cannot be replaced"):
        database_dump._put_back_file(copy)
