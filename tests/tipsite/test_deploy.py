"""The files in deploy/, as far as they repeat what the program knows."""

import os
import pwd
import re
import subprocess

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


# A release whose manage.py makes a folder with a file, both named after the command.
STAND_IN = '#!/bin/sh\nmkdir "$STATE_DIR/$2" && : >"$STATE_DIR/$2/$2"\n'


def test_the_web_server_in_front_may_read_what_is_written_for_it_and_nothing_else(tmp_path):
    python = tmp_path / "release" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(STAND_IN)
    python.chmod(0o755)
    (tmp_path / "tips.env").write_text(f"STATE_DIR={tmp_path}\n")
    script = (DEPLOY / "tips").read_text()
    for shipped, ours in {
        "= tips ]": f"= {pwd.getpwuid(os.geteuid()).pw_name} ]",
        "/etc/tips.env": f"{tmp_path}/tips.env",
    }.items():
        assert shipped in script
        script = script.replace(shipped, ours)
    environment = {**os.environ, "TIPS_RELEASE": str(tmp_path / "release")}
    modes = {}
    for command in ("collectstatic", "error_pages", "backup", "serve"):
        subprocess.run(["sh", "-c", script, "tips", command], env=environment, check=True)
        written = (tmp_path / command, tmp_path / command / command)
        modes[command] = [path.stat().st_mode & 0o777 for path in written]
    assert modes == {
        "collectstatic": [0o755, 0o644],
        "error_pages": [0o755, 0o644],
        "backup": [0o700, 0o600],
        "serve": [0o700, 0o600],
    }
