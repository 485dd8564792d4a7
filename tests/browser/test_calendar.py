from datetime import timedelta
from itertools import islice

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.axe import faults
from tests.browser.conftest import visit
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Idea, SlotRule, Tip, TipState
from tips.schedule import queue, slots

pytestmark = pytest.mark.browser

CALENDAR = "/admin/tips/tip/calendar/"


@pytest.fixture
def coming(live_server):
    """The next slots, three days away and more: what is nearer than a day asks first."""
    SlotRule.objects.update(weekday=(timezone.localdate() + timedelta(days=3)).weekday())
    return list(islice(slots.Timetable.load().after(timezone.now()), 6))


def row(page, slot):
    return page.locator(f"#week-{slot.day}")


def said(page):
    return page.get_by_role("status")


@pytest.mark.once
def test_weeks_are_planned_by_dragging_and_a_drag_is_taken_back(desk, coming):
    for title, slot in zip(["Call back", "Listen", "Wait"], coming, strict=False):
        make_tip(title, publish_at=slot.at)
    text = (
        "<p>The umbrella was found at the counter of lost property before the guest had missed it. A porter"
        " wrapped the handle, wrote the number of the room on brown paper, and carried it upstairs.</p>"
    )
    make_tip("The umbrella at lost property", body=text)
    make_tip("An umbrella again", body=text, publish_at=None, state=TipState.DRAFT)
    desk.goto(CALENDAR)
    row(desk, coming[2]).locator("[data-tip]").drag_to(row(desk, coming[0]))
    expect(said(desk)).to_contain_text("“Wait” goes live")
    assert [each.title for each in queue.waiting()] == ["Wait", "Call back", "Listen"]
    desk.get_by_role("button", name="Undo").click()
    expect(said(desk)).to_contain_text("Taken back")
    assert [each.title for each in queue.waiting()] == ["Call back", "Listen", "Wait"]
    # From the drawer, with a word about the one like it.
    card = desk.locator("aside [data-tip]")
    expect(card).to_contain_text("Like “The umbrella at lost property”")
    card.drag_to(row(desk, coming[4]))
    expect(row(desk, coming[4])).to_contain_text("An umbrella again")
    # A page at rest, whose weeks nothing replaces under the next drag.
    visit(desk, CALENDAR)
    # Somebody else was quicker: the line that says why is what the editor must see first.
    quicker = Tip.objects.get(title="Wait")
    queue.to_front(quicker, by=make_person("olga", "Editor", first_name="Olga"), seen=None)
    row(desk, coming[0]).locator("[data-tip]").drag_to(row(desk, coming[2]))
    expect(said(desk)).to_contain_text("Olga moved “Wait” to the front")
    expect(said(desk)).to_be_in_viewport()
    assert [each.title for each in queue.waiting()][:3] == ["Wait", "Call back", "Listen"]


@pytest.mark.once
def test_a_tip_goes_two_weeks_on_by_keyboard_and_the_arrow_keeps_the_focus(desk, coming):
    tip = make_tip("Call back", publish_at=coming[0].at)
    for title, slot in (("Listen", coming[1]), ("Wait", coming[2])):
        make_tip(title, publish_at=slot.at)
    desk.goto(CALENDAR)
    desk.get_by_role("button", name="Later: Call back").focus()
    for number in (1, 2):
        desk.keyboard.press("Enter")
        expect(row(desk, coming[number])).to_contain_text("Call back")
        expect(desk.locator(f"#later-{tip.pk}")).to_be_focused()
    assert [each.title for each in queue.waiting()] == ["Listen", "Wait", "Call back"]
    # The first has no arrow to go earlier by: its title has the focus.
    for number in (1, 0):
        desk.locator(f"#earlier-{tip.pk}").press("Enter")
        expect(row(desk, coming[number])).to_contain_text("Call back")
    expect(desk.locator(f"#tip-{tip.pk}")).to_be_focused()


@pytest.mark.once
def test_no_fault_of_accessibility_is_found(desk, coming):
    tip = make_tip("Call back", publish_at=coming[0].at)
    make_tip("Not yet", publish_at=coming[1].at, state=TipState.DRAFT)
    make_tip("To read", publish_at=None, state=TipState.IN_REVIEW)
    Idea.objects.create(line="The baker who labels bread")
    found = {}
    pages = ("", f"{coming[1].day}/", "rule/", "months/", f"tip/{tip.pk}/")
    for address in (f"{CALENDAR}{page}" for page in pages):
        visit(desk, address)
        found |= faults(desk, address)
    assert found == {}
