"""The files in deploy/, as far as they repeat what the program knows."""

import re
import shlex
import socket

import pytest
from django.core.management import get_commands

from tests.__main__ import ROOT
from tests.architecture.tree import ROOMS
from tipsite.management.commands import serve

# These need no database at all.
pytestmark = pytest.mark.once
DEPLOY = ROOT / "deploy"


def sized(options):
    """Leave out what is a matter of the place: where it listens, how many there are, and how they part.

    A unit of the web server alone is told to load a new program (HUP), which what is loaded before would not.
    """
    own = ("--bind=", "--chdir=", "--workers=", "--threads=", "--preload")
    return {option for option in options if option.startswith("--") and not option.startswith(own)}


def test_the_web_servers_unit_has_the_options_of_serve(monkeypatch):
    monkeypatch.setattr("os.path.isdir", lambda path: True)
    with socket.socket() as listener:
        ours = serve.gunicorn(listener, processes=2, threads=4, access_log=False)
    unit = (DEPLOY / "systemd" / "tips-web.service").read_text().replace("\\\n", " ")
    theirs = shlex.split(re.search(r"^ExecStart=(.+)$", unit, re.MULTILINE)[1])
    assert sized(theirs) == sized(ours)


def test_units_and_containers_call_commands_that_exist():
    files = [path for path in DEPLOY.rglob("*") if path.is_file()]
    named = {name for path in files for name in re.findall(r"python manage\.py ([a-z_]+)", path.read_text())}
    assert {"serve", "worker", "read_bounces", "backup", "migrate"} <= named <= set(get_commands())


def test_a_backup_that_fails_is_noted_by_a_unit_that_is_there():
    units = DEPLOY / "systemd"
    (failed,) = re.findall(r"^OnFailure=(.+)$", (units / "tips-backup.service").read_text(), re.MULTILINE)
    runs = [
        re.search(r"^ExecStart=\S+ manage\.py (.+)$", (units / name).read_text(), re.MULTILINE)[1]
        for name in ("tips-backup.service", failed)
    ]
    assert runs == ["backup --into /srv/tips/backup", "backup --note-failure --into /srv/tips/backup"]


def test_the_image_has_all_that_the_program_reads():
    image = (DEPLOY / "container" / "Containerfile").read_text()
    copied = set(re.findall(r"^COPY (\S+) ", image, re.MULTILINE))
    assert copied == {*ROOMS, "templates", "static", "fixtures", "manage.py", "requirements.lock"}
