import pytest
from playwright.sync_api import expect

from tests.browser.actions import press_save, the_editor
from tests.browser.axe import faults
from tests.browser.conftest import visit
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Tip, TipState, TipVersion
from tips.publishing import history, preview

pytestmark = pytest.mark.browser


@pytest.fixture
def tip(live_server):
    tip = make_tip(
        "As it was", body="<p>Listen before you answer.</p>", state=TipState.DRAFT, publish_at=None
    )
    TipVersion.objects.record(tip)
    return tip


def test_an_editor_previews_what_is_typed_saves_it_and_goes_back(desk, tip):
    desk.goto(f"/admin/tips/tip/{tip.pk}/change/")
    desk.get_by_role("textbox", name="Title").fill("As it is typed")
    the_editor(desk).click()
    desk.keyboard.press("Control+End")
    desk.keyboard.type(" Then smile.")
    with desk.expect_popup() as opened:
        desk.get_by_role("button", name="Preview of what is typed").click()
    preview = opened.value
    expect(preview.get_by_role("heading", level=1)).to_have_text("As it is typed")
    expect(preview.get_by_text("Listen before you answer. Then smile.")).to_be_visible()
    preview.close()
    assert Tip.objects.get(pk=tip.pk).title == "As it was"
    press_save(desk)
    expect(desk.locator(".messagelist")).to_contain_text("Saved.")
    desk.get_by_role("link", name="History").click()
    desk.get_by_role("link", name="Difference made on").first.click()
    expect(desk.locator("ins").filter(has_text="Then smile.").first).to_be_visible()
    desk.get_by_role("link", name="Revert to the version of").click()
    desk.get_by_role("button", name="Revert to this version").click()
    expect(desk.locator(".messagelist")).to_contain_text("Brought back the text of")
    now = Tip.objects.get(pk=tip.pk)
    assert (now.title, now.body) == ("As it was", "<p>Listen before you answer.</p>")


def test_an_outsider_reads_by_a_link_until_it_is_revoked(desk, tip, browser, live_server):
    desk.goto(f"/admin/tips/tip/{tip.pk}/links/")
    desk.get_by_role("button", name="Make a link").click()
    address = desk.get_by_role("textbox", name="Works until").input_value()
    outside = browser.new_context().new_page()
    assert outside.goto(address).status == 200
    expect(outside.get_by_role("heading", level=1)).to_have_text("As it was")
    desk.get_by_role("button", name="Revoke the link").click()
    expect(desk.locator(".messagelist")).to_contain_text("The link is revoked")
    assert outside.goto(address).status == 404
    outside.context.close()


def test_of_two_at_one_tip_the_second_is_warned_and_loses_nothing(desk, tip):
    desk.goto(f"/admin/tips/tip/{tip.pk}/change/")
    other = make_person("eve", "Editor")
    mine = Tip.objects.get(pk=tip.pk)
    mine.hold_version()
    mine.title = "As Eve has it"
    mine.save()
    TipVersion.objects.record(mine, by=other)
    desk.get_by_role("textbox", name="Title").fill("As Ed has it")
    press_save(desk)
    expect(desk.locator(".errorlist.nonfield")).to_contain_text("eve changed the same meanwhile")
    expect(desk.get_by_role("textbox", name="Title")).to_have_value("As Ed has it")
    assert Tip.objects.get(pk=tip.pk).title == "As Eve has it"
    desk.get_by_label("Take mine").check()
    press_save(desk)
    expect(desk.locator(".messagelist")).to_contain_text("Saved.")
    assert Tip.objects.get(pk=tip.pk).title == "As Ed has it"


def test_axe_finds_nothing_in_history_links_and_the_sheet(desk, tip):
    tip.state, tip.body = TipState.IN_REVIEW, "<h3>Why</h3><p>Listen well.</p>"
    tip.save()
    preview.make_link(tip, by=make_person("eve", "Editor"))
    first = history.saved(tip).last()
    found = {}
    for address in (
        "history/",
        f"history/compare/?old={first.pk}&new={tip.versions.newest_id()}",
        f"history/{first.pk}/revert/",
        "links/",
        "do/approve/",
    ):
        visit(desk, f"/admin/tips/tip/{tip.pk}/{address}")
        found |= faults(desk, address)
    assert found == {}
