"""The page on which a tip is written: by keyboard alone, by touch, and what its scripts add."""

import pytest
from playwright.sync_api import expect

from tests.browser.actions import picture, the_editor
from tests.browser.axe import faults
from tests.browser.conftest import visit
from tests.tips.making import make_tip
from tips.models import Tip, TipState

# What a browser does with the page is the same whatever the database.
pytestmark = [pytest.mark.browser, pytest.mark.once]

TEXT = "<p>" + "Let the caller finish before you answer. " * 14 + "</p>"


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def tip(db):
    make_tip("The Caller Who Waited", body=TEXT.replace("caller", "stranger"))
    return make_tip(
        "Let Them Finish",
        body=TEXT,
        takeaway="Silence is an answer, too.",
        state=TipState.IN_REVIEW,
        publish_at=None,
        categories=["Phone"],
    )


def test_a_tip_is_written_linked_and_saved_by_keys(desk, tip):
    visit(desk, f"/admin/tips/tip/{tip.pk}/change/")
    assert desk.evaluate("document.documentElement.scrollHeight") <= 1200
    desk.get_by_label("Title").focus()
    desk.keyboard.press("Enter")
    expect(the_editor(desk)).to_be_focused()
    desk.keyboard.press("Control+End")
    desk.keyboard.type(" As in ")
    expect(desk.locator("[data-keeping]")).to_contain_text("Not saved yet.")
    desk.keyboard.press("Control+k")
    desk.keyboard.type("who wait")
    desk.get_by_role("option", name="The Caller Who Waited").wait_for()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Enter")
    expect(the_editor(desk).get_by_role("link", name="The Caller Who Waited")).to_be_visible()
    desk.keyboard.press("Control+s")
    expect(desk.locator(".messagelist")).to_contain_text("Saved.")
    other = Tip.objects.get(title="The Caller Who Waited")
    assert f'<a href="{other.get_absolute_url()}">{other}</a>' in Tip.objects.get(pk=tip.pk).body
    # One goes on writing where one was.
    expect(the_editor(desk)).to_be_focused()


def test_pre_flight_follows_what_is_typed_and_leads_to_the_place(desk, tip):
    visit(desk, f"/admin/tips/tip/{tip.pk}/change/")
    checks = desk.locator("[data-checks]")
    expect(checks).to_contain_text("in order")
    desk.get_by_label("Takeaway").fill("")
    desk.get_by_text("Phone", exact=True).click()
    expect(checks).to_contain_text("There is no takeaway.")
    expect(checks).to_contain_text("There is no category.")
    checks.get_by_role("link", name="Go there to mend: There is no takeaway.").click()
    expect(desk.get_by_label("Takeaway")).to_be_focused()
    expect(desk.locator("[data-keeping]")).to_contain_text("What you typed is kept.")
    assert Tip.objects.get(pk=tip.pk).takeaway == "Silence is an answer, too."


def test_a_picture_is_used_again_with_its_caption(desk):
    desk.goto("/admin/tips/tip/add/")
    the_editor(desk).click()
    dialog = desk.get_by_role("dialog", name="Insert a picture")
    desk.get_by_role("toolbar", name="Formatting").get_by_role("button", name="picture").click()
    dialog.get_by_label("Picture").set_input_files(picture())
    dialog.get_by_label("Alternative text").fill("A bell")
    dialog.get_by_label("Caption").fill("Brass")
    dialog.get_by_role("button", name="Insert", exact=True).click()
    expect(the_editor(desk).locator("figcaption")).to_have_text("Brass")
    desk.get_by_label("Title").fill("Ring once")
    desk.keyboard.press("Control+s")
    expect(desk.locator(".messagelist")).to_contain_text("Saved.")
    desk.goto("/admin/tips/tip/add/")
    the_editor(desk).click()
    desk.get_by_role("toolbar", name="Formatting").get_by_role("button", name="picture").click()
    dialog.get_by_label("Or use one again").fill("brass")
    dialog.get_by_role("img", name="A bell").click()
    expect(dialog.get_by_label("Alternative text")).to_have_value("A bell")
    assert faults(desk, "pictures to use again") == {}
    dialog.get_by_role("button", name="Insert", exact=True).click()
    expect(the_editor(desk).locator("figcaption")).to_have_text("Brass")
