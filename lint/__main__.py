"""Print figures about the code: ``python -m lint``. The exit status is 1 where ``Any`` is used too often."""

import ast
import sys
import tomllib
from pathlib import Path

from lint.figures import code_lines, count_any, functions, is_typed, modules

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["desk", "shield", "tips", "subscribers", "tipsite"]
MOST_ANY = 40


def main() -> int:
    """Print each figure in a line of its own; return the exit status."""
    # The modules whose signatures are counted are those that mypy checks.
    checked = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]
    trees = {module: ast.parse(module.read_text()) for module in modules(ROOT, checked)}
    typed = [is_typed(*function) for tree in trees.values() for function in functions(tree)]
    uses_of_any = sum(count_any(tree) for tree in trees.values())
    program = list(modules(ROOT, ROOMS))
    described = [
        ast.get_docstring(function) is not None
        for module in program
        for function, _ in functions(trees[module])
        if not function.name.startswith("_")
    ]
    print(f"Fully typed signatures: {_share(typed)}")
    print(f"Any in types: {uses_of_any} (at most {MOST_ANY})")
    print(f"Lines of code: {sum(code_lines(module.read_text()) for module in program):,}")
    print(f"Public functions with a docstring: {_share(described)}")
    return int(uses_of_any > MOST_ANY)


def _share(answers: list[bool]) -> str:
    return f"{sum(answers):,} of {len(answers):,} ({sum(answers) / len(answers):.1%})"


if __name__ == "__main__":
    sys.exit(main())
