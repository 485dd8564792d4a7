"""Who may import whom."""

import ast
from collections import defaultdict
from functools import cache

import pytest

from tests.architecture.tree import (
    ROOMS,
    ROOT,
    circles,
    code,
    files,
    imported_by,
    imports,
    module_name,
    parsed,
    relative,
)

# Each line: and whatever the named ones may import. Rooms first, then what lies in a room: its folders and
# its loose modules. Inside desk and shield all is free, but for circles.
ALLOWED = {
    "desk": "",
    "shield": "",
    "tips": "desk shield",
    "subscribers": "tips",
    "tipsite": "subscribers",
    "tips/text": "",
    "tips/dates": "",
    "tips/models": "tips/text tips/dates",
    "tips/permissions": "tips/models",
    "tips/paging": "tips/models",
    "tips/schedule": "tips/permissions",
    "tips/search": "tips/paging",
    "tips/publishing": "tips/schedule tips/search",
    "tips/storage": "",
    "tips/image_store": "tips/publishing tips/storage",
    "tips/cards": "tips/models tips/storage",
    "tips/importers": "tips/publishing",
    "tips/count_triggers": "",
    "tips/triggers": "tips/search tips/count_triggers",
    "tips/public": "tips/image_store tips/importers",
    "tips/admin": "tips/image_store tips/importers",
    "tips/management": "tips/image_store tips/importers",
    "tips/templatetags": "tips/public",
    "tips/urls": "tips/public",
    "tips/apps": "tips/public tips/admin tips/triggers",
    "subscribers/addresses": "",
    "subscribers/tokens": "",
    "subscribers/triggers": "",
    "subscribers/outages": "",
    "subscribers/models": "subscribers/addresses subscribers/tokens subscribers/triggers",
    "subscribers/people": "subscribers/models",
    "subscribers/recovery": "subscribers/people",
    "subscribers/exchange": "subscribers/people subscribers/outages",
    "subscribers/mail": "subscribers/recovery subscribers/outages",
    "subscribers/tipmail": "subscribers/mail",
    "subscribers/delivery": "subscribers/tipmail",
    "subscribers/bounces": "subscribers/delivery",
    "subscribers/mailings": "subscribers/delivery",
    "subscribers/tasks": "subscribers/exchange",
    "subscribers/public": "subscribers/mail subscribers/exchange",
    "subscribers/admin": "subscribers/tasks subscribers/bounces subscribers/mailings",
    "subscribers/management": "subscribers/tasks subscribers/bounces subscribers/mailings",
    "subscribers/templatetags": "subscribers/public",
    "subscribers/urls": "subscribers/public",
    "subscribers/apps": "subscribers/public subscribers/admin subscribers/triggers",
    "tipsite/environment": "",
    "tipsite/settings": "tipsite/environment",
    "tipsite/pages": "tipsite/metrics",
    "tipsite/wsgi": "tipsite/pages",
    "tipsite/logs": "",
    "tipsite/models": "",
    "tipsite/schema": "tipsite/models",
    "tipsite/backup": "tipsite/schema",
    "tipsite/demo": "",
    "tipsite/webhooks": "",
    "tipsite/typeface": "",
    "tipsite/staff": "tipsite/models",
    "tipsite/alerts": "tipsite/staff tipsite/backup",
    "tipsite/metrics": "",
    "tipsite/worker": "tipsite/alerts tipsite/pages",
    "tipsite/safety": "tipsite/worker",
    "tipsite/dashboard": "tipsite/safety",
    "tipsite/checks": "tipsite/staff tipsite/schema tipsite/webhooks",
    "tipsite/management": "tipsite/dashboard tipsite/demo",
    "tipsite/urls": "tipsite/dashboard tipsite/webhooks",
    "tipsite/admin": "tipsite/dashboard",
    "tipsite/apps": "tipsite/dashboard tipsite/checks",
}
# Of folders and loose modules, each importing the next.
LONGEST_CHAIN = {"tips": 10, "subscribers": 11, "tipsite": 9}
MOST_LOOSE_MODULES = 8


@cache
def may_import(name):
    """Return what a room, or a part of a room, may import: what its line names, and what those may import."""
    named = ALLOWED[name].split()
    return set(named).union(*map(may_import, named))


def room_and_part(module):
    """Return the room of a dotted module name, and what of it: ("tips", "tips/text")."""
    room, *rest = module.split(".")
    return room, f"{room}/{rest[0]}" if rest else room


def imports_among_ours():
    """Yield (path, its dotted name, the dotted name of a module of ours that it imports)."""
    for path in code():
        if "migrations" not in path.parts:
            for imported in imported_by(path):
                if imported.split(".")[0] in ROOMS:
                    yield path, module_name(path), imported


def graph_of_parts():
    """Return {part of a room: the parts of the same room that it imports}."""
    graph = defaultdict(set)
    for _, importer, imported in imports_among_ours():
        (room, part), (other_room, other_part) = room_and_part(importer), room_and_part(imported)
        if room == other_room and part != other_part and other_part != room:
            graph[part].add(other_part)
    return graph


def parts_of(room):
    folders = {f"{room}/{path.name}" for path in (ROOT / room).iterdir() if (path / "__init__.py").exists()}
    return folders - {f"{room}/migrations"}, {
        f"{room}/{path.stem}" for path in (ROOT / room).glob("[!_]*.py")
    }


def test_imports_keep_to_the_table():
    wrong = []
    for path, importer, imported in imports_among_ours():
        for name, other in zip(room_and_part(importer), room_and_part(imported), strict=True):
            # Parts are held against the table within a room; between rooms its first lines say all. A room
            # itself has nothing but its docstring and the program's version.
            is_inside = name.split("/")[0] == other.split("/")[0]
            if (
                name != other
                and is_inside == ("/" in name) == ("/" in other)
                and name in ALLOWED
                and other not in may_import(name)
            ):
                wrong.append(f"{path.relative_to(ROOT)} imports {imported}")
    assert wrong == []


def test_the_table_names_each_part_of_a_room_and_no_other():
    parts = {part for room in ("tips", "subscribers", "tipsite") for kind in parts_of(room) for part in kind}
    assert parts == {name for name in ALLOWED if "/" in name}


def test_neither_files_nor_folders_import_each_other_in_a_circle():
    modules = defaultdict(set)
    for _, importer, imported in imports_among_ours():
        if importer != imported:
            modules[importer].add(imported)
    assert circles(modules) == []
    assert circles(graph_of_parts()) == []


@pytest.mark.parametrize("room", LONGEST_CHAIN)
def test_chains_of_imports_are_short(room):
    graph = graph_of_parts()

    @cache
    def length(part):
        return 1 + max(map(length, graph[part]), default=0)

    folders, modules = parts_of(room)
    assert max(map(length, folders | modules)) <= LONGEST_CHAIN[room]


@pytest.mark.parametrize("room", ["tips", "subscribers", "tipsite"])
def test_few_modules_lie_loose_in_a_room(room):
    assert len(parts_of(room)[1]) <= MOST_LOOSE_MODULES


# Packages that few requests need, and of which each process would hold some megabytes.
LATE = {"anymail", "fontTools", "icalendar", "openpyxl", "segno", "tqdm"}


def test_no_import_hides_inside_a_function():
    wrong = []
    for path in filter(imported_by, code()):
        for function in ast.walk(parsed(path)):
            # AppConfig.ready is the one place that must import late.
            is_ready = path.name == "apps.py" and getattr(function, "name", "") == "ready"
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not is_ready:
                late = [name for name in imports(function) if name.split(".")[0] not in LATE]
                wrong += [f"{path}: {name} in {function.name}" for name in late]
    assert wrong == []


def test_nothing_imports_a_module_of_tests():
    importers = [
        path
        for path in files(".py")
        if any(part.startswith("test_") for name in imported_by(path) for part in name.split("."))
    ]
    assert relative(importers) == []


def test_every_package_says_what_is_in_it():
    packages = [path for path in code() if path.name == "__init__.py"]
    packages += [
        path for folder in ("audit", "bench", "lint") for path in (ROOT / folder).glob("__init__.py")
    ]
    silent = [path for path in packages if ast.get_docstring(parsed(path)) is None]
    # Django asks for these folders, and their names say all.
    plain = {"migrations", "management", "commands", "templatetags"}
    assert relative(path for path in silent if path.parent.name not in plain) == []


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in files(".py", under="tests")}
    assert relative(folder for folder in folders if not (folder / "__init__.py").exists()) == []
