"""What the documents promise."""

import re

from django.core.management import get_commands

from tests.architecture.tree import ROOT, files, relative

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *files(".md", under="docs")]
ARCHITECTURE = ROOT / "docs" / "architecture.md"


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
        assert [link for link in linked if not (path.parent / link).exists()] == [], path.name


def test_the_map_names_files_and_folders_that_exist():
    missing, context = [], ROOT
    # What begins with a slash, or has a scheme, is a URL.
    for word in re.split(r"[\s`()|,;*]+", ARCHITECTURE.read_text()):
        name = word.rstrip(".:")
        if re.fullmatch(r"\w[\w./-]*(?:\.(?:py|html|txt|md|css|js)|/)", name):
            # A file without its folder lies in the folder that was named last.
            path = next((folder / name for folder in (ROOT, context) if (folder / name).exists()), None)
            if path is None:
                missing.append(name)
            else:
                context = path if path.is_dir() else path.parent
    assert missing == []


def test_the_table_of_the_environment_is_whole():
    table = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE))
    text = (ROOT / "tipsite" / "settings.py").read_text()
    read = set(re.findall(r"""\benv\.\w+\(\s*["']([A-Z_]+)["']""", text))
    assert read
    assert read <= table


def test_no_document_lies_outside_the_folders_that_are_checked():
    loose = [path for path in files(".md") if path not in DOCUMENTS]
    assert relative(loose) == []
