"""Where a link may lead."""

import pytest

from tests.tips.text.hostile_links import SPELLINGS, is_alive
from tips.text import links


@pytest.mark.parametrize(
    ("stated", "url"),
    [
        ("https://example.org/a?b=1#c", "https://example.org/a?b=1#c"),
        ("HTTP://example.org", "http://example.org"),
        ("\u00a0https://example.org\u200b ", "https://example.org"),
        ("https://exa\nmple.org/\ta", "https://example.org/a"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("//example.org/a", "https://example.org/a"),
        ("www.example.org", "https://www.example.org"),
        ("mailto:ann@example.org?subject=Hi", "mailto:ann@example.org?subject=Hi"),
        ("mailto:?subject=Read: this", "mailto:?subject=Read:%20this"),
        ("ann@example.org", "mailto:ann@example.org"),
        ("tel:+1 555 0100", "tel:+15550100"),
        ("/tips/listening/?a=1", "/tips/listening/?a=1"),
        ("https://bücher.example/ü", "https://bücher.example/ü"),
    ],
)
def test_a_good_link_is_written_in_one_form(stated, url):
    assert links.allowed(stated) == url
    assert links.allowed(url) == url


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "#note",
        "?page=2",
        "page.html",
        "../tips/x/",
        "/\\example.org",
        "https:",
        "https:///x",
        "http://[",
        "http:x",
        "mailto:javascript:x",
        "mailto:ann@example.org:x",
    ],
)
def test_a_link_that_leads_elsewhere_from_each_page_is_none(stated):
    assert links.allowed(stated) is None


def test_no_spelling_of_a_hostile_link_is_let_through():
    assert len(set(SPELLINGS)) >= 500
    assert [stated for stated in SPELLINGS if links.allowed(stated)] == []


def test_the_judge_of_these_tests_knows_what_is_alive():
    assert is_alive("\u00a0java\nscript:alert(1)")
    assert not is_alive("https://example.org/?javascript:")
    assert not is_alive("/javascript:x")
