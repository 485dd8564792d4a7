"""The script that puts a release into its own folder, with stand-ins for all that it calls."""

import os
import subprocess

import pytest

from tests.__main__ import ROOT

pytestmark = pytest.mark.once
# manage.py of a release: it writes down what it is asked, and refuses to start where the release says so.
TIPS = """#!/bin/sh
echo "$(basename "$TIPS_RELEASE") $1" >>"$TIPS_HOME/log"
if [ "$1" = serve ] && [ -e "$TIPS_HOME/refuse" ]; then echo "The database is ahead." >&2; exit 2; fi
"""
PYTHON = '#!/bin/sh\n[ "$2" != venv ] || { mkdir -p "$3/bin" && ln -s /bin/true "$3/bin/python"; }\n'
# systemd: a reload fails where the release that is live by then does not answer.
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>"$TIPS_HOME/log"
[ "$1" != reload ] || [ ! -e "$TIPS_HOME/live/dumb" ]
"""


class Server:
    """A server's folders, with a clone of a program that has two revisions."""

    def __init__(self, folder):
        self.folder, self.source, programs = folder, folder / "source", folder / "programs"
        programs.mkdir()
        for name, text in (("python3", PYTHON), ("systemctl", SYSTEMCTL)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        own = {"TIPS_HOME": str(folder), "PATH": f"{programs}:{os.environ['PATH']}"}
        git = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self.environment = {**os.environ, **own, **git}
        self.git("init", "--quiet", self.source)
        (self.source / "deploy").mkdir()
        (self.source / "deploy" / "tips").write_text(TIPS)
        (self.source / "deploy" / "tips").chmod(0o755)
        for package in "desk shield tips subscribers tipsite".split():
            (self.source / package).mkdir()
            (self.source / package / "__init__.py").touch()

    def git(self, *arguments):
        return subprocess.run(
            ["git", *arguments], env=self.environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, lock):
        (self.source / "requirements.lock").write_text(lock)
        self.git("-C", self.source, "add", ".")
        self.git("-C", self.source, "commit", "--quiet", "--message", lock)

    def release(self, *arguments):
        command = [ROOT / "deploy" / "release", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)

    @property
    def live(self):
        return (self.folder / "live").resolve().name

    def log(self):
        """What was asked since this was called last."""
        path = self.folder / "log"
        lines = path.read_text().splitlines()
        path.unlink()
        return lines


def test_a_release_goes_live_after_all_its_steps_and_the_one_before_comes_back(tmp_path):
    server = Server(tmp_path)
    server.commit("first")
    done = server.release()
    assert (done.returncode, done.stderr) == (0, "")
    first = server.live
    asked = [f"{first} {step}" for step in ("migrate", "collectstatic", "error_pages", "serve")]
    assert server.log()[:5] == [*asked, "systemctl --quiet is-active tips"]
    assert (tmp_path / "live" / "requirements.lock").read_text() == "first"

    server.commit("second")
    assert server.release().returncode == 0
    second = server.live
    assert second != first
    assert "systemctl reload tips" in server.log()
    listed = server.release("--list").stdout.split()
    assert listed == ["->", second, first]

    # What the old program refuses stays as it is.
    (tmp_path / "refuse").touch()
    refused = server.release("--back")
    assert (refused.returncode, refused.stderr.strip()) == (2, "The database is ahead.")
    assert (server.live, server.log()) == (second, [f"{first} serve"])
    (tmp_path / "refuse").unlink()
    assert server.release("--back").returncode == 0
    assert server.live == first
    assert f"{first} migrate" not in server.log()

    unknown = server.release("no-such-revision")
    assert (unknown.returncode, "has no revision no-such-revision" in unknown.stderr) == (2, True)


def test_a_release_that_fails_leaves_the_old_one_live_and_is_none_to_go_back_to(tmp_path):
    server = Server(tmp_path)
    names = []
    for lock in ("first", "second"):
        server.commit(lock)
        assert server.release().returncode == 0
        names.append(server.live)
    first, second = names
    server.log()

    # It would not start: the names of the static files are the old release's again.
    server.commit("third")
    (tmp_path / "refuse").touch()
    assert server.release().returncode == 2
    (tmp_path / "refuse").unlink()
    assert server.live == second
    assert server.log()[-2:] == [f"{second} collectstatic", f"{second} error_pages"]

    # It would start, and does not answer once it is live: what runs is told of the old one again.
    (server.source / "dumb").touch()
    server.commit("fourth")
    failed = server.release()
    assert (failed.returncode, f"so {second} stays live" in failed.stderr) == (2, True)
    assert server.live == second
    again = ["systemctl reload tips", f"{second} collectstatic", f"{second} error_pages"]
    log = [line for line in server.log() if "is-active" not in line]
    assert log[-6:-1] == [*again, "systemctl reload tips", "systemctl reload tips-web"]

    assert server.release("--back").returncode == 0
    assert server.live == first
    # Nobody goes forward again by going back.
    assert "no release to go back to" in server.release("--back").stderr


def test_the_five_that_were_live_before_are_kept(tmp_path):
    server = Server(tmp_path)
    live = []
    for number in range(7):
        server.commit(f"number {number}")
        assert server.release().returncode == 0
        live.append(server.live)
    assert {each.name for each in (tmp_path / "releases").iterdir()} == set(live[1:])
