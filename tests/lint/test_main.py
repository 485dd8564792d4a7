import pytest

from lint import __main__ as lint

PROGRAM = '''from typing import Any


def told(word: Any) -> str:
    """Say."""
    return word


def bare(word): ...
'''


@pytest.fixture(autouse=True)
def program(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[tool.mypy]\nfiles = ["tips"]\n')
    (tmp_path / "tips").mkdir()
    (tmp_path / "tips" / "words.py").write_text(PROGRAM)
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    monkeypatch.setattr(lint, "ROOMS", ["tips"])


def test_it_prints_each_figure_in_a_line(capsys):
    lint.main()
    assert capsys.readouterr().out.splitlines() == [
        "Fully typed signatures: 1 of 2 (50.0%)",
        "Any in types: 1 (at most 40)",
        "Lines of code: 4",
        "Public functions with a docstring: 1 of 2 (50.0%)",
    ]


@pytest.mark.parametrize(("most", "status"), [(1, 0), (0, 1)])
def test_it_fails_where_any_is_used_too_often(monkeypatch, most, status):
    monkeypatch.setattr(lint, "MOST_ANY", most)
    assert lint.main() == status
