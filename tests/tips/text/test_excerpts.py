"""The beginning of a tip, and its text without promotions."""

from tips.text import excerpts, html_to_plain, plain_to_html


def test_promotions_at_the_end_are_in_no_essence():
    body = plain_to_html.from_text("The tip.\n\nListen to http://example.org/\n\nRead our New Book")
    assert excerpts.searchable_text(body) == "The tip."
    assert "New Book" in html_to_plain.to_text(body)


def test_a_promising_beginning_without_an_address_is_no_promotion():
    assert not excerpts.is_promotion("Listen to the customer first.")
    assert excerpts.is_promotion("Listen to our podcast at www.example.org")


def test_an_excerpt_ends_with_a_sentence_where_one_ends_late_enough():
    assert excerpts.excerpt("One two three four. Five six seven", words=5) == "One two three four."
    assert excerpts.excerpt("One. Two three four, five six", words=4) == "One. Two three four…"
    assert excerpts.excerpt("Short.", words=4) == "Short."
    assert excerpts.excerpt("One two. Ask Mr. Smith at", words=4) == "One two. Ask Mr.…"
