import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips.text import stems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("E-mail", "email"),
        ("customer’s", "customers"),
        ("Don't", "don’t"),
        ("recovery", "recoveries"),
        ("Café", "cafe"),
        ("ANGRY", "angry"),
    ],
)
def test_what_a_reader_types_and_what_a_writer_wrote_are_one(one, other):
    assert stems.stems(one) == stems.stems(other)


def test_a_hyphen_parts_words_but_for_a_single_letter():
    assert stems.stems("follow-up by e-mail") == ["follow", "up", "by", "email"]


@given(st.text())
def test_an_index_entry_holds_nothing_that_an_engine_would_parse(text):
    assert all(stem.isascii() and stem.isalnum() and len(stem) < 130 for stem in stems.stems(text))
    assert stems.indexed(text) == " ".join(stems.stems(text))


@given(st.text())
def test_the_offsets_of_words_are_those_of_the_text(text):
    assert all(text[start:end] == word for start, end, word in stems.split(text))
