"""That the bench measures what it promises, on an archive too small to say anything."""

import os
import re
import subprocess
import sys

import psycopg2
import pytest
from django.db import connection

from bench.databases import NoDatabaseError, scratch
from tests.__main__ import ROOT

# Makes no connection to the suite's own database: the bench has databases of its own.
ENGINE = os.environ.get("DATABASE_URL", "") if connection.vendor == "postgresql" else "sqlite://"


@pytest.mark.once
@pytest.mark.processes
def test_each_part_finds_what_it_imports():
    parts = [each.stem for each in (ROOT / "bench").glob("*.py") if "sys.argv" in each.read_text()]
    assert len(parts) > 6
    # Without what they measure, they end as soon as all is imported.
    runs = {
        part: subprocess.Popen([sys.executable, "-m", f"bench.{part}"], cwd=ROOT, stderr=subprocess.PIPE)
        for part in parts
        if part != "__main__"
    }
    ends = {part: run.communicate()[1].decode().splitlines()[-1] for part, run in runs.items()}
    reasons = ("TypeError: main()", "ValueError: not enough values", "IndexError")
    assert {part: end for part, end in ends.items() if not end.startswith(reasons)} == {}


@pytest.mark.soak
@pytest.mark.processes
def test_it_prints_every_figure():
    sizes = "--tips 30 --rounds 2 --pages 10 --addresses 20 --people 2 --messages 40 --subscribers 100"
    options = sizes.split()
    run = subprocess.run(
        [sys.executable, "-m", "bench", *options],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": ENGINE},
        capture_output=True,
        text=True,
    )

    assert run.returncode in (0, 1), run.stderr  # whether a figure is out of bounds says nothing here
    for page in ("home", "tag, first page", "tag, last page", "a tip", "feed", "search: a common word"):
        assert re.search(rf"^{page} +\d+ +\d+\.\d ", run.stdout, re.MULTILINE), run.stdout
    for verdict in (
        "queries",
        "last page / first page",
        "search",
        "home, built anew / bare",
        "a tip, built anew / a page with one query",
        "import / bare",
        "peak memory",
        "one connection",
        "addresses / bare",
        "unsubscribe, second: medians apart / spread",
    ):
        assert re.search(rf"^(ok  |FAIL) .*{verdict}.*: .+\(.+\)$", run.stdout, re.MULTILINE), run.stdout
    for pages in (1, 10):
        assert re.search(rf"^{pages} +\d+ +[\d.]+ +\d+ +[\d.]+$", run.stdout, re.MULTILINE), run.stdout
    for way in (
        "smtplib's loop",
        "Django's EmailMessage",
        "our worker, one",
        "our worker, 4",
        "bare commits",
    ):
        assert re.search(rf"^{way}.* +\d+( +[\d.]+)?$", run.stdout, re.MULTILINE), run.stdout
    assert re.search(r"^100 +[\d.]+ +\d+ +\d+ +\d+$", run.stdout, re.MULTILINE), run.stdout
    for rows in (2, 20):
        assert re.search(rf"^{rows} +[\d.]+ +\d+ +\d+$", run.stdout, re.MULTILINE), run.stdout
    assert re.search(r"A bare bulk_create of the same \d+ rows: .* tips a second", run.stdout)
    assert re.search(r"\d+ cores, load [\d.]+", run.stdout)


if connection.vendor == "postgresql":

    @pytest.mark.processes
    def test_it_leaves_no_database_behind_when_it_is_interrupted(tmp_path):
        made = []

        def interrupted():
            with scratch(ENGINE, tmp_path) as url:
                psycopg2.connect(url).close()
                made.append(url)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()

        with pytest.raises(psycopg2.OperationalError, match="does not exist"):
            psycopg2.connect(*made)


def test_it_refuses_a_database_that_it_cannot_reach(tmp_path):
    unreachable = "postgres://nobody@127.0.0.1:1/nothing"
    with pytest.raises(NoDatabaseError, match="cannot be reached"), scratch(unreachable, tmp_path):
        pass
