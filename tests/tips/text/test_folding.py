import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips.text import folding

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    "spelling",
    [
        "service\u200b recovery",
        "ser\u00advice recovery",
        "service\u2060 recovery",
        "\ufeffservice recovery",
        "service\u00a0recovery",
        "service \t\n recovery",
        "serv\u202eice recovery\u202c",
        "service recovery\u0008",
        "service\ufe0f recovery",
        "service recover\u034fy",
        "\u200eservice recovery\u200f",
        "service recovery\u2800",
        "service\u2028recovery",
    ],
)
def test_a_sign_that_shows_nothing_is_taken_out_of_what_is_stored(spelling):
    assert folding.visible(spelling) == "service recovery"


@pytest.mark.parametrize(
    "nothing", ["", " ", "\u0002", "\u200b\u2060", "\u00ad \ufe0f", "\u2800", "\u3164", "\ud800"]
)
def test_a_name_of_invisible_signs_alone_is_none(nothing):
    assert folding.visible(nothing) == folding.key(nothing) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("E\u2011mail", "e-mail"),
        ("pros – cons", "pros - cons"),
        ("don\u2019t", "don't"),
        ("don\u02bct", "don\u2032t"),
        ("O\u02bbahu", "o\u2018ahu"),
        ("caf\u00e9", "CAFE\u0301"),
        ("ﬁrst", "first"),
        ("Straße", "STRASSE"),
        ("ＦＡＱ", "faq"),
        ("\u2764\ufe0f", "\u2764"),
        ("می\u200cخواهم", "میخواهم"),
        ("“hold” please", '"hold" please'),
    ],
)
def test_two_spellings_that_a_reader_takes_for_one_have_one_key(one, other):
    assert folding.key(one) == folding.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C++", "C#"),
        ("$5 questions", "5 questions"),
        ("A+ service", "A service"),
        ("Q&A", "QA"),
        ("café", "cafe"),
        ("on hold", "on-hold"),
        ("scope", "ѕсоре"),
        ("Tag", "\U0001f3f7"),
        (FAMILY, FAMILY.replace("\u200d", "")),
        (ENGLAND, ENGLAND[0]),
    ],
)
def test_every_visible_letter_digit_and_sign_tells_names_apart(one, other):
    assert folding.key(one) != folding.key(other)


@pytest.mark.parametrize(
    "name",
    [
        FAMILY,
        ENGLAND,
        "\u2764\ufe0f hearts",
        "1\ufe0f\u20e3",
        "\U0001f9d1\U0001f3fd\u200d\u2695\ufe0f",
        "می\u200cخواهم",
        "क्\u200dष",
    ],
)
def test_signs_that_readers_do_see_stay_in_what_is_stored(name):
    assert folding.visible(name) == name


def test_a_joiner_between_letters_that_need_none_goes():
    assert folding.visible("wait\u200ding \u200cnow\ufe0f") == "waiting now"


def test_running_text_keeps_its_white_space():
    assert folding.without_invisible("pa\u00adtience\n\n\ttest\u200bs ") == "patience\n\n\ttests "


ANY_TEXT = st.text(
    st.characters(codec=None) | st.sampled_from("\u200d\ufe0f\u200b\u00ad'’-\u2011 \u0301İßﬁ´\U0001f3f4")
)


@given(ANY_TEXT)
def test_cleaning_and_comparing_twice_is_as_once(text):
    assert folding.visible(folding.visible(text)) == folding.visible(text)
    assert folding.key(folding.key(text)) == folding.key(text)


@given(ANY_TEXT)
def test_what_is_stored_compares_as_what_was_typed(text):
    assert folding.key(folding.visible(text)) == folding.key(text)


def test_no_code_point_alone_breaks_the_rules():
    # Of the large scripts without case and composition, the beginnings.
    small = (code for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Lo", "Cn", "Co"))
    for code in (*range(0x3400), *range(0xF900, 0x10000), *small):
        text = f"a{chr(code)}b"
        stored, compared = folding.visible(text), folding.key(text)
        assert folding.key(compared) == folding.key(stored) == compared, hex(code)
        assert unicodedata.is_normalized("NFC", stored)
