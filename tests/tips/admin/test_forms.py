"""Tags in one line: what a form shows is what somebody would type, and is read as the same names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips.admin.fields import TagsField
from tips.models import Tag
from tips.text import folding


def shown(*names):
    return TagsField().widget.format_value([Tag(name=name) for name in names])


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ('C++ & "more"', 'C++ & "more"'),
        ('"more" & C++', '"more" & C++'),
        ("first, second", '"first, second"'),
        ('a, "b"', '"a, ""b"""'),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("???", "???"),
    ],
)
def test_a_name_stands_in_quotes_only_where_it_must(name, line):
    assert shown(name) == line


@given(st.lists(st.text('ab,"& ', min_size=1, max_size=8).map(folding.visible).filter(bool), max_size=4))
def test_what_is_shown_is_read_as_the_names_that_it_shows(names):
    once = {folding.column_key(name): name for name in reversed(names)}
    assert TagsField(required=False).clean(shown(*names)) == [
        once[key] for key in dict.fromkeys(map(folding.column_key, names))
    ]


def test_a_quote_that_nobody_closed_is_one_of_the_signs():
    assert TagsField().clean('"open, shut, "both, of them"') == ['"open', "shut", "both, of them"]
