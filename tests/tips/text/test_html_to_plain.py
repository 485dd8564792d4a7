"""Clean HTML as plain text."""

from tips.text import html_to_plain


def test_words_are_counted_as_a_writer_counts_them():
    source = (
        '<p>One <strong>two</strong>three &amp;</p><ul><li><p>four</p></li></ul><ol start="3"><li><p>five'
        '</p></li></ol><p>six<br>seven</p><img src="/media/x.png" alt="not counted">'
    )
    assert html_to_plain.count_words(source) == 7


def test_a_list_may_state_any_number_to_begin_with():
    for start in ("9" * 5000, "x", ""):
        assert html_to_plain.blocks(f'<ol start="{start}"><li><p>One</p></li></ol>') == ["1. One"]
