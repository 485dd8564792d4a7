"""The beginning of a tip, and its text without promotions."""

import pytest

from tips.text import excerpts, html_to_plain, plain_to_html, promotions, sanitiser


def test_promotions_at_the_end_are_in_no_essence():
    body = plain_to_html.from_text("The tip.\n\nListen to http://example.org/\n\nRead our New Book")
    assert excerpts.searchable_text(body) == "The tip."
    assert "New Book" in html_to_plain.to_text(body)


def test_a_promising_beginning_without_an_address_is_no_promotion():
    assert not promotions.is_promotion("Listen to the customer first.")
    assert promotions.is_promotion("Listen to our podcast at www.example.org")


def test_an_excerpt_ends_with_a_sentence_where_one_ends_late_enough():
    assert excerpts.excerpt("One two three four. Five six seven", words=5) == "One two three four."
    assert excerpts.excerpt("One. Two three four, five six", words=4) == "One. Two three four…"
    assert excerpts.excerpt("Short.", words=4) == "Short."
    assert excerpts.excerpt("One two. Ask Mr. Smith at", words=4) == "One two. Ask Mr.…"


@pytest.mark.parametrize(
    "later", ['<ol type="a"><li>alpha</li></ol>', "<ul><li>beta</li></ul>", "<table><tr><td>a<td>b</table>"]
)
def test_an_excerpt_ends_before_the_first_list_or_table(later):
    body = sanitiser.clean(f"<p>One two three four five</p>{later}<p>Six.</p>")
    assert excerpts.excerpt(body, words=12) == "One two three four five"


def test_a_sentence_that_begins_with_a_number_is_no_list():
    assert (
        excerpts.excerpt("<p>One two three.</p><p>1. is a number.</p>", words=12)
        == "One two three. 1. is a number."
    )


def test_an_excerpt_has_no_sign_that_turns_the_text_around_it():
    assert (
        excerpts.excerpt("<p>Say \u202eolleh\u202c to pat\u00adient guests.</p>")
        == "Say olleh to patient guests."
    )


def test_an_excerpt_is_made_of_paragraphs():
    body = (
        "<h2>Head</h2><p>One two.</p><table><tr><td>0</td><td>1</td></tr></table><h3>More</h3><p>Three.</p>"
    )
    picture = f'<figure><img src="/media/{"a" * 64}.png" alt="A bell"><figcaption>Mine</figcaption></figure>'
    assert excerpts.excerpt(sanitiser.clean(f"{picture}{body}<pre>code</pre>")) == "One two. Three."


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        ("<h2>Head</h2><p>Do:</p><ul><li>this</li><li>that</li></ul>", "Do: • this • that"),
        ("<h2>Head</h2><ul><li>this</li></ul>", "• this"),
        ("<h2>Head</h2>", "Head"),
    ],
)
def test_an_excerpt_takes_items_and_then_the_rest_where_there_are_no_paragraphs(body, excerpt):
    assert excerpts.excerpt(sanitiser.clean(body)) == excerpt
