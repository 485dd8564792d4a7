"""Bare URLs in plain text."""

import html
import re

import pytest

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


@pytest.mark.parametrize("scheme", ["https://example.org/a", "www.example.org", "desk@example.org"])
@pytest.mark.parametrize(
    "around",
    [
        "“{}”", "‘{}’", "„{}“", "«{}»", "« {} »", "‹{}›", "(“{}”)", "{}’s first page", "{}—and then",
        "see—{}—or", "from {}–to", "“see {}.”", "{}…", "{}, or", "'{}'", '"{}"', "({})", "<{}>", "{}ʼs",
        "{}.’", "Is it {}?", "“{}!?”",
    ],
)  # fmt: skip
def test_signs_around_a_url_are_no_part_of_it(around, scheme):
    text = around.format(scheme)
    linked = bare_urls.inline(text)
    (url,) = re.findall(r'href="([^"]*)"', linked)
    assert url.removeprefix("mailto:").removeprefix("http://") == scheme
    assert html.unescape(re.sub("</?a[^>]*>", "", linked)) == text


def test_signs_that_nobody_sees_are_in_no_link():
    linked = bare_urls.inline("See https://exam\u00adple.org/a\u200b and de\u00adsk@example.org\u2060.")
    assert re.findall(r'href="([^"]*)"', linked) == ["https://example.org/a", "mailto:desk@example.org"]


def test_signs_that_nobody_sees_stay_out_of_urls_and_in_words():
    assert bare_urls.inline("pat\u00adience at www.exam\u00adple.org") == (
        'pat\u00adience at <a href="http://www.example.org">www.example.org</a>'
    )
    assert bare_urls.inline("ht\u200btps://example.org/a") == (
        '<a href="https://example.org/a">https://example.org/a</a>'
    )
    assert bare_urls.inline("0@0\u00ad") == "0@0\u00ad"


def test_a_number_and_its_unit_stay_together():
    assert bare_urls.inline("Lift\u00a010\u202fkg\u00a0 now") == "Lift 10\u00a0kg now"
    assert plain_to_html.from_text("Lift 10\u00a0kg\u00a0now.") == "<p>Lift 10&nbsp;kg now.</p>"
