"""Bare URLs in plain text."""

import html

from tips.text import bare_urls, plain_to_html


def test_a_bare_address_becomes_a_link_without_its_full_stop():
    assert plain_to_html.from_text("See http://example.org/a?b=1&c=2.") == (
        '<p>See <a href="http://example.org/a?b=1&amp;c=2">http://example.org/a?b=1&amp;c=2</a>.</p>'
    )


def test_a_very_long_word_is_not_searched_for_addresses():
    word = "a&amp;" * 1000 + ".com"
    assert (
        bare_urls.inline(f"http://a.org {word}")
        == f'<a href="http://a.org">http://a.org</a> {html.escape(word)}'
    )
