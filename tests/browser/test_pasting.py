"""What word processors put on the clipboard arrives as what it was: bold, headings, lists, tables, links."""

import base64

import pytest
from playwright.sync_api import expect

from tests.browser.actions import press_save, save, the_editor
from tests.browser.clipboard import paste, paste_picture
from tests.tips.images import drawn
from tests.tips.making import make_tip
from tips.models import Image, Tip, TipState
from tips.text import sanitiser

# What a browser does with the editor is the same whatever the database.
pytestmark = pytest.mark.browser

ADD = "/admin/tips/tip/add/"
PICTURE = f"data:image/png;base64,{base64.b64encode(drawn('PNG')).decode()}"
MARK = (
    '<span style="mso-list:Ignore">{}<span style=\'font:7.0pt "Times New Roman"\'>&nbsp;&nbsp; </span></span>'
)


def word_item(text, mark, level=1, number=0, instance=1):
    style = f"margin-left:36.0pt;text-indent:-18.0pt;mso-list:l{number} level{level} lfo{instance}"
    mark = f"<![if !supportLists]>{MARK.format(mark)}<![endif]>"
    return f"<p class=MsoListParagraphCxSpMiddle style='{style}'>{mark}{text}<o:p></o:p></p>\r\n"


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def writing(desk):
    desk.goto(ADD)
    the_editor(desk).click()
    return desk


def pasted(page, html, plain=""):
    """Paste into the empty editor; return what would be stored."""
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    paste(page, html, plain)
    return sanitiser.clean(the_editor(page).evaluate("element => element.editor.getHTML()"))


def note(page):
    return page.locator(".editor-note")


def test_a_shared_document_is_as_bold_and_as_slanted_as_it_was(writing):
    # The whole is wrapped in a bold that is switched off.
    wrap = '<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1">{}</b>'
    plain = wrap.format('<p dir="ltr"><span style="font-weight:400;color:#000">Only plain words.</span></p>')
    assert pasted(writing, plain) == "<p>Only plain words.</p>"
    mixed = (
        '<p><span style="font-weight:700">Strong</span><span style="font-weight:400"> and </span>'
        '<span style="font-style:italic">soft</span> <span style="text-decoration:line-through">gone</span>'
        ' x<span style="vertical-align:super;font-size:0.6em">2</span></p>'
    )
    assert pasted(writing, wrap.format(mixed)) == (
        "<p><strong>Strong</strong> and <em>soft</em> <del>gone</del> x<sup>2</sup></p>"
    )
    nested = (
        '<h1 dir="ltr"><span style="font-weight:400">Head</span></h1><br>'
        '<ul><li style="list-style-type:disc" aria-level="1"><p role="presentation"><span>one</span></p></li>'
        '<ul><li aria-level="2"><p>two</p></li></ul></ul>'
        '<ol start="3"><li style="list-style-type:lower-alpha"><p><b>c</b></p></li></ol>'
    )
    assert pasted(writing, wrap.format(nested)) == (
        "<h2>Head</h2><ul><li><p>one</p><ul><li><p>two</p></li></ul></li></ul>"
        '<ol start="3" type="a"><li><p><strong>c</strong></p></li></ol>'
    )


def test_words_that_look_like_markup_stay_words(writing):
    for words in (
        "Rule one = smile; style = substance, onward = up.",
        'Say "style=color" and <style> and onclick="go" aloud.',
        "5 < 6 > 4 &amp; so on",
    ):
        escaped = words.replace("&", "&amp;").replace("<", "&lt;")
        html = f'<p title="a > b" style=\'color:red\' onclick="x(1 > 0)">{escaped}</p>'
        assert pasted(writing, html) == f"<p>{escaped.replace('>', '&gt;')}</p>"


def test_the_lists_of_a_word_processor_are_lists(writing):
    html = "<html xmlns:o=x><head><style><!--@list l0 {mso-list-id:1;}--></style></head><body>" + "".join(
        [
            "<h1>Opening</h1><p class=MsoNormal>First this:<o:p></o:p></p>",
            word_item("Greet <b>them</b>", "1."),
            word_item("by name", "a)", level=2),
            word_item("with a smile", "b)", level=2),
            word_item("Thank them", "2."),
            "<p class=MsoNormal><o:p>&nbsp;</o:p></p>",
            word_item("A point", "·", number=1, instance=2),
            word_item("below it", "o", level=2, number=1, instance=2),
            "<p class=MsoNormal>Then go on:</p>",
            word_item("Write it down", "3.", instance=1),
            word_item("roman", "iv.", number=2, instance=3),
            word_item("still roman", "v.", number=2, instance=3),
        ]
    )
    assert pasted(writing, html) == (
        "<h2>Opening</h2><p>First this:</p>"
        "<ol><li><p>Greet <strong>them</strong></p>"
        '<ol type="a"><li><p>by name</p></li><li><p>with a smile</p></li></ol>'
        "</li><li><p>Thank them</p></li></ol>"
        "<ul><li><p>A point</p><ul><li><p>below it</p></li></ul></li></ul><p>Then go on:</p>"
        '<ol start="3"><li><p>Write it down</p></li></ol>'
        '<ol start="4" type="i"><li><p>roman</p></li><li><p>still roman</p></li></ol>'
    )


def test_headings_quotations_and_lists_are_known_by_their_styles_too(writing):
    html = (
        "<p class=MsoTitle>Name</p><p class=MsoHeading2>Part</p><p role=heading aria-level=3>Piece</p>"
        "<p class=MsoQuote>said</p><p class=MsoListBullet><span style='mso-list:Ignore'>·</span>dot</p>"
        "<p style='mso-outline-level:2'>Again</p>"
    )
    assert pasted(writing, html) == (
        "<h2>Name</h2><h3>Part</h3><h4>Piece</h4><blockquote><p>said</p></blockquote><ul><li><p>dot</p></li></ul>"
        "<h3>Again</h3>"
    )


def test_an_office_suite_and_a_mail_program_bring_what_they_have(writing):
    office = (
        '<h2 class="western">Part</h2>'
        '<ul><li><p style="line-height: 100%">one</p></li><li><p>two<br></p></li></ul>'
        '<p align="left"><font face="Liberation Serif" size="3"><b>Bold</b> <i>slant</i></font></p>'
    )
    assert pasted(writing, office) == (
        "<h2>Part</h2><ul><li><p>one</p></li><li><p>two</p></li></ul>"
        "<p><strong>Bold</strong> <em>slant</em></p>"
    )
    mail = (
        '<div class="WordSection1"><p class=MsoNormal><span style="font-size:11pt">Hi,<o:p></o:p></span></p>'
        "<div>One line<br>next line<br><br>After a gap</div>"
        '<p class=MsoNormal><span style="mso-hide:all">no</span>'
        '<a href="https://eu.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa&amp;data=1">here</a></p></div>'
    )
    assert pasted(writing, mail) == (
        '<p>Hi,</p><p>One line<br>next line</p><p>After a gap</p><p><a href="https://example.org/a">here</a></p>'
    )


def test_lists_start_where_they_say_and_at_one_where_that_is_no_number(writing):
    assert pasted(writing, '<ol start="i" type="i"><li>Look up</li></ol>') == (
        '<ol type="i"><li><p>Look up</p></li></ol>'
    )
    assert pasted(writing, '<ol start=""><li>Look up</li></ol>') == "<ol><li><p>Look up</p></li></ol>"


def test_no_break_spaces_are_spaces_but_before_a_unit(writing):
    kept = "<p>Answer within 3&nbsp;min or call for 5&nbsp;EUR at 9&nbsp;a.m.</p>"
    assert pasted(writing, "&nbsp;".join(kept.split(" "))) == kept
    assert pasted(writing, "", "Hold\u00a0the line for 3\u00a0min") == "<p>Hold the line for 3&nbsp;min</p>"


def test_a_table_stays_one_unless_it_only_lays_out_a_page(writing):
    html = "<table><tr><td>Do</td><td>Don’t</td></tr><tr><td><p>smile</p></td><td>frown</td></tr></table>"
    stored = pasted(writing, html)
    assert stored.count("<tr>") == 2
    assert stored.count("<td>") == 4
    expect(the_editor(writing).get_by_role("cell", name="frown")).to_be_visible()
    expect(note(writing)).to_be_hidden()
    outer = (
        "<table><tr><td><p>one</p></td></tr><tr><td><table><tr><td>two</td></tr></table></td></tr></table>"
    )
    assert pasted(writing, outer) == "<p>one</p><p>two</p>"
    expect(note(writing)).to_contain_text("only placed words on a page")


def test_links_for_calls_stay_and_what_leads_nowhere_is_said(writing):
    links = '<a href="tel:+15550100">Call</a> or <a href="file:///c:/a.doc">open</a>'
    html = f'<p>{links}</p><ol type="a"><li>x</li></ol>'
    assert pasted(writing, html) == (
        '<p><a href="tel:+15550100">Call</a> or open</p><ol type="a"><li><p>x</p></li></ol>'
    )
    expect(note(writing)).to_contain_text("1 link was left out")
    pasted(writing, "<p>Clean.</p>")
    expect(note(writing)).to_be_hidden()


def test_pictures_on_the_clipboard_are_asked_for_and_come_where_they_stood(writing):
    html = f'<p>before</p><p><img src="{PICTURE}" alt="A desk"></p><p>after <img src="https://example.net/x.png"></p>'
    pasted(writing, html)
    dialog = writing.get_by_role("dialog", name="Insert a picture")
    expect(dialog.get_by_label("Alternative text")).to_have_value("A desk")
    expect(note(writing)).to_contain_text("1 picture was left out")
    dialog.get_by_role("button", name="Insert").click()
    expect(dialog).to_be_hidden()
    writing.get_by_label("Title").fill("Pasted")
    press_save(writing)
    expect(writing.locator(".messagelist")).to_contain_text("Saved.")
    img = f'<img src="{Image.objects.get().url}" alt="A desk" width="60" height="40">'
    assert Tip.objects.get().body == f"<p>before</p>{img}<p>after</p>"


def test_text_wins_over_a_picture_of_it_and_a_picture_alone_is_asked_for(writing):
    paste_picture(writing, drawn("PNG"), "<table><tr><td>1</td><td>2</td></tr></table>")
    expect(the_editor(writing).get_by_role("cell", name="2")).to_be_visible()
    expect(writing.get_by_role("dialog")).to_have_count(0)
    paste_picture(writing, drawn("PNG"))
    dialog = writing.get_by_role("dialog", name="Insert a picture")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Leave it out").click()
    expect(writing.get_by_role("dialog")).to_have_count(0)
    expect(the_editor(writing)).to_be_focused()


def test_what_is_copied_in_the_editor_is_pasted_as_it_was(desk):
    body = sanitiser.clean(
        "<h3>Part</h3><table><tr><th>a</th><td>b</td></tr></table>"
        '<ol start="4"><li>four</li></ol><p>x<sub>2</sub></p>'
    )
    tip = make_tip("Copied", body=body, state=TipState.DRAFT, publish_at=None)
    desk.goto(f"/admin/tips/tip/{tip.pk}/change/")
    the_editor(desk).click()
    for key in ("Control+a", "Control+c", "Delete", "Control+v"):
        desk.keyboard.press(key)
    save(desk)
    assert Tip.objects.get().body == body
