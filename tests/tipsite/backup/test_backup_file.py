"""One file with all that the site holds, and its way back."""

import contextlib
import io
import json
import sqlite3
import tarfile
from types import SimpleNamespace

import psycopg2
import pytest
from django.conf import settings as running
from django.core.management import call_command
from django.db import connection

import tipsite
from subscribers.models import DatabaseIdentity
from subscribers.people import journal
from subscribers.recovery import guard
from tests.tipsite.backup.rewriting import rewritten
from tests.tipsite.processes import Site, own_database
from tipsite.backup import backup_file, database_dump, read_back
from tipsite.models import BackupRun

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]

# Two rows that belong together, written again and again while the backup is taken.
TAKE = """
import threading
from django.core.management import call_command
from django.db import connection, transaction
from subscribers.recovery import guard
from subscribers.models import Heartbeat
from subscribers.models import Subscriber, Suppression
stop, begun = threading.Event(), threading.Event()
def write():
    number = 0
    while not stop.is_set():
        number += 1
        with transaction.atomic():
            Suppression.objects.create(address_hash=f"{number:064}", reason="blocked")
            Subscriber.objects.create(address=f"p{number}@example.org")
        begun.set()
    connection.close()
guard.checkpoint()
writer = threading.Thread(target=write)
writer.start()
begun.wait(30)
try:
    call_command("backup", FILE)
finally:
    stop.set()
    writer.join()
closure = guard.why_closed()
print(closure.code if closure else "open")
"""
LOOK = """
import json
from django.db import connection
from subscribers.recovery import guard
from django.utils import timezone
from subscribers.models import Subscriber, Suppression
from tips.models import Edition
from tipsite.schema import migration_state
print(json.dumps({
    "edition": Edition.objects.get().number, "is_news": Edition.objects.last_modified() > timezone.now(),
    "people": Subscriber.objects.count(), "suppressed": Suppression.objects.count(),
    "closure": guard.why_closed().code, "unapplied": migration_state.unapplied(),
    "tables": connection.introspection.table_names(),
}))
"""


@pytest.mark.processes
def test_a_backup_taken_while_others_write_comes_back_on_an_empty_machine(site, tmp_path):
    file, media = tmp_path / "all.tar", site.folder / "media" / "2024"
    media.mkdir(parents=True, exist_ok=True)
    (media / "cup.png").write_bytes(b"a picture")
    took = site.manage("shell", "-v0", "-c", TAKE.replace("FILE", repr(str(file))))
    assert took.returncode == 0, took.stderr
    # Whoever takes backups goes on mailing.
    assert took.stdout.splitlines()[-1] == "open"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["all.tar"]
    folder = tmp_path / "new"
    folder.mkdir()
    with own_database(folder) as url:
        add_table(url)
        other = Site(folder, url)
        key = {"SUPPRESSION_KEY": (site.folder / "suppression_key").read_text()}
        done = other.manage("restore", str(file), **key)
        assert done.returncode == 0, done.stderr
        assert "Publisher" in done.stdout
        seen = json.loads(other.manage("shell", "-v0", "-c", LOOK, **key).stdout)
    assert seen["people"] == seen["suppressed"] > 0
    assert (seen["closure"], seen["unapplied"]) == (guard.OLDER.code, [])
    assert "later" not in seen["tables"]
    # What readers kept of the site as it was is older than this.
    assert seen["edition"] > 10**6
    assert seen["is_news"]
    assert (folder / "media" / "2024" / "cup.png").read_bytes() == b"a picture"


def add_table(url):
    """Make what a later version of the program has, and the backup does not know of."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    else:
        connection = psycopg2.connect(url)
    with contextlib.closing(connection):
        connection.cursor().execute("CREATE TABLE later (id integer)")
        connection.commit()


# --- What is in the file, and what is not believed of one ------------------------------------------------


@pytest.fixture
def machine(settings, tmp_path, monkeypatch, db):
    """A machine of its own, on which the database itself is stood in for by a few bytes."""
    settings.STATE_DIR, settings.MEDIA_ROOT = tmp_path / "state", tmp_path / "state" / "media"
    settings.MEDIA_ROOT.mkdir(parents=True)
    loaded, checked = [], []
    monkeypatch.setattr(database_dump, "write", lambda path: path.write_bytes(b"rows") and {"tips_tip": 7})

    def check(path, rows, vendor=""):
        checked.append((path.read_bytes(), rows))

    monkeypatch.setattr(database_dump, "check", check)
    monkeypatch.setattr(database_dump, "put_back", lambda path: loaded.append(path.read_bytes()))
    return loaded


@pytest.fixture
def file(machine, tmp_path):
    """A backup of that machine."""
    (running.MEDIA_ROOT / "cup.png").write_bytes(b"a picture")
    backup_file.backup(tmp_path / "all.tar")
    return tmp_path / "all.tar"


def told(command, *arguments):
    """Run a command that fails; return its exit status and the one line that it says."""
    words = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(command, *map(str, arguments), stderr=words)
    assert words.getvalue().count("\n") == 1
    return ended.value.code, words.getvalue()


def test_a_backup_has_no_key_in_it(file):
    assert running.SUPPRESSION_KEY.encode() not in file.read_bytes()
    assert running.SECRET_KEY.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "is a folder"), ("nowhere/all.tar", "Nothing can be written"), ("state/media/all.tar", "uploads")],
)
def test_a_backup_that_cannot_be_written_says_where(machine, tmp_path, name, words):
    status, line = told("backup", tmp_path / name)
    assert (status, words in line) == (2, True)
    assert not (tmp_path / name).is_file()


def test_a_backup_that_fails_leaves_the_last_one_as_it_was(file, monkeypatch):
    before = file.read_bytes()

    def fail(path):
        raise backup_file.BackupError("pg_dump failed: the server is away")

    monkeypatch.setattr(database_dump, "write", fail)
    assert told("backup", file)[0] == 2
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_what_the_disk_keeps_otherwise_than_it_was_written_is_no_backup(file, monkeypatch):
    before = file.read_bytes()

    def keep_something_else(written):
        written.seek(2000)
        written.write(b"?")
        written.flush()

    monkeypatch.setattr(read_back, "forget_pages", keep_something_else)
    status, line = told("backup", file)
    assert (status, "is damaged: " in line) == (2, True)
    assert file.read_bytes() == before
    assert [bool(run.failure) for run in BackupRun.objects.order_by("pk")] == [False, True]


def test_each_run_leaves_a_row(file, tmp_path):
    run = BackupRun.objects.get()
    assert (run.file, run.size, run.failure) == (str(file), file.stat().st_size, "")
    told("backup", tmp_path)
    assert BackupRun.objects.latest("pk").failure == f"{tmp_path} is a folder; name a file."


def test_a_backup_says_which_version_and_migrations_made_it(file):
    with tarfile.open(file) as archive:
        said = json.loads(archive.extractfile("manifest.json").read())
    assert said["version"] == tipsite.__version__
    assert "tips.0001_initial" in said["migrations"]
    assert said["rows"] == {"tips_tip": 7}


def test_a_full_disk_here_is_no_reason_against_a_backup_elsewhere(machine, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(journal, "append", lambda entries: False)
    backup_file.backup(tmp_path / "all.tar")
    assert "no checkpoint of its own" in caplog.text
    assert backup_file.restore(tmp_path / "all.tar", dry_run=True).rows == 7


def fail(*args):
    raise backup_file.BackupError("it failed")


def test_in_a_folder_each_has_a_name_of_its_own_and_old_ones_go(machine, tmp_path, capsys, monkeypatch):
    place = tmp_path / "backups"
    place.mkdir()
    for day in range(1, 9):
        (place / f"tips-202501{day:02}-032000.tar").write_bytes(b"old")
    call_command("backup", into=str(place))
    names = sorted(path.name for path in place.iterdir())
    assert names[0] == "tips-20250103-032000.tar"
    assert names[-1][:7] == "tips-20"
    assert len(names) == 7
    assert "Removed tips-20250101-032000.tar" in capsys.readouterr().out
    # One that fails removes none.
    (place / "tips-20250101-032000.tar").write_bytes(b"old")
    monkeypatch.setattr(database_dump, "check", fail)
    assert told("backup", "--into", place)[0] == 2
    assert (place / "tips-20250101-032000.tar").exists()


def test_a_dry_run_reads_all_and_changes_nothing(file, machine, capsys):
    (running.MEDIA_ROOT / "cup.png").unlink()
    before = journal.path().read_bytes()
    call_command("restore", str(file), dry_run=True)
    assert "Nothing was changed." in capsys.readouterr().out
    assert (machine, journal.path().read_bytes()) == ([], before)
    assert not (running.MEDIA_ROOT / "cup.png").exists()
    assert told("restore", rotten(file), "--dry-run")[0] == 2


def test_taking_a_backup_does_not_open_a_closed_guard(machine, tmp_path):
    guard.checkpoint()
    journal.path().unlink()
    backup_file.backup(tmp_path / "all.tar")
    assert guard.why_closed() == guard.NO_JOURNAL


def test_uploads_come_back_and_none_is_overwritten(file, machine):
    (running.MEDIA_ROOT / "cup.png").unlink()
    (running.MEDIA_ROOT / "new.png").write_bytes(b"newer")
    assert backup_file.restore(file).uploads == 1
    assert machine == [b"rows"]
    assert {path.name: path.read_bytes() for path in running.MEDIA_ROOT.iterdir()} == {
        "cup.png": b"a picture",
        "new.png": b"newer",
    }


def test_a_restore_that_fails_after_the_database_says_what_is_missing(file, machine):
    journal.path().unlink()
    journal.path().mkdir()
    status, line = told("restore", file)
    assert (status, machine) == (1, [b"rows"])
    assert line.startswith("The database was restored, but not the journal: ")
    assert "restore the same backup again" in line
    (running.MEDIA_ROOT / "cup.png").unlink()
    running.MEDIA_ROOT.rmdir()
    running.MEDIA_ROOT.write_bytes(b"no folder")
    assert "but not all of the uploads, and not the journal: " in told("restore", file)[1]
    # Once that is mended, the same backup is put back whole.
    running.MEDIA_ROOT.unlink()
    journal.path().rmdir()
    assert backup_file.restore(file).uploads == 1
    assert guard.why_closed() is None


def test_without_any_uploads_it_works_too(machine, tmp_path):
    running.MEDIA_ROOT.rmdir()
    backup_file.backup(tmp_path / "all.tar")
    assert backup_file.restore(tmp_path / "all.tar").uploads == 0


def test_the_journal_that_is_there_is_kept_and_the_backups_fills_a_gap(file):
    journal.append([journal.new_entry("erased", "a" * 64)])
    present = journal.path().read_bytes()
    backup_file.restore(file)
    assert journal.path().read_bytes() == present
    # On a new machine somebody left before it was restored.
    journal.path().unlink()
    journal.append([journal.new_entry("erased", "b" * 64)])
    backup_file.restore(file)
    lines = [json.loads(line) for line in journal.path().read_text().splitlines()]
    assert [line["what"] for line in lines] == ["checkpoint", "checkpoint", "erased"]
    assert journal.path().stat().st_mode & 0o777 == 0o600
    DatabaseIdentity.objects.update(counter=0)
    assert guard.why_closed() == guard.OLDER


def cut(file):
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 3])
    return file


def without_journal(file):
    return rewritten(file, lambda member, data: member.name != "journal.jsonl" and (member, data))


def without_manifest(file):
    return rewritten(file, lambda member, data: member.name != "manifest.json" and (member, data))


def with_manifest(**values):
    def change(member, data):
        if member.name == "manifest.json":
            data = json.dumps(json.loads(data) | values).encode()
        return member, data

    return lambda file: rewritten(file, change)


def rotten(file):
    def change(member, data):
        return member, data.replace(b"picture", b"pictuse")

    return rewritten(file, change)


def climbing(file):
    def change(member, data):
        member.name = member.name.replace("media/", "../../../")
        return member, data

    return rewritten(file, change)


def ordinary(file):
    file.write_bytes(b"no backup at all" * 100)
    return file


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut, "cut short"),
        (ordinary, "no backup"),
        (lambda file: file.with_name("none.tar"), "is not there"),
        (lambda file: file.parent, "directory"),
        (without_journal, "cut short"),
        (without_manifest, "no manifest.json"),
        (with_manifest(format=99), "another version"),
        (with_manifest(suppression_key="x"), "SUPPRESSION_KEY"),
        (with_manifest(database="another"), "does not know"),
        (with_manifest(database=OTHER, migrations=["tips.0001_initial"]), "must have the same migrations"),
        (with_manifest(version="9.0"), "manifest.json is not what was written"),
        (rotten, "media/cup.png is not what was written"),
        (with_manifest(version="9.0", migrations=["tips.0099_later"]), "made by version 9.0. This program"),
        (climbing, "outside"),
    ],
)
def test_what_is_no_whole_backup_of_this_site_changes_nothing(file, machine, spoil, words):
    before = journal.path().read_bytes()
    status, line = told("restore", spoil(file))
    assert status == 2
    assert words in line
    assert machine == []
    assert journal.path().read_bytes() == before


def test_a_backup_that_says_to_hold_more_than_fits_is_not_unpacked(file, machine, monkeypatch):
    with tarfile.open(file, "a", format=tarfile.PAX_FORMAT) as archive:
        upload = tarfile.TarInfo("media/hollow.png")
        # Five million bytes, all of them holes. What is not here yet needs its place twice.
        upload.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": "5000000"}
        archive.addfile(upload)
    room = SimpleNamespace(free=9_900_000)
    monkeypatch.setattr(backup_file.shutil, "disk_usage", lambda place: room)
    status, line = told("restore", file)
    assert (status, machine) == (2, [])
    assert "which has 9,900,000 left. Make room" in line
    room.free = 10_100_000
    assert backup_file.restore(file).uploads == 2


def test_no_link_in_a_backup_makes_other_files_public(file, machine):
    with tarfile.open(file, "a") as archive:
        for kind, target in ((tarfile.SYMTYPE, "../database"), (tarfile.LNKTYPE, "manifest.json")):
            link = tarfile.TarInfo(f"media/link-{kind.decode()}")
            link.type, link.linkname = kind, target
            archive.addfile(link)
    backup_file.restore(file)
    assert [path.name for path in running.MEDIA_ROOT.iterdir()] == ["cup.png"]
