"""Comments beside the text: by what a script adds to the forms."""

import pytest
from playwright.sync_api import expect

from tests.browser.actions import the_editor
from tests.browser.axe import faults
from tests.browser.conftest import sign_in, visit
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import EditorialComment, Tip, TipState

# What a browser does with the page is the same whatever the database.
pytestmark = [pytest.mark.browser, pytest.mark.once]

BODY = "<p>It was a long message, and she played it three times.</p><p>She <em>rang</em> eleven numbers.</p>"


def choose(page, words):
    """Choose words of the editor's text, as by dragging over them."""
    page.evaluate(
        """words => {
            const text = document.querySelector(".ProseMirror")
            const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT)
            while (walker.nextNode()) {
                const node = walker.currentNode, at = node.data.indexOf(words)
                if (at >= 0) {
                    text.focus()
                    getSelection().setBaseAndExtent(node, at, node, at + words.length)
                    return
                }
            }
        }""",
        words,
    )


def test_words_are_chosen_talked_about_and_marked_and_nothing_typed_is_lost(desk, page, editor, live_server):
    author = make_person("ann", "Author", first_name="Ann", last_name="Walsh")
    tip = make_tip("Call back", body=BODY, author=author, state=TipState.IN_REVIEW, publish_at=None)
    visit(desk, f"/admin/tips/tip/{tip.pk}/change/")
    desk.get_by_label("Title").fill("Call back, twice")
    choose(desk, "eleven numbers")
    desk.keyboard.press("Control+Alt+m")
    comments = desk.get_by_role("complementary", name="Comments")
    expect(comments.get_by_label("About these words")).to_have_value("eleven numbers")
    expect(comments.get_by_label("Comment", exact=True)).to_be_focused()
    desk.keyboard.type("Eleven is a lot.")
    desk.keyboard.press("Control+Enter")
    thread = comments.locator(".thread")
    expect(thread).to_contain_text("Eleven is a lot.")
    expect(thread).to_be_focused()
    mark = the_editor(desk).locator(".commented.now")
    expect(mark).to_have_text("eleven numbers")
    # Beside its passage, and marked for as long as the words are there.
    assert abs(thread.bounding_box()["y"] - mark.bounding_box()["y"]) < 30
    assert faults(desk, "comments beside the text") == {}
    expect(desk.get_by_label("Title")).to_have_value("Call back, twice")
    choose(desk, "eleven numbers")
    desk.keyboard.type("four")
    expect(thread).to_contain_text("The passage was changed. It was:")
    desk.keyboard.press("Control+z")
    expect(thread.get_by_text("The passage was changed. It was:")).to_be_hidden()
    desk.keyboard.press("Control+s")
    expect(desk.locator(".messagelist")).to_contain_text("Saved.")
    assert Tip.objects.get(pk=tip.pk).body == BODY

    # Its author, who only reads it now, answers, is refused, shortens, and settles it.
    desk.context.clear_cookies()
    sign_in(desk, author, live_server)
    visit(desk, f"/admin/tips/tip/{tip.pk}/change/")
    thread.get_by_text("Answer").first.click()
    expect(desk.locator(".as-read .commented.now")).to_have_text("eleven numbers")
    answer = thread.get_by_label("Your answer")
    answer.fill("x" * 2001)
    desk.keyboard.press("Control+Enter")
    expect(thread.get_by_role("alert")).to_contain_text("has 2,001 letters")
    desk.complaints.clear()
    answer.fill("She kept the list.")
    thread.get_by_role("button", name="Answer").click()
    expect(thread).to_contain_text("She kept the list.")
    thread.get_by_role("button", name="Resolve").click()
    expect(comments.get_by_text("1 resolved")).to_be_visible()
    expect(desk.locator(".commented")).to_have_count(0)
    assert EditorialComment.objects.get(thread=None).resolved_by == author
