"""Run the whole suite on every database that this machine has: ``python -m tests [pytest's options]``.

On SQLite, and beside it on PostgreSQL: the server of TEST_DATABASE_URL if that is set, otherwise one of our
own that lives as long as the run. On each, what starts processes or a browser, and so waits a lot, runs
beside the rest, unless options choose tests. What is the same whatever the database runs on SQLite alone:
what is marked ``once``, what asks for no database, and what a browser makes of a page. The last lines name
what was skipped and why, then count.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from tests.postgres import NoPostgresError, throwaway

ROOT = Path(__file__).resolve().parent.parent
OF_A_SITE = (
    "SECRET_KEY SECRET_KEY_FALLBACKS SUPPRESSION_KEY DEBUG ALLOWED_HOSTS SITE_URL SITE_NAME TIME_ZONE"
    " CACHE_URL TASKS EMAIL_URL DEFAULT_FROM_EMAIL REPLY_TO BOUNCE_ADDRESS POSTAL_ADDRESS STAFF_EMAIL"
    " EMAIL_BACKEND ANYMAIL WEBHOOK_SECRET BOUNCE_MAILBOX HEALTH_TOKEN METRICS_TOKEN"
    " MAIL_CONNECTIONS MAIL_PER_MINUTE MAIL_PER_DOMAIN MAIL_WINDOW_HOURS"
    " MEDIA_ROOT MEDIA_STORAGE_URL JOURNAL_URL PGBOUNCER"
    " STATIC_ROOT TRUSTED_PROXIES PORT SLOT_WEEKDAY SLOT_TIME STAFF_TWO_FACTOR FOUR_EYES"
).split()
WAITING = ", processes and browser"
# pytest's exit status where no test was chosen, which is no failure of the tests.
NO_TESTS = 5


def main(options):
    """Run the suite on both at once; return the exit status: 0 where all that ran passed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    missing = None
    with tempfile.TemporaryDirectory(prefix="tips-tests-") as folder, contextlib.ExitStack() as stack:
        folder = Path(folder)
        urls = {"SQLite": ""}
        try:
            urls["PostgreSQL"] = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(throwaway())
        except NoPostgresError as error:
            missing = str(error)
        runs = {}
        for engine, url in urls.items():
            for half, chosen in halves(options, engine).items():
                name = f"{engine}{half}"
                runs[name] = Run(name, beside(url, half), folder, [*options, *chosen], aside=bool(runs))
                stack.callback(runs[name].end)
        outcomes = {name: each.outcome() for name, each in runs.items()}
    return report(outcomes, missing)


def halves(options, engine):
    """Return {what is added to the name of a run: the options that choose its tests}."""
    if any(each.startswith("-m") or Path(each.split("::")[0]).exists() for each in options):
        return {"": []}
    waits = "(browser or processes or in_a_file)"
    ours = "not soak" if engine == "SQLite" else "not soak and not once"
    return {"": ["-m", f"{ours} and not {waits}"], WAITING: ["-m", f"{ours} and {waits}"]}


def beside(url, half):
    """Return the address of a database that no other run uses; pytest makes one of a name like its name."""
    if not url or half:
        return url
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path}_alone").geturl()


class Run:
    """The suite on one database. What one that runs ``aside`` prints is kept until the other is through."""

    def __init__(self, name, url, folder, options, aside=False):
        self.name = name
        place = folder / name.replace(",", "").replace(" ", "-")
        self.counts = place.with_suffix(".json")
        self.printed = place.with_suffix(".txt") if aside else None
        environment = {
            **os.environ,
            "DATABASE_URL": url or f"sqlite:///{place}.sqlite3",
            "STATE_DIR": str(place),
            "TESTS_COUNTED_IN": str(self.counts),
        }
        # What a shell has set for a site of its own shall not decide what is tested.
        for setting in OF_A_SITE:
            environment.pop(setting, None)
        if not aside:
            print(f"\n======== {name} ========", flush=True)
        command = [sys.executable, "-m", "pytest", *options]
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(self.printed.open("wb")) if aside else None
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT if aside else None
            )

    def outcome(self):
        """Wait for its end; return its exit status and what it counted."""
        status = self.process.wait()
        if self.printed:
            print(f"\n======== {self.name} ========", flush=True)
            print(self.printed.read_text(errors="replace"), flush=True)
        counted = json.loads(self.counts.read_text()) if self.counts.exists() else {}
        return {"status": 0 if status == NO_TESTS else status, **counted}

    def end(self):
        """End it if it still runs: the tests put away what they have started, given the time."""
        if self.process.poll() is None:
            # Ctrl-C has reached it already, and a second one does no harm.
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=30)
            self.process.kill()


def report(runs, missing):
    """Print what was skipped, by name, and the counts; return the exit status."""
    print("\n======== In short ========")
    failed_runs = [name for name, each in runs.items() if each["status"]]
    for name, each in runs.items():
        for reason, count in sorted(each.get("skipped", {}).items()):
            print(f"Skipped on {name}: {reason} ({count})")
        for reason in each.get("unexcused", []):
            print(f"Failed on {name}: nothing may be skipped in CI, but was: {reason}")
    if missing:
        print(f"Skipped: the whole run on PostgreSQL ({missing})")
    for name in failed_runs:
        print(f"Failed: the run on {name} (exit status {runs[name]['status']})")
    nothing_may_be_missing = bool(missing and os.environ.get("CI"))
    if nothing_may_be_missing:
        print("Failed: here, in CI, PostgreSQL may not be missing")
    passed, failed = (sum(each.get(key, 0) for each in runs.values()) for key in ("passed", "failed"))
    if not failed and (failed_runs or nothing_may_be_missing):
        failed = 1
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
