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
SYSTEMCTL = '#!/bin/sh\necho "systemctl $*" >>"$TIPS_HOME/log"\n'


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

    # A release whose steps fail does not go live either.
    server.commit("third")
    (tmp_path / "refuse").touch()
    assert server.release().returncode == 2
    assert server.live == first
    unknown = server.release("no-such-revision")
    assert (unknown.returncode, "has no revision no-such-revision" in unknown.stderr) == (2, True)
