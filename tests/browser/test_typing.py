"""What a writer types: links and their dialog, quotation marks in plain fields, and tables by keys."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import picture, save, the_editor
from tests.browser.clipboard import paste
from tests.tips.making import make_tip
from tips.models import TipState
from tips.text import sanitiser

# What a browser does with the editor is the same whatever the database.
pytestmark = pytest.mark.browser

ADD = "/admin/tips/tip/add/"


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def writing(desk):
    desk.goto(ADD)
    the_editor(desk).click()
    return desk


def stored(page):
    """Return the body as it would be stored."""
    return sanitiser.clean(the_editor(page).evaluate("element => element.editor.getHTML()"))


def begin_again(page):
    the_editor(page).evaluate("element => element.editor.commands.clearContent()")
    the_editor(page).click()


def tool(page, name):
    return page.get_by_role("toolbar", name="Formatting").get_by_role("button", name=name, exact=True)


# --- Links ------------------------------------------------------------------------------------------------


def test_the_dialog_makes_a_link_of_what_a_person_types(writing):
    for typed, href in (
        ("example.com/x", "https://example.com/x"),
        ("www.example.org", "https://www.example.org"),
        ("http://example.org/a b", "http://example.org/a%20b"),
        ("ann@example.org", "mailto:ann@example.org"),
        ("+1 (555) 010-0199", "tel:+15550100199"),
        ("/tips/ring-back/", "/tips/ring-back/"),
    ):
        begin_again(writing)
        writing.keyboard.type("here")
        writing.keyboard.press("Control+a")
        writing.keyboard.press("Control+k")
        dialog = writing.get_by_role("dialog", name="Insert a link")
        dialog.get_by_label("Link to").fill(typed)
        dialog.get_by_role("button", name="Insert").click()
        expect(dialog).to_have_count(0)
        assert stored(writing) == f'<p><a href="{href}">here</a></p>', typed


def test_the_dialog_refuses_what_leads_nowhere_and_changes_what_is_there(writing):
    writing.keyboard.type("See ")
    writing.keyboard.press("Control+k")
    dialog = writing.get_by_role("dialog", name="Insert a link")
    for nowhere in ("", "not a link", "javascript:alert(1)", "https://", "ftp://example.org"):
        dialog.get_by_label("Link to").fill(nowhere)
        writing.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("No reader could follow this link")
    dialog.get_by_label("Link to").fill("example.org")
    dialog.get_by_label("Words").fill("this page")
    writing.keyboard.press("Enter")
    expect(the_editor(writing)).to_be_focused()
    writing.keyboard.type(" again")
    the_editor(writing).get_by_text("this page").click()
    tool(writing, "link").click()
    dialog = writing.get_by_role("dialog", name="Change the link")
    expect(dialog.get_by_label("Link to")).to_have_value("https://example.org")
    dialog.get_by_label("Link to").fill("example.net")
    dialog.get_by_role("button", name="Update").click()
    expect(dialog).to_have_count(0)
    assert stored(writing) == '<p>See <a href="https://example.net">this page</a> again</p>'


def test_urls_become_links_as_one_types_without_the_signs_around_them(writing):
    for typed, linked in (
        ("See https://example.com/x. ", 'See <a href="https://example.com/x">https://example.com/x</a>.'),
        ("(www.example.org), ", '(<a href="https://www.example.org">www.example.org</a>),'),
        ("https://e.org/a_(b)! ", '<a href="https://e.org/a_(b)">https://e.org/a_(b)</a>!'),
        ("to ann@example.org; ", 'to <a href="mailto:ann@example.org">ann@example.org</a>;'),
        ("example.com/x, ", '<a href="https://example.com/x">example.com/x</a>,'),
        ("the end.So on at Amazon.com or 3.5 ", "the end.So on at Amazon.com or 3.5"),
    ):
        begin_again(writing)
        writing.keyboard.type(typed)
        assert stored(writing) == f"<p>{linked}</p>"
    begin_again(writing)
    writing.keyboard.type("https://example.com.")
    writing.keyboard.press("Enter")
    writing.keyboard.type("Next")
    assert stored(writing) == '<p><a href="https://example.com">https://example.com</a>.</p><p>Next</p>'


# --- Quotation marks --------------------------------------------------------------------------------------


def test_title_takeaway_and_excerpt_get_the_marks_of_the_body_and_tags_do_not(writing):
    typed, shown = (
        "'Twas \"so\" in the '90s: rock 'n' roll, isn't it",
        "’Twas “so” in the ’90s: rock ’n’ roll, isn’t it",
    )
    writing.locator("summary", has_text="Excerpt").click()
    for label in ("Title", "Takeaway", "Excerpt"):
        field = writing.get_by_label(label)
        field.press_sequentially(typed)
        expect(field).to_have_value(shown)
    writing.get_by_role("combobox", name="Tags").press_sequentially('"a, b"')
    expect(writing.get_by_role("button", name="Remove a, b")).to_be_visible()
    title = writing.get_by_label("Title")
    title.fill("")
    title.press_sequentially('a "')
    title.press("Control+z")
    expect(title).to_have_value('a "')
    title.evaluate("element => element.setRangeText('\"pasted\"', 0, 3, 'end')")
    expect(title).to_have_value('"pasted"')


def test_words_that_begin_with_an_apostrophe_get_one_and_quoted_words_do_not(writing):
    for typed, shown in (
        ("'tis, 'Twasn't; get 'em!", "’tis, ’Twasn’t; get ’em!"),
        ("'emphasis' and 'no' and 'tissue' and 'em' so", "‘emphasis’ and ‘no’ and ‘tissue’ and ‘em’ so"),
        ("rock 'n' roll 'til", "rock ’n’ roll ’til"),
    ):
        begin_again(writing)
        writing.keyboard.type(typed)
        assert stored(writing) == f"<p>{shown}</p>"


def test_marks_stay_straight_between_backticks_and_in_code(writing):
    writing.keyboard.type('say `it\'s "x"` and "so"')
    assert stored(writing) == '<p>say <code>it\'s "x"</code> and “so”</p>'
    begin_again(writing)
    tool(writing, "more").click()
    tool(writing, "Code").click()
    writing.keyboard.type("it's")
    assert stored(writing) == "<p><code>it's</code></p>"


# --- Tables and the end of a text -------------------------------------------------------------------------


def test_tab_adds_a_row_behind_the_last_cell_and_escape_leaves_the_table(writing):
    tool(writing, "table").click()
    for number in range(7):
        writing.keyboard.type(str(number))
        writing.keyboard.press("Tab")
    writing.keyboard.type("last")
    assert stored(writing).count("<tr>") == 4
    writing.keyboard.press("Escape")
    writing.keyboard.type("below")
    assert stored(writing).endswith("<td><p>last</p></td></tr></tbody></table><p>below</p>")
    writing.keyboard.press("Tab")
    expect(the_editor(writing)).not_to_be_focused()
    expect(tool(writing, "table")).to_have_attribute("title", re.compile("Escape leaves the table"))


def test_the_end_of_a_text_is_reached_behind_whatever_stands_last(desk):
    table = "<table><tr><td>a</td><td>b</td></tr></table>"
    for last in (table, "<hr>", "<pre>code</pre>"):
        body = sanitiser.clean(f"<p>First</p>{last}")
        tip = make_tip("Ends", body=body, state=TipState.DRAFT, publish_at=None)
        desk.goto(f"/admin/tips/tip/{tip.pk}/change/")
        the_editor(desk).get_by_text("First").click()
        expect(desk.locator(".kept-draft")).to_have_count(0)
        desk.keyboard.press("Control+End")
        desk.keyboard.type("end")
        save(desk)
        tip.refresh_from_db()
        assert tip.body == f"{body}<p>end</p>"
    desk.reload()
    desk.goto("/admin/")
    assert desk.evaluate("Object.keys(localStorage).filter(key => key.startsWith('tip-draft:'))") == []


def test_a_table_pasted_into_a_cell_is_paragraphs_there_and_one_pasted_elsewhere_leaves_the_cursor_below(
    writing,
):
    data = "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>"
    paste(writing, data)
    writing.keyboard.type("below")
    assert stored(writing).endswith("<td><p>4</p></td></tr></tbody></table><p>below</p>")
    the_editor(writing).get_by_role("cell", name="4").click()
    # The editor hears of a click a moment later.
    in_a_cell = "element => element.editor.isActive('tableCell')"
    writing.wait_for_function(in_a_cell, arg=the_editor(writing).element_handle())
    for html in (f"<p>x</p>{data}", data):
        paste(writing, html)
    expect(writing.locator(".editor-note")).to_contain_text("A table cannot stand in a cell")
    body = stored(writing)
    assert body.count("<table>") == 1
    assert body.count("<td>") == 4
    assert [body.count(f"<p>{number}</p>") for number in (1, 2, 3)] == [2, 3, 3]
    inner = "<table><tr><td>d</td><td>e</td></tr></table>"
    nested = f"<table><tr><td>a</td><td>b</td></tr><tr><td>c{inner}</td><td>f</td></tr></table>"
    begin_again(writing)
    paste(writing, nested)
    assert "<td><p>c</p><p>d</p><p>e</p></td><td><p>f</p></td>" in stored(writing)
    expect(writing.locator(".editor-note")).to_contain_text("stood in a cell")


# --- Pictures ---------------------------------------------------------------------------------------------


def test_a_picture_just_inserted_is_offered_a_caption_and_enter_inserts(writing):
    tool(writing, "picture").click()
    dialog = writing.get_by_role("dialog", name="Insert a picture")
    writing.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    tool(writing, "picture").click()
    dialog.get_by_label("Alternative text").fill("A bell")
    writing.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Choose a picture first.")
    dialog.get_by_label("Picture").set_input_files(picture())
    dialog.get_by_label("Alternative text").press("Enter")
    expect(dialog).to_have_count(0)
    tool(writing, "caption").click()
    writing.keyboard.type("Brass")
    assert stored(writing).endswith("<figcaption>Brass</figcaption></figure>")
    own = the_editor(writing).evaluate("element => element.querySelector('figure').outerHTML")
    begin_again(writing)
    remote = '<figure><img src="https://example.net/x.png"><figcaption>Gone</figcaption></figure>'
    paste(writing, f"<p>x</p>{own}{remote}")
    assert "Gone" not in stored(writing)
    assert stored(writing).endswith("<figcaption>Brass</figcaption></figure>")
    expect(writing.locator(".editor-note")).to_contain_text("Its caption went with it.")


def test_escape_leads_from_a_tool_that_was_clicked_back_to_the_text(writing):
    writing.keyboard.type("one")
    tool(writing, "more").click()
    writing.keyboard.press("Escape")
    writing.keyboard.type(" two")
    writing.keyboard.press("Alt+F10")
    writing.keyboard.press("ArrowRight")
    writing.keyboard.press("Escape")
    writing.keyboard.type(" three")
    assert stored(writing) == "<p>one two three</p>"
