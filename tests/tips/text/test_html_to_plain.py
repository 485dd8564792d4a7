"""Clean HTML as plain text."""

from tips.text import html_to_plain


def test_a_list_may_state_any_number_to_begin_with():
    for start in ("9" * 5000, "x", ""):
        assert html_to_plain.blocks(f'<ol start="{start}"><li><p>One</p></li></ol>') == ["1. One"]
