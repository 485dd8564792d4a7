import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from tests.tips.making import make_tip
from tips.search import spelling

letters = st.text(alphabet="abc", min_size=1, max_size=12)


@example("abcd", "acbd", 1)
@example("cacbabac", "ccabaabc", 2)
@given(letters, letters, st.integers(1, 2))
def test_what_is_near_to_a_word_fits_one_of_its_patterns(word, other, errors):
    near = word[0] == other[0] and OSA.distance(word, other) <= errors
    fits = any(
        re.fullmatch(".*".join(pattern), other, re.DOTALL) for pattern in spelling.patterns(word, errors)
    )
    assert fits or not near


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(st.lists(st.text(alphabet="abйé'.,3", min_size=4, max_size=30), max_size=3))
def test_no_word_is_an_error(words):
    assert len(spelling.likely(words)) == len(words)


@pytest.mark.django_db
def test_each_of_several_wrong_words_has_candidates_of_its_own():
    make_tip("The Umbrella", body="<p>Raincoats.</p>")
    found = spelling.likely(["umbrlla", "angry", "raincaot"])
    assert [[each.word for each in candidates] for candidates in found] == [["umbrella"], [], ["raincoats"]]
