import unicodedata

import pytest
from django.urls import reverse

from tests.tips.making import hidden_tips, make_tip
from tests.tips.people import make_person
from tips.publishing import preview, slugs, tagging

pytestmark = pytest.mark.django_db


def led(client, path, **query):
    """Return (status, where to) of the answer to a path."""
    answer = client.get(path, query)
    return answer.status_code, answer.get("Location", "")


@pytest.fixture
def tip():
    return make_tip("Café", slug="café-समय", categories=["Éclat"], tags=["Straße écoutée"])


@pytest.fixture
def urls(tip):
    tag, category = tip.tags.get(), tip.categories.get()
    year = reverse("tips:year", args=[tip.publish_at.year])
    lists = [tag.get_absolute_url(), category.get_absolute_url(), year, "/tips/"]
    return [tip.get_absolute_url(), *lists, *(f"{url}feed/" for url in lists[:2]), f"{lists[0]}feed/json/"]


def spellings(url, client):
    path = client.get(url).wsgi_request.path
    yield path.upper()
    yield unicodedata.normalize("NFD", path)
    yield unicodedata.normalize("NFD", path).upper()
    yield path.upper().rstrip("/")
    yield "".join(chr(ord(char) + 0xFEE0) if char.isalnum() and char.isascii() else char for char in path)
    yield url.replace("%", "%25").replace("tag", "t%2561g")


def test_pages_answer_other_spellings_of_their_urls_by_one_redirect(client, urls):
    for url in urls:
        assert client.get(url).status_code == 200, url
        for path in set(spellings(url, client)) - {client.get(url).wsgi_request.path}:
            assert led(client, path, a="é b", page=2) == (301, f"{url}?a=%C3%A9+b&page=2"), path


def test_a_former_address_in_capitals_leads_to_the_present_one_at_once(client):
    editor = make_person("ed", "Editor")
    tip = make_tip(slug="ring-back", tags=["Fone"])
    slugs.change(tip, "call", by=editor)
    tagging.rename(tip.tags.get(), "Phone", by=editor)
    assert led(client, "/tips/RING-back") == (301, "/tips/call/")
    assert led(client, "/TAG/FONE/") == (301, "/tag/phone/")


def test_what_is_found_is_not_led_elsewhere(client, tip):
    other = make_tip(slug="CAFÉ-समय")
    assert client.get(other.get_absolute_url()).status_code == 200


def test_what_readers_may_not_know_of_stays_not_found(client):
    for hidden in hidden_tips(tags=["secret"])[:-1]:
        assert led(client, hidden.get_absolute_url().upper()) == (404, "")
    for path in (
        "/TAG/SECRET/",
        "/CATEGORY/NONE/",
        "/1999/",
        "/TIPS/NOTHING/",
        "/TIPS/page/99/",
        "/%2F/EVIL.example/",
    ):
        assert led(client, path)[0] == 404, path


@pytest.mark.parametrize(
    "path", ["/SUBSCRIBE/", "/Unsubscribe/abc/", "/subscribe/confirm/ABC/", "/ADMIN/", "/MEDIA/x"]
)
def test_pages_for_staff_and_urls_with_tokens_are_exact(client, path):
    answer = client.get(path)
    assert "Location" not in answer.headers or answer["Location"].startswith("/admin/login")


def test_a_link_to_a_preview_is_exact(client):
    link = preview.make_link(make_tip(state="draft"), by=make_person("ed", "Editor"), days=2)
    url = preview.url(link)
    assert client.get(url).status_code == 200
    assert led(client, url.upper()) == (404, "")


def test_nothing_is_changed_by_other_methods(client, tip):
    assert client.post("/TIPS/X/").status_code == 404
    assert client.post(tip.get_absolute_url().upper()).status_code == 404
