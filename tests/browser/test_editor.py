"""The editor by mouse and by keys: pictures that typing leaves alone, captions, tables, quotation marks."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import insert_picture, picture, press_save, save, the_editor
from tests.browser.axe import faults
from tests.browser.clipboard import paste
from tests.tips.making import make_tip
from tips.models import Image, Tip, TipState

# What a browser does with the editor is the same whatever the database.
pytestmark = pytest.mark.browser

ADD = "/admin/tips/tip/add/"
DROP = """(element, [name, type, bytes, html]) => {
    const data = new DataTransfer();
    if (bytes) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    if (html) data.setData("text/html", html);
    const { left, top } = element.querySelector("p").getBoundingClientRect();
    const event = { bubbles: true, cancelable: true, clientX: left + 5, clientY: top + 5 };
    element.dispatchEvent(new DragEvent("drop", { dataTransfer: data, ...event }));
}"""


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def writing(desk):
    desk.goto(ADD)
    the_editor(desk).click()
    return desk


def tool(page, name):
    return page.get_by_role("toolbar", name="Formatting").get_by_role("button", name=name, exact=True)


def html_of(page):
    """Return the body without the empty paragraph at its end, which is not stored."""
    return the_editor(page).evaluate("element => element.editor.getHTML()").removesuffix("<p></p>")


def shape(page):
    """Return the body without what differs from picture to picture."""
    return re.sub(r'<img [^>]*alt="([^"]*)"[^>]*>', r"[\1]", html_of(page))


# --- Pictures ---------------------------------------------------------------------------------------------


def test_what_is_typed_after_inserting_a_picture_comes_behind_it(writing):
    writing.keyboard.type("Before")
    expect(insert_picture(writing, picture(), "A bell")).to_be_hidden()
    writing.keyboard.type("after")
    assert shape(writing) == "<p>Before</p>[A bell]<p>after</p>"


def test_no_key_takes_the_place_of_a_picture_that_was_clicked(writing):
    shown = the_editor(writing).get_by_role("img", name="A bell")
    for keys in (["x"], ["Space", "x"], ["Enter", "x"]):
        the_editor(writing).evaluate("element => element.editor.commands.clearContent()")
        insert_picture(writing, picture(), "A bell")
        shown.click()
        for key in keys:
            writing.keyboard.press(key)
        expect(shown).to_be_visible()
        assert re.fullmatch(r"\[A bell\]<p> ?x</p>(<p></p>)?", shape(writing))


def test_pasting_while_a_picture_is_selected_leaves_it(writing):
    insert_picture(writing, picture(), "A bell")
    the_editor(writing).get_by_role("img", name="A bell").click()
    writing.evaluate("document.activeElement.editor.commands.focus()")
    paste(writing, "<p>pasted</p>")
    assert "[A bell]" in shape(writing)
    assert "pasted" in shape(writing)


def test_a_picture_gets_a_caption_and_loses_it(writing):
    insert_picture(writing, picture(), "A bell")
    the_editor(writing).get_by_role("img", name="A bell").click()
    tool(writing, "caption").click()
    writing.keyboard.type("Brass")
    writing.keyboard.press("Enter")
    writing.keyboard.type("on")
    assert shape(writing) == "<figure>[A bell]<figcaption>Brass</figcaption></figure><p>on</p>"
    the_editor(writing).get_by_role("img", name="A bell").click()
    writing.keyboard.press("Delete")
    assert shape(writing) == "<p>Brass</p><p>on</p>"


def test_a_dropped_picture_is_asked_for_and_dropped_words_are_read(writing):
    writing.keyboard.type("One")
    file = picture()
    the_editor(writing).evaluate(DROP, [file["name"], file["mimeType"], list(file["buffer"]), ""])
    dialog = writing.get_by_role("dialog", name="Insert a picture")
    dialog.get_by_label("Alternative text").fill("A bell")
    dialog.get_by_role("button", name="Insert").click()
    expect(the_editor(writing).get_by_role("img", name="A bell")).to_be_visible()
    assert Image.objects.count() == 1
    the_editor(writing).evaluate(DROP, ["", "", None, '<p style="color:red"><b>bold</b></p>'])
    assert "<strong>bold</strong>" in html_of(writing)


# --- Typing -----------------------------------------------------------------------------------------------


def test_quotation_marks_become_typographic_as_one_types(writing):
    writing.keyboard.type('"Don\'t," she said ("why \'not\'?"): 5\'11" in the \'90s and 1990\'s "Room 5"')
    assert html_of(writing) == (
        "<p>“Don’t,” she said (“why ‘not’?”): 5'11\" in the ’90s and 1990’s “Room 5”</p>"
    )


def test_the_straight_mark_comes_back_by_undoing_and_stays_where_it_is_switched_off(writing):
    writing.keyboard.type("a 'b")
    writing.keyboard.press("Backspace")
    writing.keyboard.type("'")
    writing.keyboard.press("Control+z")
    assert html_of(writing) == "<p>a ‘'</p>"
    tool(writing, "more").click()
    tool(writing, "typographic quotation marks").click()
    expect(tool(writing, "typographic quotation marks")).to_have_attribute("aria-pressed", "false")
    writing.reload()
    the_editor(writing).click()
    writing.keyboard.type('"so"')
    assert html_of(writing) == '<p>"so"</p>'


def test_marks_in_code_stay_straight(writing):
    tool(writing, "more").click()
    tool(writing, "Code block").click()
    writing.keyboard.type('say("it\'s")')
    assert html_of(writing) == '<pre><code>say("it\'s")</code></pre>'


# --- Tools ------------------------------------------------------------------------------------------------


def test_a_table_is_made_filled_and_left_by_keys(writing):
    tool(writing, "table").click()
    for text in ("Do", "Don't", "smile", "frown"):
        writing.keyboard.type(text)
        writing.keyboard.press("Tab")
    tool(writing, "remove the row").click()
    tool(writing, "add a column to the right").click()
    writing.get_by_label("Title").fill("Two ways")
    press_save(writing)
    expect(writing.locator(".messagelist")).to_contain_text("Saved.")
    body = Tip.objects.get().body
    assert body.startswith("<table><thead><tr><th")
    assert body.count("<tr>") == 2
    assert [word in body for word in ("Do<", "Don’t", "smile", "frown")] == [True] * 4


def test_the_toolbar_is_one_stop_of_the_keyboard_and_arrows_go_along_it(writing):
    writing.keyboard.type("word")
    writing.keyboard.press("Alt+F10")
    expect(tool(writing, "Heading 2").or_(tool(writing, "heading 2"))).to_be_focused()
    writing.keyboard.press("End")
    expect(tool(writing, "more")).to_be_focused()
    writing.keyboard.press("Enter")
    expect(tool(writing, "superscript")).to_be_visible()
    writing.keyboard.press("Escape")
    expect(the_editor(writing)).to_be_focused()
    writing.keyboard.press("Shift+Tab")
    expect(writing.get_by_label("Title")).to_be_focused()
    writing.keyboard.press("Shift+Tab")
    expect(tool(writing, "more")).to_be_focused()


def test_a_dialog_keeps_the_focus_and_gives_it_back(writing):
    writing.keyboard.press("Alt+F10")
    tool(writing, "picture").focus()
    writing.keyboard.press("Enter")
    dialog = writing.get_by_role("dialog", name="Insert a picture")
    for _ in range(8):
        writing.keyboard.press("Tab")
        inside = writing.evaluate("!document.activeElement.closest('form#tip_form')")
        assert inside
    writing.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(the_editor(writing)).to_be_focused()


def test_axe_finds_nothing_in_the_editor_with_all_its_tools(desk):
    body = (
        "<h2>Large</h2><h3>Middle</h3><h4>Small</h4><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table><hr>"
        "<pre><code>code</code></pre><p>x<sup>2</sup> <del>old</del></p>"
    )
    tip = make_tip("Everything", body=body, state=TipState.DRAFT, publish_at=None)
    desk.goto(f"/admin/tips/tip/{tip.pk}/change/")
    tool(desk, "more").click()
    the_editor(desk).get_by_text("1", exact=True).click()
    paste(desk, '<p>2 <img src="https://example.net/x.png"></p>')
    expect(desk.locator(".editor-note")).to_be_visible()
    assert faults(desk, "editor") == {}
    save(desk)
