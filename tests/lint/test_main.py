import pytest

from lint import __main__ as lint


def test_it_prints_each_figure_in_a_line(capsys):
    lint.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "Fully typed signatures",
        "Any in types",
        "Lines of code",
        "Public functions with a docstring",
    ]


@pytest.mark.parametrize(("most", "status"), [(10**6, 0), (-1, 1)])
def test_it_fails_where_any_is_used_too_often(monkeypatch, most, status):
    monkeypatch.setattr(lint, "MOST_ANY", most)
    assert lint.main() == status
