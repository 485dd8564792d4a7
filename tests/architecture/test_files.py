"""Sizes, names and contents that hold for every file."""

import re

import pytest
from django.core.management import call_command

from tests.architecture.tree import ROOMS, code, files, relative

LONGEST = 330


def test_no_file_grows_too_long_to_be_read():
    scripts = files(".js", under="static")
    long = [path for path in (*code(), *scripts) if len(path.read_text().splitlines()) > LONGEST]
    assert relative(path for path in long if "migrations" not in path.parts) == []


def test_no_file_is_a_drawer_for_anything():
    drawers = {"utils.py", "helpers.py", "misc.py", "common.py"}
    assert relative(path for path in code() if path.name in drawers) == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_pages_and_styles_ask_no_other_host():
    asks = re.compile(
        r"""(?:<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc\s*=\s*["']?|@import\s+["']?|url\(\s*["']?"""
        r"""|<link\b[^>]*\brel=["']?(?:stylesheet|preload|preconnect|icon)[^>]*\bhref=["']?)(?:https?:)?//""",
        re.IGNORECASE,
    )
    pages = [
        path
        for folder in ("templates", "static", *ROOMS)
        for path in files(".html", ".css", ".js", under=folder)
    ]
    assert relative(path for path in pages if asks.search(path.read_text())) == []
