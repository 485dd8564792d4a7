"""What the editor shows is what is stored: a body that is opened and saved is the same, byte for byte."""

import pytest
from django.conf import settings

from tests.browser.actions import save, the_editor
from tests.tips.images import drawn
from tests.tips.making import make_tip
from tests.tips.text.made_bodies import made_body
from tips.importers import pages
from tips.models import Tip, TipState
from tips.text import sanitiser

# What a browser does with the editor is the same whatever the database.
pytestmark = pytest.mark.browser

SEEDS = settings.BASE_DIR.parent / "shared" / "seeds"
# Each is set as the editor's content, as when a form is opened, and read back as when it is saved.
OPENED_AND_SAVED = """(element, bodies) => bodies.map((body) => {
    const { editor } = element;
    editor.chain().setMeta("preventAutolink", true).setContent(body).run();
    return element.closest(".prose-editor").querySelector("textarea").value;
})"""
EVERYTHING = """
<h2>Head</h2>
<p>a <a href="https://example.com/?a=1&amp;b=2"><strong>link</strong></a>, x<sup>2</sup>, a<sub>i</sub>,
<del>old</del> <code>code</code> <cite>A book</cite> <abbr title="as soon as possible">asap</abbr></p>
<hr><pre><code>one
  two</code></pre>
<ol start="3" type="a"><li><p>c</p><ul><li><p>d</p></li></ul></li></ol>
<blockquote><p>so</p></blockquote>
<table><tr><th scope="row">a</th><td colspan="2">b</td></tr>
<tr><td>1</td><td>2</td><td><p>3</p><p>4</p></td></tr></table>
"""


@pytest.fixture
def opened(desk):
    """An editor in which pictures are whatever they are."""
    picture = drawn("PNG")
    desk.route("**/media/*", lambda route: route.fulfill(body=picture, content_type="image/png"))
    desk.goto("/admin/tips/tip/add/")
    the_editor(desk).wait_for()
    return the_editor(desk)


def changed(opened, sources):
    """Return how many bodies were tried, and (before, after) of those that opening and saving changes."""
    bodies = sorted({sanitiser.clean(source) for source in sources} - {""})
    saved = opened.evaluate(OPENED_AND_SAVED, bodies)
    after = map(sanitiser.clean, saved)
    return len(bodies), [(was, now) for was, now in zip(bodies, after, strict=True) if was != now]


@pytest.mark.parametrize("seeds", [range(240), pytest.param(range(240, 3000), marks=pytest.mark.soak)])
def test_made_up_bodies_are_the_same_after_opening_and_saving(opened, seeds):
    tried, different = changed(opened, map(made_body, seeds))
    assert different[:1] == []
    assert tried > 200


def test_imported_bodies_are_the_same_after_opening_and_saving(opened):
    archive = pages.read([settings.BASE_DIR / "fixtures" / "archive", *([SEEDS] if SEEDS.is_dir() else [])])
    tried, different = changed(opened, [post.body for post in archive.posts])
    assert different[:1] == []
    assert tried > 60


def test_a_tip_with_all_that_a_body_may_hold_is_saved_as_it_was(desk):
    body = sanitiser.clean(EVERYTHING)
    tip = make_tip("Everything", body=body, state=TipState.DRAFT, publish_at=None)
    desk.goto(f"/admin/tips/tip/{tip.pk}/change/")
    the_editor(desk).get_by_text("so", exact=True).click()
    desk.keyboard.type("!")
    desk.keyboard.press("Backspace")
    save(desk)
    assert Tip.objects.get().body == body
