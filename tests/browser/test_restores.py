"""A restored site is opened by keyboard alone, and its page is accessible on phones too."""

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from subscribers.models import DatabaseIdentity, Mailing
from subscribers.people import subscriptions
from subscribers.recovery import guard
from tests.browser.actions import log_in
from tests.subscribers.making import make_begun, make_mailing
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person

pytestmark = pytest.mark.browser
REAL = "/admin/safe/real/"


@pytest.fixture
def restored(live_server, settings, tmp_path):
    """A restored site with all that its page can show: tips, a half-sent mailing, a letter that waits."""
    settings.STATE_DIR = tmp_path
    make_person("pia", "Publisher")
    make_tip("Greet whoever comes in before they reach the counter", publish_at=ago(hours=2), for_mail=True)
    make_mailing(make_tip("Call back within the hour", publish_at=ago(hours=1), for_mail=True))
    make_begun(rows=["sent", "sent", "queued", "queued", "queued"])
    subscriptions.request("anna@example.org")
    with time_machine.travel(ago(hours=30)):
        guard.checkpoint()
    DatabaseIdentity.objects.update(restored_at=timezone.now())


def test_a_publisher_opens_a_restored_site_by_keyboard(page, restored):
    log_in(page, "pia")
    page.goto(REAL)
    page.get_by_label("A list of who left since").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_label("I have none")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Drop them")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="This is the real one")).to_be_focused()
    # Nothing is done before it was said who left.
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was done yet.")
    # The browser calls the answer's status, 422, a failure.
    page.complaints.clear()
    assert guard.why_closed()
    page.get_by_label("I have none").press("Space")
    page.get_by_role("button", name="This is the real one").press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("This database now counts as the real one.")
    mailing = Mailing.objects.get(state=Mailing.State.PAUSED)
    page.goto(f"/admin/subscribers/mailing/{mailing.pk}/change/")
    expect(page.locator("#standing")).to_contain_text("2 have it, and 3 may have it already.")
    page.get_by_role("link", name="Send to those never tried").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("3 may have it already.")


@pytest.mark.parametrize("width", [390, 1280])
def test_its_page_is_fit_for_everybody(page, restored, width):
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page, "pia")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(REAL)
        heard = list(page.complaints)
        faults = Axe().run(page).response["violations"]
        page.complaints[:] = heard
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
