"""The trial set, asked as an editor would ask it. ``make bench`` prints the figures."""

import pytest

from tests.tips.search.trial import trial
from tips.search import similar

pytestmark = pytest.mark.django_db


def test_it_finds_what_was_told_before_and_accuses_what_was_not_hardly_ever():
    assert trial.lay_out() >= 1500
    reworded, new = trial.read("reworded.txt"), trial.read("new.txt")
    assert (len(reworded), len(new)) == (20, 50)
    missed = []
    for text in reworded:
        answer = similar.duplicates(text.title, text.body, text.takeaway)
        if not answer or answer[0][0].title != text.earlier:
            missed.append(text.title)
    accused = [text.title for text in new if similar.duplicates(text.title, text.body, text.takeaway)]
    assert len(missed) <= 2, missed
    assert len(accused) <= 1, accused
