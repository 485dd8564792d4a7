"""Which disks are looked at."""

import os
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from django.db import connection

from tipsite.safety import disks

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(settings, tmp_path, monkeypatch):
    """A machine on which each folder of the site has a disk of its own."""
    for name in ("database", "state", "media", "backup"):
        (tmp_path / name).mkdir()
    settings.STATE_DIR, settings.MEDIA_ROOT = tmp_path / "state", tmp_path / "media"
    numbers = {}

    def stat(path):
        return SimpleNamespace(st_dev=numbers.setdefault(path, len(numbers)))

    monkeypatch.setattr(disks.Path, "stat", stat)
    return tmp_path


def look(folder):
    return disks.look(folder / "database", str(folder / "backup" / "a.tar"))


def test_each_disk_of_the_site_is_looked_at_also_that_of_the_backups(places):
    found = look(places)
    assert [disk.content for disk in found] == ["the database", "STATE_DIR", "the uploads", "the backups"]
    assert all(disk.total > disk.free >= 0 for disk in found)


def test_two_folders_on_one_disk_are_one(settings, tmp_path):
    settings.STATE_DIR = settings.MEDIA_ROOT = tmp_path
    assert len({disk.content for disk in look(tmp_path)} & {"STATE_DIR", "the uploads"}) < 2


def test_what_is_not_there_is_left_out(places, settings, monkeypatch):
    def stat(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(disks.Path, "stat", stat)
    assert look(places) == []


def test_a_disk_that_is_read_only_is_told(places, monkeypatch):
    real = os.statvfs(places)
    mounted = SimpleNamespace(
        f_flag=real.f_flag | os.ST_RDONLY, f_blocks=real.f_blocks, f_bavail=real.f_bavail, f_frsize=4096
    )
    monkeypatch.setattr(disks.os, "statvfs", lambda path: mounted)
    assert all(disk.is_read_only for disk in look(places))


def test_the_database_itself_is_asked_where_it_lies_and_whether_it_takes_anything(
    settings, tmp_path, monkeypatch
):
    database = disks.database()
    assert database.is_read_only is False
    if connection.vendor == "postgresql":
        assert (database.folder / "base").is_dir()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
        assert disks.database().is_read_only
    else:
        assert database.folder is None
        (tmp_path / "db.sqlite3").touch()
        monkeypatch.setitem(connection.settings_dict, "NAME", tmp_path / "db.sqlite3")
        assert disks.database().folder == tmp_path
        # As the settings name it where its disk was read-only from the start.
        uri = f"file:{quote(str(tmp_path / 'db.sqlite3'))}?immutable=1"
        monkeypatch.setitem(connection.settings_dict, "NAME", uri)
        assert disks.database().folder == tmp_path
