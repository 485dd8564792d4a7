import pytest

from tips.text.shortening import at_word


@pytest.mark.parametrize(
    ("text", "longest", "short"),
    [
        ("Listen first.", 13, "Listen first."),
        ("Listen\n first,  then speak.", 30, "Listen first, then speak."),
        ("Listen first, then speak.", 15, "Listen first…"),
        ("Listen first – then speak.", 16, "Listen first…"),
        ("Gründlichkeit", 6, "Gründ…"),
        ("先听再说先听再说", 4, "先听再…"),
        ("", 10, ""),
    ],
)
def test_a_text_is_cut_where_a_word_ends(text, longest, short):
    assert at_word(text, longest) == short
    assert len(short) <= longest
