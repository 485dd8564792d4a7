"""The files by which a project says what it is."""

import re
import tomllib

import tipsite
from tests.architecture.tree import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_version_stands_in_one_place():
    assert "version" not in PYPROJECT["project"]
    assert PYPROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "tipsite.__version__"}


def test_the_list_of_changes_begins_with_the_version():
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first
    assert first[1] == tipsite.__version__


def test_the_licence_is_the_one_that_the_project_names():
    assert PYPROJECT["project"]["license"] == "MIT"
    for name in PYPROJECT["project"]["license-files"]:
        assert (
            (ROOT / name)
            .read_text()
            .startswith("MIT License\n\nCopyright (c) 2026 the Tip Desk contributors\n")
        )


def test_commits_that_blame_looks_through_have_whole_hashes_and_a_comment():
    blocks = (ROOT / ".git-blame-ignore-revs").read_text().strip().split("\n\n")
    for block in blocks[1:]:
        assert re.fullmatch(r"# .+\n[0-9a-f]{40}", block)


def test_mypy_checks_every_folder_of_code_but_the_tests():
    with_code = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {
        path.name for path in ROOT.glob("*.py")
    }
    assert set(PYPROJECT["tool"]["mypy"]["files"]) == with_code - {"tests"}


def test_no_type_error_is_passed_over_without_its_code():
    settings = PYPROJECT["tool"]["mypy"]
    assert "ignore-without-code" in settings["enable_error_code"]
    assert not {"ignore_errors", "ignore_missing_imports", "disable_error_code"} & settings.keys()
