"""A tip's mail as an editor sees it before anybody gets it."""

import pytest
from playwright.sync_api import expect

from tests.browser.actions import the_editor
from tests.tips.making import make_tip
from tips.models import TipState

pytestmark = pytest.mark.browser


def shades(page, frame):
    """Return whether the mail in a frame is light or dark, by its background."""
    color = page.frame(name=f"{frame}-frame").evaluate("getComputedStyle(document.body).backgroundColor")
    return "dark" if int(color.split("(")[1].split(",")[0]) < 128 else "light"


def test_the_mail_of_what_is_typed_is_shown_at_each_width_light_and_dark(desk, editor):
    tip = make_tip(
        "Not yet", state=TipState.DRAFT, publish_at=None, author=editor, takeaway="Calm is catching."
    )
    desk.goto(f"/admin/tips/tip/{tip.pk}/change/")
    desk.get_by_label("Title").fill("Typed just now")
    the_editor(desk).fill("Fresh words, never saved.")
    with desk.expect_popup() as opened:
        desk.get_by_role("button", name="Preview mail").click()
    page = opened.value
    expect(page.get_by_role("heading", level=1)).to_contain_text("Typed just now")
    expect(page.locator("pre")).to_contain_text("Fresh words, never saved.")
    for frame in ("desktop-light", "phone-light", "desktop-dark", "phone-dark"):
        mail = page.frame_locator(f'iframe[name="{frame}-frame"]')
        expect(mail.get_by_role("heading", level=1)).to_have_text("Typed just now")
        expect(mail.get_by_text("Fresh words, never saved.")).to_be_visible()
        assert shades(page, frame) == frame.rpartition("-")[2]
    page.close()
    # As it is saved, no script is needed.
    desk.goto(f"/admin/tips/tip/{tip.pk}/preview/mail/")
    mail = desk.frame_locator('iframe[name="phone-dark-frame"]')
    expect(mail.get_by_role("heading", level=1)).to_have_text("Not yet")
    tip.refresh_from_db()
    assert tip.title == "Not yet"
