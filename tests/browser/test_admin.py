import pytest
from playwright.sync_api import expect

from tests.browser.actions import save, the_editor
from tests.browser.axe import faults
from tests.browser.conftest import visit
from tests.tips.making import make_tip
from tips.models import Category, Tip, TipState
from tips.publishing import tagging
from tips.text import sanitiser

pytestmark = pytest.mark.browser

# Every shape that an import makes.
BODY = (
    "<p>First, listen. Wait 5&nbsp;min.</p><h2>How</h2><h3>In short</h3>"
    "<ul><li><p>One</p></li><li><p>Two</p></li></ul>"
    '<ol start="3"><li><p>Three</p></li><li><p>Four</p></li></ol>'
    "<blockquote><p>“Thank you – really…”</p></blockquote>"
    '<p><a href="http://x.example/?a=1&amp;b=2">there</a> <strong>b</strong> <em>i</em> a<br>b &lt;c&gt;</p>'
)


def edit(page, tip):
    page.goto(f"/admin/tips/tip/{tip.pk}/change/")
    return the_editor(page)


def test_every_page_of_the_desk_loads_under_the_policy(desk):
    """Nothing is asked here but that the browser has no complaint, which the page itself holds."""
    tip = make_tip(state=TipState.DRAFT, tags=["calm", "cool"])
    tag = tip.tags.first()
    for address in (
        "tips/",
        "tips/tip/",
        "tips/tip/add/",
        f"tips/tip/{tip.pk}/change/",
        f"tips/tip/{tip.pk}/history/",
        f"tips/tip/{tip.pk}/delete/",
        "tips/category/",
        "tips/category/add/",
        "tips/tag/",
        f"tips/tag/{tag.pk}/change/",
        f"tips/tag/{tag.pk}/delete/",
        "password_change/",
    ):
        visit(desk, f"/admin/{address}")
        assert desk.locator("h1").count() == 1, address
    desk.goto("/admin/tips/tag/")
    for box in desk.locator("input.action-select").all():
        box.check()
    desk.get_by_label("What to do with them").select_option("merge_selected")
    desk.locator("button[name=index]").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Merge tags")


def test_an_untouched_body_is_saved_byte_for_byte(desk):
    body = sanitiser.clean(BODY)
    assert body == BODY
    tip = make_tip("As it came", body=body, state=TipState.DRAFT)
    expect(edit(desk, tip)).to_be_visible()
    save(desk)
    assert Tip.objects.get(pk=tip.pk).body == body


def test_a_body_that_went_through_the_editor_comes_back_byte_for_byte(desk):
    tip = make_tip("As it came", body=BODY, state=TipState.DRAFT)
    text = edit(desk, tip)
    text.get_by_text("First, listen.").click()
    # A letter written and taken away again: what is sent is the editor's own writing of the whole.
    desk.keyboard.press("Home")
    desk.keyboard.type("x")
    desk.keyboard.press("Backspace")
    save(desk)
    assert Tip.objects.get(pk=tip.pk).body == BODY


def test_an_editor_writes_with_the_buttons_of_the_editor(desk):
    Category.objects.create(name="To tick", slug="to-tick")
    desk.goto("/admin/tips/tip/add/")
    desk.get_by_label("Title").press_sequentially("Answer on the first ring")
    text = the_editor(desk)
    bar = desk.get_by_role("toolbar", name="Formatting")
    text.click()
    desk.keyboard.type("Pick up ")
    bar.get_by_role("button", name="bold").click()
    desk.keyboard.type("now")
    expect(bar.get_by_role("button", name="bold")).to_have_attribute("aria-pressed", "true")
    desk.keyboard.press("Enter")
    bar.get_by_role("button", name="unordered list").click()
    desk.keyboard.type("Smile")
    desk.keyboard.press("Shift+Home")
    bar.get_by_role("button", name="link", exact=True).click()
    desk.get_by_label("Link to").fill("https://smile.example/")
    desk.get_by_role("button", name="Insert").click()
    # On a phone it stands in the bar, of a new tip too.
    expect(desk.locator("[data-check-count]:not([hidden])")).to_contain_text("to look at")
    desk.get_by_role("button", name="Submit for review").click()
    expect(desk.get_by_text("There is no category.")).to_be_visible()
    desk.get_by_role("button", name="Submit for review").click()
    expect(desk.locator(".messagelist")).to_contain_text("Submitted for review.")
    tip = Tip.objects.get()
    assert (tip.state, tip.slug) == (TipState.IN_REVIEW, "answer-on-the-first-ring")
    assert "<strong>now</strong>" in tip.body
    assert '<ul><li><p><a href="https://smile.example/">' in tip.body
    assert "Smile" in tip.body


def test_tags_are_suggested_and_taken_by_keyboard_alone(desk):
    for name in ("Recovery", "Service recovery"):
        tagging.make(name)
    tip = make_tip(tags=["calm"], state=TipState.DRAFT)
    edit(desk, tip)
    tags = desk.get_by_role("combobox", name="Tags")
    tags.focus()
    desk.keyboard.type("reco")
    suggested = desk.get_by_role("listbox")
    expect(suggested.get_by_role("option")).to_have_text(["Recovery", "Service recovery"])
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    expect(suggested.get_by_role("option", selected=True)).to_have_text("Service recovery")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="Remove Service recovery")).to_be_visible()
    expect(desk.get_by_role("listbox")).to_be_hidden()
    desk.keyboard.type("brand new, never kept,")
    desk.keyboard.press("Backspace")
    desk.get_by_role("button", name="Remove calm").click()
    save(desk)
    assert set(tip.tags.names()) == {"Service recovery", "brand new"}


def test_the_form_works_without_a_script(browser, live_server, editor):
    tip = make_tip("No script", body=BODY, tags=["calm"], state=TipState.DRAFT)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", "ed")
    page.fill("#id_password", "ed-knows-this")
    page.click("input[type=submit]")
    page.goto(f"/admin/tips/tip/{tip.pk}/change/")
    page.get_by_label("Tags", exact=True).fill("calm, cool")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("Saved.")
    context.close()
    assert set(tip.tags.names()) == {"calm", "cool"}
    assert Tip.objects.get(pk=tip.pk).body == BODY


def test_axe_finds_nothing_in_the_desk(desk):
    tip = make_tip("To come", state=TipState.IN_REVIEW, categories=["Sports"], tags=["calm", "cool"])
    make_tip("Teaser", body="", excerpt="Only this much.")
    found = {}
    for address in (
        "",
        "tips/tip/",
        f"tips/tip/{tip.pk}/change/",
        f"tips/tip/{tip.pk}/do/send-back/",
        "tips/tag/",
    ):
        visit(desk, f"/admin/{address}")
        found |= faults(desk, address)
    assert found == {}


def test_a_long_name_pushes_no_column_off_the_page(desk):
    make_tip(tags=["x" * 100, "Word " * 19], categories=["Mind " * 19])
    for width in (1280, 390):
        desk.set_viewport_size({"width": width, "height": 700})
        for kind in ("tag", "category"):
            desk.goto(f"/admin/tips/{kind}/")
            last = desk.locator(".field-number_of_tips").first.bounding_box()
            assert last["x"] + last["width"] <= width, (width, kind)
