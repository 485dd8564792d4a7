"""A mail scanner with a real browser, scripts and all; see also tests/subscribers/test_scanners.py."""

import pytest

from tests.subscribers import mailed_links
from tests.subscribers.conftest import post_office  # noqa: F401 - a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("number", [1, pytest.param(100, marks=pytest.mark.soak)])
def test_a_browser_that_opens_every_link_of_every_mail_changes_nothing(
    number,
    page,
    live_server,
    settings,
    post_office,  # noqa: F811
    monkeypatch,
):
    settings.SITE_URL = live_server.url
    mailed_links.send_each_kind(number, monkeypatch)
    assert len(post_office.letters) == 5 * number
    links = mailed_links.links(post_office)
    assert mailed_links.kinds(links) == mailed_links.KINDS
    before = mailed_links.all_rows()
    for link in links:
        assert page.goto(link, wait_until="load").status == 200
        # What a curious scanner does besides: look at what the page has, and move the pointer about.
        page.mouse.move(200, 200)
        page.keyboard.press("Tab")
    assert mailed_links.all_rows() == before
