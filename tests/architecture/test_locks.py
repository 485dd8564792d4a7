"""That installing gives the same everywhere, from wherever a machine has its packages."""

import json
import re

import pytest

from tests.architecture.tree import ROOT, files, relative


@pytest.mark.parametrize(
    "lock", ["requirements.lock", *(f"requirements-{name}.lock" for name in ("dev", "s3", "scan"))]
)
def test_every_line_of_a_lock_has_its_version_and_hashes(lock):
    joined = (ROOT / lock).read_text().replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip()]
    assert lines
    assert [line for line in lines if not re.match(r"[\w.-]+(\[[\w,]+\])?==\S+ .*--hash=sha256:", line)] == []


def test_the_lock_of_the_scripts_lint_has_versions_and_hashes_and_no_addresses():
    packages = json.loads((ROOT / "lint" / "package-lock.json").read_text())["packages"]
    assert packages.pop("")
    assert packages
    for package in packages.values():
        assert package["version"]
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package


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
    assert relative(named) == []
