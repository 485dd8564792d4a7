"""What holds for the whole tree, held by reading it."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands

ROOT = Path(settings.BASE_DIR)
# Each room may import from those to the right of it.
ROOMS = ("tipsite", "subscribers", "tips", "shield")
# What is not ours, or is made by running the program.
FOREIGN = set(".git .venv .venv-next var node_modules".split())
FOREIGN |= set("__pycache__ .pytest_cache .ruff_cache .mypy_cache .hypothesis".split())
LONGEST = 400


def files(*suffixes, under=""):
    """Return the files of the tree with one of some suffixes (any, where none is given), sorted."""
    return [
        path
        for path in sorted((ROOT / under).rglob("*"))
        if path.is_file()
        and FOREIGN.isdisjoint(path.relative_to(ROOT).parts)
        and (not suffixes or path.suffix in suffixes)
    ]


def in_words(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def code():
    return [path for room in ROOMS for path in files(".py", under=room)]


def imports(node):
    """Yield the name of each module that a piece of code imports, wherever the import stands."""
    for each in ast.walk(node):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names)
        elif isinstance(each, ast.ImportFrom) and not each.level:
            yield each.module


def test_rooms_import_one_way_only():
    wrong = []
    for path in code():
        room = path.relative_to(ROOT).parts[0]
        above = set(ROOMS[: ROOMS.index(room)])
        for name in imports(ast.parse(path.read_text())):
            if name.split(".")[0] in above:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_no_import_hides_inside_a_function():
    wrong = []
    for path in code():
        for function in ast.walk(ast.parse(path.read_text())):
            # AppConfig.ready is the one place that must import late.
            is_ready = path.name == "apps.py" and getattr(function, "name", "") == "ready"
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not is_ready:
                wrong += [f"{path}: {name} in {function.name}" for name in imports(function)]
    assert wrong == []


def test_no_file_grows_too_long_to_be_read():
    long = [path for path in code() if len(path.read_text().splitlines()) > LONGEST]
    assert in_words(path for path in long if "migrations" not in path.parts) == []


def test_no_file_is_a_drawer_for_anything():
    drawers = {"utils.py", "helpers.py", "misc.py", "common.py"}
    assert in_words(path for path in code() if path.name in drawers) == []


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in files(".py", under="tests")}
    assert in_words(folder for folder in folders if not (folder / "__init__.py").exists()) == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_line_of_a_lock_has_its_version_and_hashes(lock):
    joined = (ROOT / lock).read_text().replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip()]
    assert lines
    assert [line for line in lines if not re.match(r"[\w.-]+(\[[\w,]+\])?==\S+ .*--hash=sha256:", line)] == []


def test_no_file_names_a_package_registry():
    # Where packages come from is the machine's business. The words stand in brackets, not to be found here.
    pattern = re.compile(r"[p]ypi\.org|files\.[p]ythonhosted|registry\.[n]pmjs|index-[u]rl|find-[l]inks")
    made_without = "--no-emit-index" + "-url"
    named = []
    for path in files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if pattern.search(text.replace(made_without, "")):
            named.append(path)
    assert in_words(named) == []


def test_pages_and_styles_ask_no_other_host():
    asks = re.compile(
        r"""(?:<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc\s*=\s*["']?|@import\s+["']?|url\(\s*["']?"""
        r"""|<link\b[^>]*\brel=["']?(?:stylesheet|preload|preconnect|icon)[^>]*\bhref=["']?)(?:https?:)?//""",
        re.IGNORECASE,
    )
    pages = files(".html", ".css", ".js", under="templates") + files(".html", ".css", ".js", under="static")
    pages += [path for room in ROOMS for path in files(".html", ".css", ".js", under=room)]
    assert in_words(path for path in pages if asks.search(path.read_text())) == []


# --- What the documents promise ---------------------------------------------------------------------

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *files(".md", under="docs")]


def test_documents_name_commands_that_exist():
    known = get_commands()
    for path in DOCUMENTS:
        named = set(re.findall(r"manage\.py ([a-z_]+)", path.read_text()))
        assert not named - set(known), path.name


def test_documents_name_verbs_that_exist():
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path in DOCUMENTS:
        named = set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z]+)", path.read_text()))
        assert not named - verbs, path.name


def test_documents_link_to_files_that_exist():
    for path in DOCUMENTS:
        linked = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", path.read_text())
        assert [each for each in linked if not (path.parent / each).exists()] == [], path.name


def test_the_table_of_the_environment_is_whole():
    table = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE))
    text = (ROOT / "tipsite" / "settings.py").read_text()
    read = set(re.findall(r"""\benv\.\w+\(\s*["']([A-Z_]+)["']""", text))
    assert read
    assert read <= table
