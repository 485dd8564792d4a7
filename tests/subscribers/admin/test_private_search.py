"""The search that writes no address into the address of a page."""

import pytest

from subscribers.people import subscriptions

LIST = "/admin/subscribers/subscriber/"

EVERYBODY = {"anna.lee", "anna", "Berta", "carl", "dora", "emil"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def search(desk):
    """A function that searches as the form does, and returns the response and which of some are found."""
    people = {"anna.lee": "Zoë", "anna": "", "Berta": "Anna", "carl": ""}
    for name, first_name in people.items():
        subscriptions.confirm(subscriptions.request(f"{name}@example.org", first_name=first_name))
    subscriptions.confirm(subscriptions.request("dora@mail.example.com"))
    subscriptions.confirm(subscriptions.request("emil@xn--bcher-kva.example"))

    def search(term, query="", room="subscriber"):
        response = desk.post(f"/admin/subscribers/{room}/search/{query}", {"term": term}, follow=True)
        assert response.status_code == 200
        table = response.text.partition('id="result_list"')[2]
        return response, {name for name in [*people, "dora", "emil"] if f">{name}@" in table}

    return search


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("anna@example.org", {"anna"}),
        (" BERTA@Example.ORG ", {"Berta"}),
        ("anna.l", {"anna.lee"}),
        ("anna", {"anna.lee", "anna", "Berta"}),
        ("zo", {"anna.lee"}),
        ("@mail.example.com", {"dora"}),
        ("@example.com", set()),
        ("@BÜCHER.example", {"emil"}),
        ("emil@bücher.example", {"emil"}),
        ("emil@büch", set()),
        ("example.org", set()),
        ("%", set()),
        ("an_a", set()),
        ("", EVERYBODY),
        ("\x00", EVERYBODY),
        ("é" * 300, EVERYBODY),
        ("{{ 7|add:7 }}\r\nBcc: x@example.org", set()),
    ],
)
def test_it_finds_addresses_by_their_beginning_domains_and_names(search, term, found):
    assert search(term)[1] == found


def test_who_has_exactly_the_address_stands_first(desk):
    for address in ("dan@example.co", "dan@example.com", "dan@example.com.au"):
        subscriptions.confirm(subscriptions.request(address))
    page = desk.post(f"{LIST}search/", {"term": "DAN@example.co"}, follow=True)
    listed = [person.address for person in page.context["cl"].result_list]
    assert listed == ["dan@example.co", "dan@example.com.au", "dan@example.com"]


@pytest.mark.parametrize("room", ["subscriber", "linkrequest"])
def test_what_was_sought_stands_in_no_address_and_in_no_link(search, room):
    response, _ = search("anna.lee@example.org", "?state__exact=used" if room == "linkrequest" else "", room)
    addresses = [address for address, _ in response.redirect_chain]
    assert addresses
    assert not any("anna" in address or "%40" in address for address in addresses)
    links = [part.split('"')[0] for part in response.text.split('href="')[1:]]
    assert not any("anna" in link or "%40" in link for link in links)
    assert 'value="anna.lee@example.org"' in response.text
    assert "no-store" in response["Cache-Control"]


def test_a_search_goes_together_with_filters_and_ends_with_the_next_one(search, desk):
    response, found = search("anna", "?source__exact=form&p=3")
    assert found == {"anna.lee", "anna", "Berta"}
    address, _ = response.redirect_chain[-1]
    assert "source__exact=form" in address
    assert "p=3" not in address
    assert desk.get(address).status_code == 200
    search("carl")
    ended = desk.get(address, follow=True)
    assert "That search has ended" in ended.text
    assert ended.redirect_chain == [(f"{LIST}?source__exact=form", 302)]


def test_only_a_post_begins_a_search_and_a_strangers_cookie_is_not_believed(search, desk):
    assert desk.get(f"{LIST}search/").status_code == 405
    desk.cookies["sought"] = "nonsense"
    assert "That search has ended" in desk.get(LIST, {"q": "x"}, follow=True).text
