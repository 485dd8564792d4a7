"""The bar on every page, and the tabs of a room."""

import re

import pytest
from django.urls import reverse

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import TipState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def opened(client, role, path="/admin/account/"):
    client.force_login(make_person(f"a-{role}", role, first_name="Pia", last_name="Lindgren"))
    return client.get(path).text


def rooms(page):
    bar = page.partition('<nav aria-label="The desk">')[2].partition("</nav>")[0]
    return re.findall(r"<a [^>]*>([A-Z][a-z]+)", bar)


@pytest.mark.parametrize(
    ("role", "found"),
    [
        ("Author", ["Desk", "Calendar", "Tips", "Words"]),
        ("Editor", ["Desk", "Calendar", "Tips", "Mailings", "Pages", "Words"]),
        (
            "Publisher",
            ["Desk", "Calendar", "Tips", "Mailings", "Messages", "Subscribers", "Pages", "Words", "People"],
        ),
    ],
)
def test_the_bar_leads_to_each_room_that_a_person_may_enter_and_every_link_opens(client, role, found):
    page = opened(client, role)
    assert rooms(page) == found
    assert 'aria-label="Pia Lindgren: your account"' in page
    assert ">PL</span>" in page
    for link in re.findall(r'<a href="(/admin/[^"]*)"', page):
        assert client.get(link).status_code == 200, link


def test_the_bar_names_the_room_that_one_is_in_and_the_tabs_the_list(client):
    page = opened(client, "Publisher", reverse("admin:tips_category_changelist"))
    assert re.findall(r'aria-current="(\w+)">(\w+)', page) == [("true", "Words"), ("page", "Categories")]
    tabs = page.partition('<nav class="tabs"')[2].partition("</nav>")[0]
    assert re.findall(r"<a [^>]*>(\w+)</a>", tabs) == ["Tags", "Categories", "Series", "Synonyms"]
    # A mailing's prefix is that of subscribers, too.
    page = client.get(reverse("admin:subscribers_mailing_changelist")).text
    assert re.findall(r'aria-current="(\w+)">(\w+)', page) == [("page", "Mailings"), ("page", "Mailings")]


def test_the_bar_counts_what_waits_for_a_person(client):
    make_tip(state=TipState.IN_REVIEW, publish_at=None)
    assert 'class="count">1<' in opened(client, "Editor")
    assert 'class="count"' not in opened(client, "Author")


def test_who_is_not_signed_in_sees_no_room(client):
    page = client.get("/admin/login/").text
    assert rooms(page) == []
    assert "Write a tip" not in page
