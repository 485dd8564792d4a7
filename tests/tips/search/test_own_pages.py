import pytest

from tests.tips.making import make_tip
from tips.models import Page

pytestmark = pytest.mark.django_db


def found(client, query):
    """Return the titles of the site's own pages that a search names."""
    context = client.get("/search/", {"q": query}).context
    return [page.title for page in context["own_pages"]]


def test_a_page_is_found_by_its_title_and_by_its_text_where_no_tip_fits(client):
    approved = {"state": Page.State.APPROVED}
    about = {"title": "About Ada Stone", "path": "/about-ada/", "body": "<p>A baker from Leeds.</p>"}
    Page.objects.create(**about, **approved)
    Page.objects.create(title="Books by Stone", path="/books/", body="<p>On baking.</p>")
    make_tip("A stone in the shoe")
    assert found(client, "about ada") == found(client, "Abuot Ada Stone") == ["About Ada Stone"]
    # Tips fit: a word of a page's text makes it no answer.
    assert found(client, "shoe") == found(client, "a shoe from Leeds") == []
    assert found(client, "the baker from Leeds") == ["About Ada Stone"]
    html = client.get("/search/?q=leeds").text
    assert 'Perhaps you look for <a href="/about-ada/">About Ada Stone</a>.' in html
    assert found(client, "books") == found(client, "") == found(client, "the") == []
