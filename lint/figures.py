"""Figures about Python source, found by reading it: nothing is imported or run."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def modules(root: Path, names: list[str]) -> Iterator[Path]:
    """Yield the modules of some folders under a root, and the files named themselves, without migrations."""
    for name in names:
        path = root / name
        for module in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if {"migrations", "node_modules"}.isdisjoint(module.relative_to(root).parts):
                yield module


def functions(tree: ast.AST) -> Iterator[tuple[Function, bool]]:
    """Yield each function in a tree, those inside others too, and whether it is a method."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Function):
                yield child, isinstance(node, ast.ClassDef)


def is_typed(function: Function, is_method: bool) -> bool:
    """Tell whether the result and all arguments have a type; a method's first argument needs none."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    is_static = any(
        isinstance(name, ast.Name) and name.id == "staticmethod" for name in function.decorator_list
    )
    if is_method and not is_static:
        positional = positional[1:]
    others = [*arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    all_arguments = [*positional, *(argument for argument in others if argument)]
    return bool(function.returns) and all(argument.annotation for argument in all_arguments)


def count_any(tree: ast.AST) -> int:
    """Count the uses of ``Any``, in types written as strings too; an import is no use."""
    count = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            count += node.id == "Any"
        elif isinstance(node, ast.Attribute):
            count += node.attr == "Any"
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            for part in ast.walk(annotation) if annotation else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    count += count_any(ast.parse(part.value, mode="eval"))
    return count


def code_lines(source: str) -> int:
    """Count the lines of a module that are neither blank nor comment nor docstring."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | Function)
            and ast.get_docstring(node, clean=False) is not None
        ):
            docstring = node.body[0]
            lines.difference_update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return len(lines)
