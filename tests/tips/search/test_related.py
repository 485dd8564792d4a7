import pytest

from tests.tips.making import make_tip
from tips.search import queries, related
from tips.search.terms import parse
from tips.text import stems


def led_to(query):
    return {word.text for words in related.widened(parse(query)).values() for word in words}


def test_every_line_has_words_and_wider_ones_and_no_word_twice():
    for line in related.LINES.read_text(encoding="utf-8").splitlines():
        halves = [half.split(", ") for half in line.split(" > ")]
        runs = [tuple(stems.stems(text)) for half in halves for text in half]
        assert len(halves) == 2, line
        assert all(1 <= len(run) <= related.LONGEST for run in runs), line
        assert len(set(runs)) == len(runs), line


def test_a_word_leads_to_its_situation_and_a_wider_one_does_not_lead_back():
    assert {"nerves", "reassure", "calm"} <= led_to("anxious customers")
    assert "anxious" not in led_to("reassuring calm")
    assert "relationship" in led_to("how to get to know them")


@pytest.mark.django_db
def test_a_related_word_finds_a_tip_and_stands_below_the_word_itself():
    own = make_tip("The Outage", body="<p>Nothing.</p>")
    near = make_tip("When Technology Fails", body="<p>Nothing.</p>")
    make_tip("Neither", body="<p>Nothing.</p>")
    results = queries.find("outage")
    assert results.page.tips == [own, near]
    assert {"technology", "fail"} <= set(results.also)


@pytest.mark.django_db
def test_a_hit_shows_related_words_only_where_it_has_no_other(client):
    make_tip("One", body="<p>An outage of technology.</p>")
    make_tip("Two", body="<p>When technology fails.</p>")
    page = client.get("/search/?q=outage").content.decode()
    assert "An <mark>outage</mark> of technology." in page
    assert "When <mark>technology</mark> <mark>fails</mark>." in page


@pytest.mark.django_db
def test_a_word_of_the_list_is_named_as_missing_and_not_corrected():
    make_tip("Outrage", body="<p>Nothing.</p>")
    tip = make_tip("When Technology Fails", body="<p>Nothing.</p>")
    results = queries.find("outage")
    assert (results.corrected, results.missing, results.page.tips) == ("", ("outage",), [tip])
