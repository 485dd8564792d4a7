"""Which disks are looked at."""

import os
from types import SimpleNamespace

import pytest

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
