"""The files in deploy/, as far as they repeat what the program knows."""

import re

import pytest
from django.core.management import get_commands

from tests.__main__ import ROOT
from tests.architecture.tree import ROOMS

# These need no database at all.
pytestmark = pytest.mark.once
DEPLOY = ROOT / "deploy"
CALL = re.compile(r"(?:python manage\.py|^Exec\w+=/srv/tips/live/deploy/tips) ([a-z_]+)", re.MULTILINE)


def test_units_and_containers_call_commands_that_exist():
    files = [path for path in DEPLOY.rglob("*") if path.is_file()]
    named = {name for path in files for name in CALL.findall(path.read_text())}
    assert {"serve", "worker", "read_bounces", "backup", "migrate"} <= named <= set(get_commands())


def test_a_backup_that_fails_is_noted_by_a_unit_that_is_there():
    units = DEPLOY / "systemd"
    (failed,) = re.findall(r"^OnFailure=(.+)$", (units / "tips-backup.service").read_text(), re.MULTILINE)
    runs = [
        re.search(r"^ExecStart=\S+/tips (.+)$", (units / name).read_text(), re.MULTILINE)[1]
        for name in ("tips-backup.service", failed)
    ]
    assert runs == ["backup --into /srv/tips/backup", "backup --note-failure --into /srv/tips/backup"]


def test_the_image_has_all_that_the_program_reads():
    image = (DEPLOY / "container" / "Containerfile").read_text()
    copied = set(re.findall(r"^COPY (\S+) ", image, re.MULTILINE))
    assert copied == {*ROOMS, "templates", "static", "fixtures", "manage.py", "requirements.lock"}
