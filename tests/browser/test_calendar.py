from itertools import islice

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.axe import faults
from tests.browser.conftest import visit
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import TipState
from tips.schedule import queue, slots

pytestmark = pytest.mark.browser

CALENDAR = "/admin/tips/tip/calendar/"


@pytest.fixture
def coming(live_server):
    """The next slots."""
    return list(islice(slots.Timetable.load().after(timezone.now()), 6))


def row(page, slot):
    return page.locator(f"#week-{slot.day}")


def said(page):
    return page.get_by_role("status")


def test_a_tip_is_dragged_two_weeks_on(desk, coming):
    tip = make_tip("Call back", publish_at=coming[0].at)
    desk.goto(CALENDAR)
    row(desk, coming[0]).locator("[data-tip]").drag_to(row(desk, coming[2]))
    expect(said(desk)).to_contain_text("“Call back” is pinned to")
    expect(row(desk, coming[2])).to_contain_text("Call back")
    expect(row(desk, coming[0])).to_contain_text("Free")
    tip.refresh_from_db()
    assert tip.publish_at == coming[2].at
    # From the queue beside the weeks it can be dragged as well.
    desk.locator("aside [data-tip]").drag_to(row(desk, coming[1]))
    expect(row(desk, coming[1])).to_contain_text("Call back")


def test_the_queue_is_put_in_order_by_dragging(desk, coming):
    for title, slot in zip(["Call back", "Listen", "Wait"], coming, strict=False):
        make_tip(title, publish_at=slot.at)
    desk.goto(CALENDAR)
    line = desk.locator("aside ol li")
    line.nth(2).drag_to(line.nth(0))
    expect(said(desk)).to_contain_text("“Wait” goes live")
    assert [each.title for each in queue.waiting()] == ["Wait", "Call back", "Listen"]


def test_a_tip_goes_two_weeks_on_by_keyboard_and_keeps_the_focus(desk, coming):
    tip = make_tip("Call back", publish_at=coming[0].at)
    make_tip("Listen", publish_at=coming[1].at)
    make_tip("Wait", publish_at=coming[2].at)
    desk.goto(CALENDAR)
    for _ in range(2):
        desk.get_by_role("button", name="Later: Call back").focus()
        desk.keyboard.press("Enter")
        expect(said(desk)).to_contain_text("“Call back” goes live")
        expect(desk.locator(f"#tip-{tip.pk}")).to_be_focused()
        desk.goto(CALENDAR)
    expect(row(desk, coming[2])).to_contain_text("Call back")
    assert [each.title for each in queue.waiting()] == ["Listen", "Wait", "Call back"]


def test_a_stale_page_is_refused_in_words_and_shows_how_it_is(desk, coming):
    make_tip("Call back", publish_at=coming[0].at)
    make_tip("Listen", publish_at=coming[1].at)
    other = make_tip("Wait", publish_at=coming[2].at)
    desk.goto(CALENDAR)
    queue.to_front(other, by=make_person("olga", "Editor", first_name="Olga"), seen=None)
    row(desk, coming[0]).locator("[data-tip]").drag_to(row(desk, coming[2]))
    expect(said(desk)).to_contain_text("Olga moved “Wait” to the front")
    expect(row(desk, coming[0])).to_contain_text("Wait")
    # The line that says why is what the editor must see first.
    expect(said(desk)).to_be_in_viewport()
    assert [each.title for each in queue.waiting()] == ["Wait", "Call back", "Listen"]


def test_no_fault_of_accessibility_is_found(desk, coming):
    make_tip("Call back", publish_at=coming[0].at)
    make_tip("Not yet", publish_at=coming[1].at, state=TipState.DRAFT, pinned=True)
    make_tip("To read", publish_at=None, state=TipState.IN_REVIEW)
    found = {}
    for address in (CALENDAR, f"{CALENDAR}{coming[1].day}/", f"{CALENDAR}rule/", "/admin/"):
        visit(desk, address)
        found |= faults(desk, address)
    assert found == {}
