"""The files of the tree, and what its modules import."""

import ast
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("desk", "shield", "tips", "subscribers", "tipsite")
# What is not ours, or is made by running the program.
_FOREIGN = set(".git .venv .venv-next .venv-audit var node_modules".split())
_FOREIGN |= set("__pycache__ .pytest_cache .ruff_cache .mypy_cache .hypothesis".split())


@cache
def _all_files() -> list[Path]:
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = set(folders) - _FOREIGN
        found += [Path(folder, name) for name in names]
    return sorted(path for path in found if path.is_file())


def files(*suffixes: str, under: str = "") -> list[Path]:
    """Return the files of the tree with one of some suffixes (any, where none is given), sorted."""
    return [
        path
        for path in _all_files()
        if path.is_relative_to(ROOT / under) and (not suffixes or path.suffix in suffixes)
    ]


def relative(paths: Iterable[Path]) -> list[str]:
    """Return the paths as a person reads them in a failure."""
    return [str(path.relative_to(ROOT)) for path in paths]


def code() -> list[Path]:
    """Return the modules of all rooms, migrations included."""
    return [path for room in ROOMS for path in files(".py", under=room)]


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text())


@cache
def imported_by(path: Path) -> frozenset[str]:
    """Return the names of the modules that a module imports, wherever the import stands."""
    return frozenset(imports(parsed(path)))


def imports(node: ast.AST) -> Iterator[str]:
    """Yield the name of each module that a piece of code imports, wherever the import stands."""
    for statement in ast.walk(node):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            # A name taken from a package may be a module of it.
            names = {alias.name for alias in statement.names}
            inner = names & _modules_in(statement.module)
            yield from (f"{statement.module}.{name}" for name in inner)
            if names - inner:
                yield statement.module


@cache
def _modules_in(package: str) -> frozenset[str]:
    """Return the names of the modules and folders in a package of ours; of any other, nothing."""
    folder = ROOT.joinpath(*package.split("."))
    places = folder.iterdir() if folder.is_dir() else ()
    return frozenset(place.stem for place in places if place.is_dir() or place.suffix == ".py")


def module_name(path: Path) -> str:
    """Return the dotted name of a module; a package's is that of its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the groups of nodes that reach each other; ``graph`` has the nodes that each one leads to."""
    reached = {node: _reachable(graph, node) for node in graph}
    groups = {frozenset(other for other in reached[node] if node in reached.get(other, ())) for node in graph}
    return [set(group) for group in groups if group]


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for node in graph.get(waiting.pop(), set()) - seen:
            seen.add(node)
            waiting.append(node)
    return seen
