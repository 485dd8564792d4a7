import pytest
from hypothesis import given
from hypothesis import strategies as st

from tips.text import folding, slugify


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Don’t Rush…Wait", "dont-rush-wait"),
        ("Don\u02bct Shout — O\u02bbahu", "dont-shout-oahu"),
        ("Q&A", "qa"),
        ("24/7", "24-7"),
        ("C++", "c"),
        ("0/_0 - _ 1__2", "0-0-1_2"),
        ("Follow\u2011up — by e\u00adMail", "follow-up-by-email"),
        ("Café", "café"),
        ("Straße", "strasse"),
        ("समय पर", "समय-पर"),
        ("บริการที่ดี", "บริการที่ดี"),
        ("می\u200cخواهم", "میخواهم"),
        ("提示", "提示"),
    ],
)
def test_a_slug_keeps_letters_digits_and_vowel_signs_of_any_script(text, slug):
    assert slugify.slugify(text, 100) == slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("…", "horizontal-ellipsis"),
        ("???", "question-mark"),
        ("\U0001f389", "party-popper"),
        ("\u2764\ufe0f", "heavy-black-heart"),
        ("\ue000", "u-e000"),
        ("\u200b", ""),
    ],
)
def test_signs_alone_are_spelt_by_their_names(text, slug):
    assert slugify.slugify(text, 100) == slug


def test_latin_letters_lose_their_accents_where_that_is_asked_for():
    assert slugify.slugify("Café Ünder समय й", 100, accents=False) == "cafe-under-समय-й"


def test_a_long_slug_ends_with_a_whole_word():
    assert slugify.slugify("wait for the guest", 10) == "wait-for"
    assert slugify.slugify("x" * 30, 10) == "x" * 10


@given(st.text(), st.booleans())
def test_what_is_made_is_a_slug_in_its_own_form(text, accents):
    slug = slugify.slugify(text, 50, accents=accents)
    assert bool(slug) == bool(folding.visible(text))
    assert not slug or slugify.is_slug(slug)
    assert len(slug) <= 50


@given(st.text())
def test_the_form_of_a_slug_is_the_same_for_each_spelling(text):
    form = slugify.canonical(text)
    assert slugify.canonical(form) == form
