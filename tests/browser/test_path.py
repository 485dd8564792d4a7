"""From sign-in to an approved tip, by what is seen: in counted presses and stops of Tab, and by a thumb."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from tests.browser.actions import log_in, the_editor
from tests.browser.axe import faults
from tests.browser.conftest import visit
from tests.tips.making import make_tip
from tips import dates
from tips.models import Tip, TipState
from tips.schedule.slots import Timetable

# What a browser does with the pages is the same whatever the database.
pytestmark = [pytest.mark.browser, pytest.mark.once]

TEXT = "Let the caller finish before you answer. " * 14
MOST_PRESSES, MOST_STOPS = 12, 6


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def phone_tips(live_server):
    """A public tip, whose category others may have."""
    return make_tip("The Caller Who Waited", categories=["Phone"])


def stops_to(page, element):
    """Press Tab until an element has the focus, and return how often."""
    for number in range(1, 20):
        page.keyboard.press("Tab")
        if element.evaluate("element => element === document.activeElement"):
            return number
    raise AssertionError(f"The focus never came to {element}.")


def test_a_tip_is_written_for_a_week_and_lined_up_in_twelve_presses(page, editor, phone_tips):
    presses = 0

    def press(element):
        nonlocal presses
        presses += 1
        element.click()

    log_in(page, editor.username)
    presses += 1
    press(page.get_by_role("link", name=re.compile("^Write a tip for ")).first)
    expect(page.get_by_label("Title")).to_be_focused()
    expect(the_editor(page)).to_be_visible()
    day = date.fromisoformat(page.url.partition("week=")[2])
    at = Timetable.load().slot(day).at
    expect(page.locator("[data-goes-live]")).to_have_text(dates.short(at))
    page.keyboard.type("Let Them Finish")
    page.keyboard.press("Tab")
    expect(the_editor(page)).to_be_focused()
    page.keyboard.insert_text(TEXT)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Takeaway")).to_be_focused()
    page.keyboard.type("Silence is an answer, too.")
    press(page.get_by_text("Phone", exact=True))
    press(page.get_by_role("button", name="Submit for review"))
    approve = page.get_by_role("button", name=f"Approve for {dates.short(at)}")
    expect(approve).to_be_visible()
    # The focus is where the next deed is; from the title it is not far either.
    expect(page.locator(".act-now .what")).to_be_focused()
    assert stops_to(page, approve) == 1
    page.get_by_label("Title").focus()
    assert stops_to(page, approve) <= MOST_STOPS
    presses += 1
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text(f"Approved for {dates.short(at)}")
    assert presses <= MOST_PRESSES
    tip = Tip.objects.get(title="Let Them Finish")
    assert (tip.state, tip.publish_at) == (TipState.APPROVED, at)
    # Nothing is changed, so nothing asks to be saved.
    back = page.get_by_role("button", name="Save, back to review")
    expect(back).to_have_class(re.compile("calm"))
    page.get_by_label("Takeaway").fill("Wait.")
    expect(back).not_to_have_class(re.compile("calm"))


def test_the_whole_path_goes_by_a_thumb(desk, phone_tips):
    make_tip("To plan", state=TipState.DRAFT, publish_at=None)
    desk.set_viewport_size({"width": 390, "height": 780})
    visit(desk, "/admin/tips/tip/calendar/")
    to_plan = desk.get_by_text("To plan: 1", exact=False)
    expect(to_plan).to_be_in_viewport()
    expect(desk.get_by_text("Plan: To plan")).to_be_hidden()
    to_plan.click()
    expect(desk.get_by_text("Plan: To plan")).to_be_visible()
    desk.get_by_role("link", name="Write a tip or plan one for").first.click()
    desk.get_by_role("link", name=re.compile("^Write a tip for ")).click()
    desk.get_by_label("Title").fill("Let Them Finish")
    the_editor(desk).click()
    desk.keyboard.insert_text(TEXT)
    desk.get_by_label("Takeaway").fill("Silence is an answer, too.")
    desk.get_by_text("Phone", exact=True).click()
    desk.get_by_role("button", name="Submit for review").click()
    expect(desk.get_by_role("button", name="Approve for")).to_be_visible()
    expect(desk.locator("[data-check-count]")).to_have_text("Ready")
    # Another week: the button says it, and what follows from it stands above it.
    week = desk.get_by_label("Week")
    chosen = week.locator("option").nth(3).inner_text()
    week.select_option(index=3)
    approve = desk.get_by_role("button", name=f"Approve for {chosen}")
    expect(approve).to_be_in_viewport()
    expect(desk.locator("#follows")).to_be_in_viewport()
    for name in ("Approve", "Save"):
        assert desk.get_by_role("button", name=name).bounding_box()["height"] >= 44
    assert desk.evaluate("document.documentElement.scrollWidth") == 390
    assert faults(desk, "a tip in review at 390") == {}
    approve.click()
    expect(desk.locator(".messagelist")).to_contain_text(f"Approved for {chosen}")
    desk.get_by_label("More to do with this tip").click()
    desk.get_by_role("button", name="Duplicate as a draft").click()
    expect(desk.get_by_label("Title")).to_have_value("Let Them Finish (copy)")
