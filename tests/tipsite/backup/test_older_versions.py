"""A backup that an older version made is put back, and migrated to this one."""

import json
import tarfile

import pytest

from subscribers.recovery import guard
from tests.tipsite.backup.rewriting import rewritten
from tests.tipsite.processes import Site, own_database
from tipsite.backup import manifest, read_back

# The site as the first migrations made it, with the rows that such a program would have written.
MAKE = """
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from subscribers.people import journal
from subscribers.recovery import guard
OURS = ("desk", "shield", "tips", "subscribers", "tipsite")
leaves = [key for key in MigrationExecutor(connection).loader.graph.leaf_nodes() if key[0] not in OURS]
executor = MigrationExecutor(connection)
first = executor.migrate(leaves + [(app, "0001_initial") for app in OURS])
def model(name):
    return first.apps.get_model(*name.split("."))
person = model("auth.User").objects.create(username="ed")
now = timezone.now()
model("tips.Tip").objects.create(
    title="Call back", slug="call-back", body="<p>Within a day.</p>", excerpt="Within a day.",
    author=person, state="approved", publish_at=now,
)
model("subscribers.Subscriber").objects.create(address="anna@example.org")
model("subscribers.Suppression").objects.create(address_hash="a" * 64, reason="blocked")
# Each program notes in the journal, once the database is copied, that it goes on.
identity = model("subscribers.DatabaseIdentity").objects.create(pk=1, name="b" * 32, counter=1)
identity.counter = 2
assert journal.append([guard.checkpoint_entry(identity)])
call_command("backup", FILE)
"""
LOOK = """
import json
from django.core.management import call_command
from django.test import Client
from tipsite.schema import migration_state
call_command("restore", FILE, verbosity=0)
unapplied = migration_state.unapplied()
call_command("migrate", verbosity=0)
from subscribers.models import Subscriber, Suppression
from subscribers.recovery import guard
from tipsite.models import BackupRun
pages = {path: Client().get(path).text for path in ("/", "/search/?q=call")}
print(json.dumps({
    "waited": bool(unapplied), "left": migration_state.unapplied(),
    "people": [person.address for person in Subscriber.objects.all()],
    "suppressed": Suppression.objects.count(), "runs": BackupRun.objects.count(),
    "without": [path for path, text in pages.items() if "Call back" not in text],
    "guard": guard.why_closed().code,
}))
"""


def as_it_was_before_checksums(file):
    """Return a backup without what the first versions did not write into theirs."""

    def change(member, data):
        if member.name == manifest.NAME:
            kept = {"format", "at", "database", "suppression_key"}
            data = json.dumps({key: value for key, value in json.loads(data).items() if key in kept}).encode()
        return member.name != read_back.SUMS and (member, data)

    return rewritten(file, change)


@pytest.mark.processes
def test_a_backup_of_the_first_version_comes_back_and_is_migrated(tmp_path):
    file = tmp_path / "old.tar"
    folders = [tmp_path / name for name in ("old", "new")]
    for folder in folders:
        folder.mkdir()
    with own_database(folders[0]) as url:
        made = Site(folders[0], url).manage("shell", "-v0", "-c", MAKE.replace("FILE", repr(str(file))))
        assert made.returncode == 0, made.stderr
    with tarfile.open(file) as archive:
        names = json.loads(archive.extractfile(manifest.NAME).read())["migrations"]
    assert [name for name in names if name.startswith("tips.")] == ["tips.0001_initial"]
    file = as_it_was_before_checksums(file)
    with own_database(folders[1]) as url:
        key = {"SUPPRESSION_KEY": (folders[0] / "suppression_key").read_text()}
        own = {"ALLOWED_HOSTS": "testserver", "DEBUG": "on", **key}
        looked = Site(folders[1], url).manage(
            "shell", "-v0", "-c", LOOK.replace("FILE", repr(str(file))), **own
        )
        assert looked.returncode == 0, looked.stderr
    assert json.loads(looked.stdout.splitlines()[-1]) == {
        "waited": True,
        "left": [],
        "people": ["anna@example.org"],
        "suppressed": 1,
        "runs": 0,
        "without": [],
        "guard": guard.OLDER.code,
    }
