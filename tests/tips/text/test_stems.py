import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowballstemmer.english_stemmer import EnglishStemmer

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


def test_threads_that_look_for_stems_at_once_do_not_mix_them_up(request):
    endings = "ational ing ness alities ously ations izers ers es ed ive ably".split()
    beginnings = "relat hop happi nation custom servic respond".split()
    words = [begin + end for begin in beginnings for end in endings]
    stemmer = EnglishStemmer()
    request.addfinalizer(stems.stem.cache_clear)
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(1e-6)
    with ThreadPoolExecutor(4) as threads:
        for _ in range(6):
            stems.stem.cache_clear()
            assert list(threads.map(stems.stem, words)) == [stemmer.stemWord(word) for word in words]
