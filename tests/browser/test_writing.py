"""Writing as a new editor would: a list, a picture, words counted, a tab closed by mistake."""

import pytest
from playwright.sync_api import expect

from tests.browser.actions import insert_picture, picture, press_save, save, the_editor
from tests.browser.axe import faults
from tests.browser.conftest import fresh_visitor, sign_in
from tests.tips.making import make_tip
from tips.models import Autosave, Image, Tip, TipState
from tips.publishing import autosaving
from tips.search import index

# What a browser does with the editor is the same whatever the database.
pytestmark = pytest.mark.browser

ADD = "/admin/tips/tip/add/"
STORY = (
    "The umbrella stand by the door holds nine umbrellas for guests caught in rain. A guest borrows one,"
    " walks to the station dry, and brings it back on a sunny morning."
)


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def test_a_tip_with_a_list_and_a_picture_is_written_in_the_editor(desk):
    desk.goto(ADD)
    desk.get_by_label("Title").fill("Ring the bell")
    text = the_editor(desk)
    text.click()
    bar = desk.get_by_role("toolbar", name="Formatting")
    bar.get_by_role("button", name="unordered list").click()
    desk.keyboard.type("One thing first")
    desk.keyboard.press("Enter")
    desk.keyboard.type("Another")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Enter")
    expect(desk.locator("[data-word-count]")).to_have_text("4")
    dialog = insert_picture(desk, picture(), "A bell")
    expect(dialog).to_be_hidden()
    shown = text.get_by_role("img", name="A bell")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 400)
    press_save(desk)
    expect(desk.locator(".messagelist")).to_contain_text("Saved.")
    tip, image = Tip.objects.get(), Image.objects.get()
    assert "<ul><li><p>One thing first</p></li><li><p>Another</p></li></ul>" in tip.body
    assert f'<img src="{image.url}" alt="A bell" width="400" height="200">' in tip.body
    before = tip.body
    the_editor(desk).get_by_role("img", name="A bell").click()
    bar.get_by_role("button", name="picture").click()
    change = desk.get_by_role("dialog", name="Change the picture")
    change.get_by_label("Alternative text").fill("A brass bell")
    change.get_by_role("button", name="Change").click()
    save(desk)
    assert Tip.objects.get().body == before.replace("A bell", "A brass bell")


def test_text_pasted_from_a_word_processor_comes_in_plain_and_without_complaints(desk):
    desk.goto(ADD)
    text = the_editor(desk)
    text.click()
    pasted = (
        '<style>p{color:red}</style><p style="mso-margin: 1px" class="MsoNormal">A'
        " <b style=color:red>bold</b> word</p>"
        '<ul style="x"><li onclick="alert(1)" style=\'y\'>An item</li></ul>'
    )
    text.evaluate(
        """(element, html) => {
            const data = new DataTransfer();
            data.setData("text/html", html);
            element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
        }""",
        pasted,
    )
    expect(text.get_by_text("An item")).to_be_visible()
    desk.get_by_label("Title").fill("Pasted")
    press_save(desk)
    expect(desk.locator(".messagelist")).to_contain_text("Saved.")
    assert Tip.objects.get().body == ("<p>A <strong>bold</strong> word</p><ul><li><p>An item</p></li></ul>")


def test_a_refused_picture_says_why_and_the_dialog_stays(desk):
    desk.goto(ADD)
    the_editor(desk).click()
    broken = {"name": "a.png", "mimeType": "image/png", "buffer": b"<svg xmlns='x'/>"}
    dialog = insert_picture(desk, broken, "A bell")
    expect(dialog.get_by_role("alert")).to_contain_text("not a photograph")
    # The browser tells of the answer's status in its console, as it does of each.
    desk.complaints[:] = [each for each in desk.complaints if "400" not in each]
    dialog.get_by_label("Picture").set_input_files(picture())
    dialog.get_by_role("button", name="Insert").click()
    expect(the_editor(desk).get_by_role("img", name="A bell")).to_be_visible()


def type_into(desk, tip):
    desk.goto(f"/admin/tips/tip/{tip.pk}/change/")
    the_editor(desk).get_by_text("Saved words.").click()
    desk.keyboard.press("End")
    desk.keyboard.type(" And three more.")
    desk.get_by_label("Takeaway").fill("Unsaved moral.")


def test_unsaved_work_survives_a_dead_browser_and_a_dead_network(desk, editor, browser, live_server):
    tip = make_tip("As saved", body="<p>Saved words.</p>", state=TipState.DRAFT, publish_at=None)
    type_into(desk, tip)
    # Nobody leaves the page: a browser that is killed says nothing any more.
    expect(desk.locator("[data-keeping]")).to_contain_text("What you typed is kept.")
    assert Tip.objects.get().body == "<p>Saved words.</p>"
    with fresh_visitor(browser, live_server.url) as phone:
        sign_in(phone, editor, live_server)
        phone.goto(f"/admin/tips/tip/{tip.pk}/change/")
        offer = phone.locator(".kept-draft")
        expect(offer).to_contain_text("was not saved. It is kept for you alone.")
        expect(phone.get_by_label("Takeaway")).to_have_value("")
        offer.get_by_role("link", name="Bring it back").click()
        expect(phone.get_by_label("Takeaway")).to_have_value("Unsaved moral.")
        expect(the_editor(phone)).to_contain_text("Saved words. And three more.")
        save(phone)
        assert Tip.objects.get().body == "<p>Saved words. And three more.</p>"
        assert not autosaving.of(editor).exists()
        # The network goes: the browser keeps the text alone, and offers it when the form is opened again.
        phone.goto(f"/admin/tips/tip/{tip.pk}/change/")
        phone.route("**/autosave/", lambda route: route.abort())
        phone.get_by_label("Takeaway").fill("Typed in a tunnel.")
        expect(phone.locator("[data-keeping]")).to_contain_text("kept in this browser alone")
        phone.unroute("**/autosave/")
        phone.complaints.clear()
        Autosave.objects.all().delete()
        phone.evaluate("document.querySelector('#unsaved').dataset.url = '/admin/no-such-page/'")
        phone.goto("/admin/")
        phone.goto(f"/admin/tips/tip/{tip.pk}/change/")
        offer = phone.locator(".kept-draft")
        expect(offer).to_contain_text("It is kept in this browser.")
        offer.get_by_role("button", name="Bring it back").click()
        expect(phone.get_by_label("Takeaway")).to_have_value("Typed in a tunnel.")
        save(phone)
        assert Tip.objects.get().takeaway == "Typed in a tunnel."
        assert phone.evaluate("Object.keys(localStorage).filter(key => key.startsWith('tip-draft:'))") == []
        phone.complaints.clear()


def test_kept_work_is_thrown_away_on_request(desk):
    desk.goto(ADD)
    desk.get_by_label("Title").fill("Never finished")
    desk.goto("/admin/")
    desk.goto(ADD)
    desk.get_by_role("button", name="Throw it away").click()
    expect(desk.locator(".kept-draft")).to_have_count(0)
    desk.reload()
    expect(the_editor(desk)).to_be_visible()
    expect(desk.locator(".kept-draft")).to_have_count(0)
    expect(desk.get_by_label("Title")).to_have_value("")


def test_while_one_writes_one_is_told_of_an_earlier_tip(desk):
    make_tip("Rain at the door", body=f"<p>{STORY}</p>")
    index.count_words()
    desk.goto(ADD)
    desk.get_by_label("Title").fill("Umbrellas")
    the_editor(desk).click()
    desk.keyboard.insert_text(STORY)
    found = desk.locator(".checks").get_by_role("link", name="Rain at the door")
    expect(found).to_be_visible()
    with desk.context.expect_page() as opened:
        desk.get_by_role("button", name="Have we run this before?").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Have we run this before?")
    expect(opened.value.get_by_role("link", name="Rain at the door")).to_be_visible()


def test_axe_finds_nothing_in_what_helps_to_write(desk):
    make_tip("Rain at the door", body=f"<p>{STORY}</p>")
    index.count_words()
    found = {}

    desk.goto(ADD)
    desk.get_by_label("Title").fill("Umbrellas")
    the_editor(desk).click()
    desk.keyboard.insert_text(STORY)
    expect(desk.locator(".checks").get_by_role("link", name="Rain at the door")).to_be_visible()
    found |= faults(desk, "earlier tip")
    desk.get_by_role("toolbar", name="Formatting").get_by_role("button", name="picture").click()
    found |= faults(desk, "dialog")
    desk.goto(ADD)
    expect(desk.locator(".kept-draft")).to_be_visible()
    found |= faults(desk, "kept draft")
    desk.goto("/admin/tips/tip/pictures/")
    desk.get_by_label("Picture").set_input_files(picture())
    desk.get_by_label("Alternative text").fill("A bell")
    desk.get_by_role("button", name="Upload").click()
    expect(desk.get_by_role("heading", name="It is here")).to_be_visible()
    found |= faults(desk, "pictures")
    assert found == {}
