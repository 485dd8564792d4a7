import html
import re

from hypothesis import given
from hypothesis import strategies as st

from tips.text import highlight
from tips.text import stems as words


def runs(text):
    return {(stem,) for stem in words.stems(text)[:3]}


def test_it_marks_every_form_of_a_word_and_escapes_the_rest():
    stems = runs("apology e-mail")
    assert highlight.marked("An <b>Apology</b> by E-mail: apologies, email.", stems) == (
        "An &lt;b&gt;<mark>Apology</mark>&lt;/b&gt; by <mark>E-mail</mark>:"
        " <mark>apologies</mark>, <mark>email</mark>."
    )


def test_a_passage_shows_the_place_where_most_words_meet():
    text = (
        "Calm words help. "
        + "Nothing here at all. " * 40
        + "Stay calm when angry callers ring. "
        + "More. " * 60
    )
    passage = highlight.passage(text, runs("calm angry callers"))
    assert passage.startswith("… Stay calm when angry callers ring.")
    assert passage.endswith(" …")


@given(st.text())
def test_marking_changes_no_character(text):
    marked = highlight.marked(text, runs(text))
    assert html.unescape(re.sub("</?mark>", "", marked)) == text
