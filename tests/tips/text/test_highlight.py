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
    marked = " ".join(f"<mark>{word}</mark>" for word in ("angry", "callers"))
    assert passage.startswith(f"… Stay <mark>calm</mark> when {marked} ring.")
    assert passage.endswith(" …")


def test_a_passage_has_the_first_words_that_stand_in_the_text_and_begins_without_any():
    text = "The first <one>. " + "Nothing here at all. " * 40 + "The last one."
    assert highlight.passage(text, runs("zebra"), runs("last")).endswith(" The <mark>last</mark> one.")
    assert highlight.passage(text, runs("zebra")).startswith("The first &lt;one&gt;. Nothing")


def test_a_phrase_is_shown_whole_also_where_a_sentence_ends_in_it():
    text = "More. " * 60 + "They wait long. Hold the line. " + "More. " * 60
    phrase = {tuple(words.stems("long hold"))}
    assert highlight.passage(text, phrase).startswith("… They wait <mark>long</mark>. <mark>Hold</mark> the")


def test_a_full_stop_within_a_word_ends_no_sentence():
    text = "More. " * 60 + "The U.S. market grows. " + "More. " * 60
    assert highlight.passage(text, runs("market")).startswith("… The U.S. <mark>market</mark> grows.")


@given(st.text())
def test_marking_changes_no_character(text):
    marked = highlight.marked(text, runs(text))
    assert html.unescape(re.sub("</?mark>", "", marked)) == text
