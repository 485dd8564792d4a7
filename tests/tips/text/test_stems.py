import re
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


def found_by(text):
    return {stem for token in stems.tokens(text) for stem in (token.stem, *token.also)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("co-worker", "coworkers"),
        ("co worker", "coworker"),
        ("follow-up", "followups"),
        ("following up", "followup"),
        ("check-in", "check in"),
        ("e-mail", "email"),
        ("apologise", "apologized"),
        ("organisation", "organizations"),
        ("analyse", "analyze"),
        ("colour", "colors"),
        ("neighbourhood", "neighborhood"),
        ("centre", "centers"),
        ("travelled", "traveling"),
        ("cheques", "check"),
        ("licence", "license"),
        ("F-16", "F16"),
        ("U.S.", "US"),
        ("U.S.A.", "USA"),
        ("a.m.", "am"),
        ("1,000", "1000"),
        ("24/7", "24-7"),
        ("don't", "dont"),
        ("don’t", "donʼt"),
        ("can't", "cannot"),
        ("na\u00efve", "nai\u0308ve"),
        ("re\u00adcovery", "recover\u200by"),
        ("complaints", "complaining"),
        ("children", "child"),
    ],
)
def test_spellings_of_one_word_meet(one, other):
    assert not found_by(one).isdisjoint(stems.stems(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("promise", "promote"),
        ("hour", "hors"),
        ("us", "US"),
        ("rise", "rice"),
        ("four", "for"),
        ("can", "can't"),
        ("follow. Up", "followup"),
        ("organ", "organise"),
        ("advice", "advertise"),
    ],
)
def test_other_words_stay_apart(one, other):
    assert found_by(one).isdisjoint(found_by(other))


def test_a_hyphen_parts_words_that_are_also_found_as_one():
    assert [(token.stem, token.also) for token in stems.tokens("a face-to-face e-mail")] == [
        ("a", ()),
        ("face", ("faceto",)),
        ("to", ("faceto", "tofac")),
        ("face", ("tofac",)),
        ("email", ()),
    ]


def test_no_word_that_changes_the_meaning_is_a_stop_word():
    assert stems.STOP_STEMS.isdisjoint(
        stems.stems("no not nor never can't won't without after before out off up")
    )


@given(st.text())
def test_an_index_entry_holds_nothing_that_an_engine_would_parse(text):
    assert all(stem.isascii() and stem.isalnum() and len(stem) < 130 for stem in stems.stems(text))
    assert stems.in_order(stems.indexed(text)) == stems.stems(text)
    assert stems.in_order(stems.indexed(text, with_pairs=True)) == stems.stems(text)


@given(st.text() | st.text(alphabet="abU-/1 ,.’'_\u00ad\u0301"))
def test_the_quick_pattern_for_plain_words_finds_what_the_whole_one_finds(text):
    quick, whole = (
        [match.span() for match in pattern.finditer(text)]
        for pattern in (stems._TOKEN, re.compile(stems._ANY_WORD))
    )
    assert quick == whole


@given(st.text() | st.text(alphabet="ab-/1 ,.’'\u00ad\u0301"))
def test_words_come_in_order_and_do_not_overlap(text):
    ends = [0]
    for token in stems.tokens(text):
        assert ends[-1] <= token.start < token.end <= len(text)
        ends.append(token.end)


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
