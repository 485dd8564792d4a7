"""Run the whole suite on every database that this machine has: ``python -m tests [pytest's options]``.

SQLite comes first, then PostgreSQL: the server of TEST_DATABASE_URL if that is set, otherwise one of our
own that lives as long as the run. The last lines name what was skipped and why, then count.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.postgres import NoPostgresError, throwaway

ROOT = Path(__file__).resolve().parent.parent
OF_A_SITE = (
    "SECRET_KEY SECRET_KEY_FALLBACKS SUPPRESSION_KEY DEBUG ALLOWED_HOSTS SITE_URL SITE_NAME TIME_ZONE"
    " CACHE_URL TASKS EMAIL_URL DEFAULT_FROM_EMAIL REPLY_TO BOUNCE_ADDRESS POSTAL_ADDRESS STAFF_EMAIL"
    " MEDIA_ROOT TRUSTED_PROXIES PORT SLOT_WEEKDAY SLOT_TIME"
).split()
# pytest's exit status where no test was chosen, which is no failure of the tests.
NO_TESTS = 5


def main(options):
    """Run the suite twice; return the exit status: 0 where all that ran passed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="tips-tests-") as folder:
        folder = Path(folder)
        runs = {"SQLite": run("SQLite", "", folder, options)}
        missing = None
        try:
            with contextlib.ExitStack() as stack:
                url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(throwaway())
                runs["PostgreSQL"] = run("PostgreSQL", url, folder, options)
        except NoPostgresError as error:
            missing = str(error)
    return report(runs, missing)


def run(name, url, folder, options):
    """Run the suite on one database; return its exit status and what it counted."""
    print(f"\n======== {name} ========", flush=True)
    counts = folder / f"{name}.json"
    environment = {
        **os.environ,
        "DATABASE_URL": url or f"sqlite:///{folder / 'tips.sqlite3'}",
        "STATE_DIR": str(folder / name),
        "TESTS_COUNTED_IN": str(counts),
    }
    # What a shell has set for a site of its own shall not decide what is tested.
    for setting in OF_A_SITE:
        environment.pop(setting, None)
    command = [sys.executable, "-m", "pytest", *options]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        status = process.wait()
    except BaseException as reason:
        # The tests put away what they have started, given the time. Ctrl-C has reached them already.
        if not isinstance(reason, KeyboardInterrupt):
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        process.kill()
        raise
    counted = json.loads(counts.read_text()) if counts.exists() else {}
    return {"status": 0 if status == NO_TESTS else status, **counted}


def report(runs, missing):
    """Print what was skipped, by name, and the counts; return the exit status."""
    print("\n======== In short ========")
    failed_runs = [name for name, each in runs.items() if each["status"]]
    for name, each in runs.items():
        for reason, count in sorted(each.get("skipped", {}).items()):
            print(f"Skipped on {name}: {reason} ({count})")
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
