import ast

import pytest

from lint.figures import code_lines, count_any, functions, is_typed, modules


def function_in(source):
    return list(functions(ast.parse(source)))[-1]


@pytest.mark.parametrize(
    "source",
    [
        "def f() -> None: ...",
        "async def f(a: int, /, b: int, *rest: int, c: int, **more: int) -> int: ...",
        "class A:\n    def f(self, a: int) -> int: ...",
        "class A:\n    @classmethod\n    def f(cls) -> int: ...",
        "class A:\n    @staticmethod\n    def f(a: int) -> int: ...",
        "def outer():\n    def f(a: int) -> int: ...",
    ],
)
def test_a_full_signature_is_typed(source):
    assert is_typed(*function_in(source))


@pytest.mark.parametrize(
    "source",
    [
        "def f(): ...",
        "def f(a) -> None: ...",
        "def f(*rest) -> None: ...",
        "def f(**more) -> None: ...",
        "def f(*, a) -> None: ...",
        "def f(a, /) -> None: ...",
        "class A:\n    def f(self): ...",
        "class A:\n    def f(self, a) -> None: ...",
        "class A:\n    @staticmethod\n    def f(a) -> None: ...",
    ],
)
def test_a_signature_with_a_gap_is_not_typed(source):
    assert not is_typed(*function_in(source))


def test_functions_inside_functions_and_methods_are_found():
    tree = ast.parse("class A:\n    def f(self):\n        def g(): ...\n    if True:\n        def h(): ...")
    assert {(function.name, is_method) for function, is_method in functions(tree)} == {
        ("f", True),
        ("g", False),
        ("h", False),
    }


def test_each_use_of_any_counts_and_no_import_comment_or_text():
    source = '''
"""Any."""
import typing
from typing import Any  # Any


def f(a: Any, b: "list[Any]", c: dict[str, typing.Any]) -> "Any":
    return print("Any")
'''
    assert count_any(ast.parse(source)) == 4


def test_lines_of_code_are_neither_blank_nor_comment_nor_docstring():
    source = '''"""A docstring.

Of three lines."""

# A comment.
SQL = """
    SELECT 1
"""


class A:
    """A docstring."""

    def f(self):  # two lines with the next
        """A docstring."""
        return (

            1
        )
'''
    assert code_lines(source) == 8


def test_migrations_are_not_among_the_modules(tmp_path):
    for name in (
        "manage.py",
        "tips/paging.py",
        "tips/migrations/0001_initial.py",
        "audit/node_modules/gyp.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [str(path.relative_to(tmp_path)) for path in modules(tmp_path, ["tips", "audit", "manage.py"])]
    assert found == ["tips/paging.py", "manage.py"]
