"""Subscribers in the desk, as a publisher meets them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from subscribers.people import subscriptions
from tests.tips.people import make_person

pytestmark = pytest.mark.browser


def test_a_publisher_searches_looks_up_and_blocks_and_no_address_shows_in_the_address_bar(page, live_server):
    make_person("pub", "Publisher")
    subscriptions.confirm(subscriptions.request("anna@example.org", first_name="Anna"))
    page.set_viewport_size({"width": 360, "height": 800})
    visited = []
    page.on("framenavigated", lambda frame: visited.append(frame.url))
    page.goto("/admin/login/")
    page.get_by_label("Name or e-mail address").fill("pub")
    page.get_by_label("Password").fill("pub-knows-this")
    page.get_by_role("button", name="Sign in").click()
    page.locator(".bar").get_by_role("link", name="Subscribers").click()
    page.get_by_role("searchbox", name="Search").fill("anna@")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("1 subscriber found")).to_be_visible()
    page.get_by_role("link", name="anna@example.org").click()
    expect(page.get_by_role("heading", name="Consent record")).to_be_visible()
    expect(page.get_by_role("link", name="Erase …")).to_be_visible()

    page.goto("/admin/subscribers/suppression/look-up/")
    page.get_by_label("E-mail address").fill("anna@example.org")
    page.get_by_role("button", name="Look up").click()
    page.get_by_label("Reason").fill("Writes threats")
    page.get_by_role("button", name="Block").click()
    expect(page.get_by_role("button", name="Lift “Blocked”")).to_be_visible()
    assert not any("anna" in address for address in visited)

    found = {}
    for address in (
        "subscribers/suppression/look-up/",
        "subscribers/subscriber/",
        "subscribers/subscriber/growth/",
    ):
        page.goto(f"/admin/{address}", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        # What the page itself has to complain about was heard by now; axe breaks the policy by its own doing.
        heard = list(page.complaints)
        found |= {f"{address} {each['id']}": each["nodes"] for each in Axe().run(page).response["violations"]}
        page.complaints[:] = heard
    page.goto("about:blank")
    page.complaints[:] = [each for each in page.complaints if "about:blank" not in each]
    assert found == {}
