"""What a person is told who starts the site half-configured."""

import ast
import os
import re
import subprocess
import sys

import dj_email_url
import pytest
from django.conf import settings


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "abc", "PORT"),
        ("SLOT_TIME", "25:99", "SLOT_TIME"),
        ("TIME_ZONE", "Mars/Base", "Mars/Base"),
        ("DATABASE_URL", "mongo://x", "DATABASE_URL"),
        ("EMAIL_URL", "foo", "EMAIL_URL"),
        ("STATE_DIR", "/dev/null/state", "/dev/null/state"),
        ("SITE_URL", "tips.example.org", "SITE_URL"),
        ("TASKS", '["redis"]', "django_tasks_rq"),
        ("SITE_URL", "https://tips.example.org", "SECRET_KEY, SUPPRESSION_KEY"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_line_and_status_two(tmp_path, name, value, told):
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={**environment, "STATE_DIR": str(tmp_path), name: value},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


def test_each_address_of_a_mail_server_that_people_are_shown_is_one_that_is_understood():
    shown = set()
    for path in ("docs/operations.md", "deploy/tips.env.example", "tipsite/settings.py", "tipsite/checks.py"):
        text = (settings.BASE_DIR / path).read_text()
        shown |= set(re.findall(r"(?:smtp|submission)[a-z+]*://[^\s'\"`]+", text))
    assert len(shown) > 3
    for address in shown:
        understood = dj_email_url.parse(address.rstrip(".,"))
        assert "EMAIL_BACKEND" in understood, address
        encrypted = understood["EMAIL_USE_TLS"] or understood["EMAIL_USE_SSL"]
        assert encrypted or not understood["EMAIL_HOST_PASSWORD"], address


def test_lists_are_written_with_spaces_too(tmp_path):
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    lists = {
        "STAFF_TWO_FACTOR": "Publisher, Editor",
        "STAFF_EMAIL": " a@example.org, b@example.org,",
        "ALLOWED_HOSTS": "tips.example.org , localhost",
        "SECRET_KEY_FALLBACKS": "old, older",
    }
    names = ", ".join(f"s.{name}" for name in lists)
    shown = f"from django.conf import settings as s; print([{names}])"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", shown],
        cwd=settings.BASE_DIR,
        env={**environment, "STATE_DIR": str(tmp_path), **lists},
        capture_output=True,
        text=True,
    )
    assert ast.literal_eval(done.stdout) == [
        ["Publisher", "Editor"],
        ["a@example.org", "b@example.org"],
        ["tips.example.org", "localhost"],
        ["old", "older"],
    ]


def test_keys_made_up_for_this_machine_are_kept_and_are_nobody_elses(tmp_path):
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}

    def start():
        return subprocess.Popen(
            [
                sys.executable,
                "manage.py",
                "shell",
                "-v0",
                "-c",
                "from django.conf import settings as s; print(s.SECRET_KEY)",
            ],
            cwd=settings.BASE_DIR,
            env={**environment, "STATE_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )

    # Two that start at once must not make up two keys.
    keys = {process.communicate()[0] for process in [start(), start()]}
    assert len(keys) == 1
    assert len(keys.pop()) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
