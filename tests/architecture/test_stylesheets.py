"""One stylesheet for readers, and for staff one for each subject, with one set of colours."""

import re
from pathlib import Path

import django.contrib.admin
import django_prose_editor
import pytest

from tests.architecture.tree import ROOT, files

SITE, DESK = ROOT / "static" / "site.css", ROOT / "static" / "admin-desk" / "desk.css"
# How many names of colours and sizes each may declare. The desk's are mostly Django's own names.
MOST_NAMES = {SITE: 12, DESK: 60}
OF_STAFF = sorted((ROOT / "static" / "admin-desk").glob("*.css"))
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
    "action-checkbox",
)


def source_of(stylesheet):
    """Return a stylesheet without comments, and without what is for paper alone."""
    return re.sub(r"/\*.*?\*/|@media print \{.*?\n\}", "", stylesheet.read_text(), flags=re.DOTALL)


def folder_of(package):
    return Path(package.__file__).parent


def test_there_is_one_stylesheet_for_readers_and_a_folder_of_them_for_staff():
    assert files(".css") == sorted([SITE, *OF_STAFF])
    linked = (ROOT / "templates" / "admin" / "desk" / "_stylesheets.html").read_text()
    assert {path.name for path in OF_STAFF} == set(re.findall(r"admin-desk/(\S+\.css)", linked))


@pytest.mark.parametrize("stylesheet", MOST_NAMES, ids=lambda path: path.stem)
def test_a_colour_or_a_size_is_declared_once(stylesheet):
    declared = re.findall(r"(?<![\w(-])(--[a-z-]+):", source_of(stylesheet))
    # The head of a wide page is wider than its text.
    declared = [name for name in declared if name != "--measure"]
    assert len(declared) == len(set(declared)) <= MOST_NAMES[stylesheet]


@pytest.mark.parametrize("stylesheet", [SITE, *OF_STAFF], ids=lambda path: path.stem)
def test_a_colour_that_is_used_is_declared(stylesheet):
    known = source_of(stylesheet)
    if stylesheet != SITE:
        known += source_of(DESK) + (folder_of(django.contrib.admin) / "static/admin/css/base.css").read_text()
    assert set(re.findall(r"var\((--[a-z-]+)", source_of(stylesheet))) <= set(
        re.findall(r"(--[\w-]+):", known)
    )


# What else colours are made of: shadows, and the letters of no colour of our own.
NO_COLOURS = re.compile(r"#[0-9a-f]{3,8}\b(?=[\s;,)])|(?<![-\w])(?:rgb|hsl)a?\((?!0 0 0 /)")


def test_no_colour_of_the_desk_stands_outside_its_tokens():
    for stylesheet in OF_STAFF:
        source = source_of(stylesheet)
        if stylesheet == DESK:
            source = source[source.index("--bar:") :]
        # The page that one writes on borrows three of the site's.
        source = re.sub(r"--(?:accent|note|mark):[^;]*;", "", source)
        assert NO_COLOURS.findall(source) == [], stylesheet


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
    for stylesheet in (SITE, *OF_STAFF):
        styled = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r'"[^"]*"', "", source_of(stylesheet))))
        assert {name for name in styled - words if not name.startswith(PUT_TOGETHER)} == set(), stylesheet
