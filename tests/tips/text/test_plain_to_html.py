"""Plain text to safe HTML: nothing is lost, nothing becomes a tag that was not one."""

import html
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tips.text import html_to_plain, list_lines, plain_to_html, sanitiser

# Characters that files of text may hold: no surrogates, no controls.
text_lines = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp")) | st.sampled_from(" <>&\"'•1.)\u00a0"),
    max_size=60,
)
texts = st.lists(
    text_lines
    | st.sampled_from(
        ["", "• item", "2. two", "3) three", "Short line", "- dash", "a) first", "b) second", "(1) one"]
    ),
    max_size=12,
).map("\n".join)


def without_marks(text):
    """Return text without white space and without what begins an item."""
    lines = [line for block in plain_to_html.paragraphs(text) for line in block]
    found = list_lines.items(lines)
    return without_spaces(
        "".join(item.rest if item else line for line, item in zip(lines, found, strict=True))
    )


def without_spaces(text):
    """Return what is left to see of text: no white space, no zero-width characters."""
    return re.sub(r"[\s\u200b\u2060\ufeff]", "", text)


def shown(source):
    """Return what a browser shows of HTML, without white space."""
    return without_spaces(html.unescape(re.sub(r"<[^>]*>", "", source)))


@settings(max_examples=150, deadline=None)
@given(texts)
def test_every_character_of_a_text_comes_out_as_itself(text):
    assert shown(plain_to_html.from_text(text)) == without_marks(text)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_html_made_from_text_needs_no_more_cleaning(text):
    made = plain_to_html.from_text(text)
    assert sanitiser.clean(made) == made


@settings(deadline=None)
@given(st.lists(text_lines.map(html_to_plain.one_line).filter(bool), min_size=1, max_size=5))
def test_paragraphs_of_plain_words_come_out_in_order(paragraphs):
    visible = [p for p in paragraphs if not plain_to_html.is_blank(p)]
    plain = [p for p, item in zip(visible, list_lines.items(visible), strict=True) if not item]
    assume(not any(list_lines.items(plain)))
    assert [
        html_to_plain.one_line(block)
        for block in html_to_plain.blocks(plain_to_html.from_text("\n\n".join(plain)))
    ] == plain


def test_tags_and_entities_in_a_text_are_text():
    made = plain_to_html.from_text("Use <b>bold</b> & <script>alert(1)</script> &amp; so on.")
    assert made == (
        "<p>Use &lt;b&gt;bold&lt;/b&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; so on.</p>"
    )


def test_lines_in_a_row_are_one_paragraph():
    assert plain_to_html.from_text("One,\ntwo.\n\nThree.") == "<p>One,<br>two.</p><p>Three.</p>"


def test_no_break_spaces_between_sentences_become_one_space():
    assert plain_to_html.from_text("One.\u00a0 Two. \u00a0Three.") == "<p>One. Two. Three.</p>"


@pytest.mark.parametrize("text", ["• One\n• Two", "  • One\n\n  • Two", "•One\n\n\n•\u00a0Two"])
def test_bullets_become_one_list(text):
    assert plain_to_html.from_text(text) == "<ul><li><p>One</p></li><li><p>Two</p></li></ul>"


@pytest.mark.parametrize("text", ["1. One\n2. Two", "  1) One\n\n  2) Two"])
def test_numbers_become_one_list(text):
    assert plain_to_html.from_text(text) == "<ol><li><p>One</p></li><li><p>Two</p></li></ol>"


def test_a_list_keeps_its_numbers():
    made = plain_to_html.from_text("3. Three\n4. Four\n7. Seven")
    assert made == (
        '<ol start="3"><li><p>Three</p></li><li><p>Four</p></li></ol><ol start="7"><li><p>Seven</p></li></ol>'
    )
    assert html_to_plain.to_text(made) == "3. Three\n4. Four\n7. Seven"


def test_a_line_right_under_an_item_belongs_to_it():
    assert (
        plain_to_html.from_text("• One\n  goes on\n\nEnd.")
        == "<ul><li><p>One<br>goes on</p></li></ul><p>End.</p>"
    )


def test_a_list_may_follow_its_sentence_without_a_blank_line():
    assert plain_to_html.from_text("Say:\n• One") == "<p>Say:</p><ul><li><p>One</p></li></ul>"


@pytest.mark.parametrize("text", ["1.5 percent", "2019. A year", "1.", "•", "-1. Minus"])
def test_what_is_no_item_stays_text(text):
    assert plain_to_html.from_text(text) == f"<p>{text}</p>"


def test_a_short_line_between_paragraphs_is_a_heading():
    assert (
        plain_to_html.from_text("One.\n\nWhat You Do Better\n\nTwo.")
        == "<p>One.</p><h2>What You Do Better</h2><p>Two.</p>"
    )


@pytest.mark.parametrize(
    "line",
    [
        "It ends in a full stop.",
        "He said “Stop!”",
        "Is it one (or not?)",
        "First comes this:",
        "And then…",
        "See example.org today",
        "x" * 61,
        "Two lines\nof a poem",
    ],
)
def test_a_line_that_is_no_heading_stays_a_paragraph(line):
    assert "<h2>" not in plain_to_html.from_text(f"One.\n\n{line}\n\nTwo.")


@pytest.mark.parametrize("item", ["• Smile", "1. Smile", "- Smile\n- Listen", "a) Smile\n\nb) Listen"])
def test_a_short_line_of_its_own_before_a_list_is_a_heading(item):
    made = plain_to_html.from_text(f"One.\n\nWhat You Do Better\n\n{item}")
    assert made.startswith(
        ("<p>One.</p><h2>What You Do Better</h2><ul>", "<p>One.</p><h2>What You Do Better</h2><ol")
    )


def test_a_short_line_that_leads_into_a_list_is_none():
    assert plain_to_html.from_text("One.\n\nSay:\n\n• Yes").startswith("<p>One.</p><p>Say:</p>")
    assert plain_to_html.from_text("One.\n\nWe say\n• Yes").startswith("<p>One.</p><p>We say</p>")


def test_a_heading_stands_neither_first_nor_last_nor_over_a_heading():
    assert "<h2>" not in plain_to_html.from_text("Short one\n\nTwo.")
    assert "<h2>" not in plain_to_html.from_text("One.\n\nShort one")
    assert "<h2>" not in plain_to_html.from_text("Short one\n\n• Item")
    assert plain_to_html.from_text("One.\n\nFirst\n\nSecond\n\nTwo.").count("<h2>") == 1


def test_letters_and_numerals_of_a_list_are_kept():
    made = plain_to_html.from_text("Say:\n\na) Yes\n\nb) No\n\n(i) one\n\n(ii) two\n\n(1) Left\n(2) Right")
    assert made == (
        '<p>Say:</p><ol type="a"><li><p>Yes</p></li><li><p>No</p></li></ol>'
        '<ol type="i"><li><p>one</p></li><li><p>two</p></li></ol>'
        "<ol><li><p>Left</p></li><li><p>Right</p></li></ol>"
    )


def test_speech_stays_speech():
    text = "The door opened.\n\n- Not today, he said.\n\nShe left."
    assert (
        plain_to_html.from_text(text) == "<p>The door opened.</p><p>- Not today, he said.</p><p>She left.</p>"
    )
