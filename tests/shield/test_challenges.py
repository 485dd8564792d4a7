import re
from collections import Counter

import pytest

from shield import challenges
from shield.challenges import question


def test_a_seed_has_one_question_and_another_key_another(settings):
    first = question("2026-03-03 anna@example.org")
    assert question("2026-03-03 anna@example.org") == first
    settings.SECRET_KEY = "another"
    assert question("2026-03-03 anna@example.org") != first


def test_no_answer_does_for_many():
    answers = Counter(question(f"seed {number}").answer for number in range(2000))
    assert len(answers) > 80
    assert answers.most_common(1)[0][1] < 2000 * 0.04


def test_all_that_it_asks_can_be_told_from_its_words():
    kind_of = {word: kind for kind, words in challenges._WORDS.items() for word in words.split()}
    assert len(kind_of) == len(" ".join(challenges._WORDS.values()).split()), (
        "a word that is two kinds of thing"
    )
    for number in range(300):
        asked = question(f"seed {number}")
        words = re.search(r": (.+)\?$", asked.text).group(1).split(", ")
        assert len(set(words)) == 5
        if kind := re.match(r"Which of these words is (.+):", asked.text):
            assert [word for word in words if kind_of[word] == kind.group(1)] == [asked.answer]
        else:
            place = re.match(r"Which is the (\w+) of these words", asked.text).group(1)
            assert words[["first", "second", "third", "fourth", "last"].index(place)] == asked.answer


@pytest.mark.parametrize("typed", ["tiger", " Tiger. ", "a tiger", "The tiger!", "“TIGER”"])
def test_it_takes_the_answer_however_people_write_it(typed):
    assert challenges.Question("Which?", "tiger").is_answered_by(typed)


@pytest.mark.parametrize(
    "typed", ["", "tigers", "piano", "tiger piano", "tiger tiger", "a", "\x00", "虎" * 200]
)
def test_it_takes_nothing_else(typed):
    assert not challenges.Question("Which?", "tiger").is_answered_by(typed)
