"""What holds for the whole suite: its counts, and that nothing is skipped in silence."""

import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from shield import clocks, database_server

# The real archive pages are no part of the program; only tests of them may be skipped everywhere.
SEEDS = "../shared/seeds"
ASKS_A_DATABASE = {"django_db", "db", "transactional_db"}
SEEDS_ARE_HERE = (Path(__file__).resolve().parent.parent / SEEDS).is_dir()


@pytest.fixture(scope="session", autouse=True)
def place_for_uploads(tmp_path_factory):
    """Let what the worker's minute draws lie elsewhere than the pictures of whoever runs the tests."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")


@pytest.fixture(autouse=True)
def one_clock(monkeypatch):
    """Let the database's clock be the one that a test drives; what tests the clocks puts it back."""
    monkeypatch.setattr(clocks, "database_now", timezone.now)
    monkeypatch.setattr(database_server, "ahead_between", lambda *moments: timedelta())


@pytest.fixture(autouse=True)
def no_kept_verdict():
    """Let no answer to "safe?" outlive the test in which it was given."""
    from tipsite.safety import probes

    probes.KEPT.forget()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, tmp_path_factory):
    """Give tests that ask for it a database in a file, as a site has; one in memory is one for all threads.

    There, what one thread reads would be refused for what another writes, which no site knows.
    """
    asks = any({"browser", "in_a_file"} & {*item.keywords} for item in request.session.items)
    if connection.vendor == "sqlite" and asks:
        name = str(tmp_path_factory.mktemp("database") / "tests.sqlite3")
        connection.settings_dict["TEST"]["NAME"] = name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what another database alone can do, and run the tests that start whole processes last.

    So a plain mistake shows first. What asks for no database and starts no process is the same on each, and
    so is what a browser makes of a page: once is enough.
    """
    elsewhere = [item for item in items if not runs_here(item)]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]
    for item in items:
        needs = {*item.fixturenames, *(mark.name for mark in item.iter_markers())}
        if "processes" not in needs and ("browser" in needs or not needs & ASKS_A_DATABASE):
            item.add_marker("once")
    items.sort(key=lambda item: "processes" in item.keywords or "browser" in item.keywords)


def runs_here(item):
    """Tell whether the database of this run can do what the test is about.

    A test of what one engine alone does is no test that was skipped on the other.
    """
    of_one = {mark.name for mark in item.iter_markers()} & {"sqlite", "postgresql"}
    return not of_one or of_one == {connection.vendor}


class Tally:
    """Counts outcomes, and skipped tests by their reason."""

    def __init__(self):
        self.passed = self.failed = 0
        self.skipped = Counter()

    def pytest_runtest_logreport(self, report):
        if hasattr(report, "wasxfail"):
            return
        if report.failed:
            self.failed += 1
        elif report.skipped:
            self.skip(report)
        elif report.when == "call":
            self.passed += 1

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed += 1
        elif report.skipped:
            self.skip(report)

    def skip(self, report):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        self.skipped[reason.removeprefix("Skipped: ")] += 1

    @property
    def unexcused(self):
        """The reasons that do not count in CI, where all that the suite needs is installed."""
        if not os.environ.get("CI"):
            return []
        return [each for each in sorted(self.skipped) if SEEDS_ARE_HERE or SEEDS not in each]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        if self.unexcused:
            self.failed += len(self.unexcused)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        counted_in = os.environ.get("TESTS_COUNTED_IN")
        if counted_in:
            counts = {
                "passed": self.passed,
                "failed": self.failed,
                "skipped": self.skipped,
                "unexcused": self.unexcused,
            }
            Path(counted_in).write_text(json.dumps(counts))

    def pytest_terminal_summary(self, terminalreporter):
        for reason in self.unexcused:
            terminalreporter.write_line(f"FAILED: nothing may be skipped in CI, but was: {reason}", red=True)


def pytest_configure(config):
    config.pluginmanager.register(Tally(), "tally")
    # Static files keep their own names here, so that tests need not collect them first.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    # A real one is slow on purpose, and hundreds of tests make people.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
