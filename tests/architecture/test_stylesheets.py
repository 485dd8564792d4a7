"""One stylesheet for readers and one for staff, each with one set of colours."""

import re
from pathlib import Path

import django.contrib.admin
import django_prose_editor
import pytest

from tests.architecture.tree import ROOT, files

SITE, ADMIN = ROOT / "static" / "site.css", ROOT / "static" / "admin-desk" / "admin.css"
# How many names of colours and sizes each may declare. The admin's are mostly Django's own names.
MOST_NAMES = {SITE: 12, ADMIN: 45}
# The beginnings of classes whose end is a state, a count's name or a column.
PUT_TOGETHER = (
    "standing-",
    "state-",
    "status-",
    "square-",
    "next-",
    "chart-",
    "count-",
    "field-",
    "column-",
    "model-",
)


def source_of(stylesheet):
    """Return a stylesheet without comments, and without what is for paper alone."""
    return re.sub(r"/\*.*?\*/|@media print \{.*?\n\}", "", stylesheet.read_text(), flags=re.DOTALL)


def folder_of(package):
    return Path(package.__file__).parent


def test_there_is_one_stylesheet_for_readers_and_one_for_staff():
    assert files(".css") == sorted([SITE, ADMIN])
    for path in files(".html"):
        ours = re.findall(r"""static ["']((?!admin/)\S+\.css)["']""", path.read_text())
        assert len(ours) <= 1, path


@pytest.mark.parametrize("stylesheet", MOST_NAMES, ids=lambda path: path.stem)
def test_a_colour_or_a_size_is_declared_once(stylesheet):
    declared = re.findall(r"(?<![\w(-])(--[a-z-]+):", source_of(stylesheet))
    # The head of a wide page is wider than its text.
    declared = [name for name in declared if name != "--measure"]
    assert len(declared) == len(set(declared)) <= MOST_NAMES[stylesheet]


@pytest.mark.parametrize("stylesheet", MOST_NAMES, ids=lambda path: path.stem)
def test_a_colour_that_is_used_is_declared(stylesheet):
    known = source_of(stylesheet)
    if stylesheet == ADMIN:
        known += (folder_of(django.contrib.admin) / "static/admin/css/base.css").read_text()
    assert set(re.findall(r"var\((--[a-z-]+)", source_of(stylesheet))) <= set(
        re.findall(r"(--[\w-]+):", known)
    )


def test_each_class_that_is_styled_is_used():
    places = [
        ROOT / "templates",
        ROOT / "static",
        folder_of(django.contrib.admin),
        folder_of(django_prose_editor),
    ]
    pages = [path for place in places for path in place.rglob("*") if path.suffix in (".html", ".js")]
    pages += files(".py", under="tips") + files(".py", under="subscribers") + files(".py", under="desk")
    words = set(re.findall(r"[\w-]+", " ".join(path.read_text() for path in pages)))
    for stylesheet in (SITE, ADMIN):
        styled = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r'"[^"]*"', "", source_of(stylesheet))))
        assert {name for name in styled - words if not name.startswith(PUT_TOGETHER)} == set(), stylesheet
