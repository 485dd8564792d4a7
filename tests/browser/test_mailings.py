"""A mailing's page while it goes out, by keyboard alone; and that all pages of that room are accessible."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from subscribers.models import Delivery, Mailing
from tests.browser.actions import log_in
from tests.subscribers.making import HELD, make_begun
from tests.tips.people import make_person

pytestmark = pytest.mark.browser

LIST = "/admin/subscribers/mailing/"


@pytest.fixture
def publisher(live_server):
    return make_person("pat", "Publisher", first_name="Pat")


def test_a_mailing_counts_along_and_is_paused_by_keyboard(page, publisher):
    mailing = make_begun(
        rows=[Delivery.State.SENT, Delivery.State.QUEUED, Delivery.State.QUEUED, Delivery.State.QUEUED]
    )
    log_in(page, "pat")
    page.clock.install()
    page.goto(f"{LIST}{mailing.pk}/change/")
    bar = page.get_by_role("progressbar", name="Progress")
    expect(bar).to_have_js_property("value", 25)
    mailing.deliveries.filter(state=Delivery.State.QUEUED).update(state=Delivery.State.SENT)
    page.clock.run_for(5000)
    expect(bar).to_have_js_property("value", 100)
    expect(page.locator('[data-count="sent"]')).to_have_text("4")
    page.get_by_role("link", name="The tip", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("A typo")
    page.keyboard.press("Enter")
    expect(page.locator("#standing")).to_contain_text("Paused by Pat. A typo")
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.locator("#standing")).to_contain_text("on its way since")
    # What somebody else does is seen too.
    Mailing.objects.update(state=Mailing.State.CANCELLED, reason="Cancelled by ed.")
    page.clock.run_for(5000)
    expect(page.locator("#standing")).to_contain_text("Cancelled by ed.")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)


def test_its_pages_are_fit_for_everybody(page, publisher):
    mailing = make_begun(
        rows=[
            Delivery.State.SENT,
            Delivery.State.QUEUED,
            HELD,
            {"state": Delivery.State.REFUSED, "reply": "550 5.1.1"},
        ]
    )
    row = mailing.deliveries.held().get()
    log_in(page, "pat")
    pages = [
        "",
        f"{mailing.pk}/change/",
        f"{mailing.pk}/ledger/",
        f"{mailing.pk}/ledger/{row.pk}/",
        "numbers/",
    ]
    asking = [f"{mailing.pk}/do/cancel/", f"{mailing.pk}/do/test/", f"test/{mailing.tip_id}/"]
    addresses = [f"{LIST}{each}" for each in [*pages, *asking]]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for address in [*addresses[1:4], "/admin/safe/", *(addresses[4:] if scheme == "light" else [])]:
            page.goto(address)
            # What the page complains of was heard by now; axe itself breaks the policy.
            heard = list(page.complaints)
            faults = Axe().run(page).response["violations"]
            page.complaints[:] = heard
            assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == [], (address, scheme)
    page.set_viewport_size({"width": 320, "height": 640})
    for address in addresses[1:]:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
