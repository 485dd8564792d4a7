"""A tip's mail, made by several threads at once, and with whatever a body may hold."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from subscribers.tipmail import plain_text, rendering
from tests.tips.text.made_bodies import made_body
from tips.models import Tip
from tips.text import sanitiser

PICTURE = f"/media/{'a' * 64}.png"


def mail(body):
    """Return the mail of a tip that is in no database."""
    return rendering.render(Tip(title="A tip", slug="a-tip", body=sanitiser.clean(body), takeaway="Smile."))


def text_of(body):
    return plain_text.from_html(sanitiser.shown(sanitiser.clean(body), "https://tips.example.org"))


def test_threads_that_render_at_once_make_each_its_own_mail(request):
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(1e-6)
    bodies = [made_body(seed) for seed in range(24)]
    alone = [mail(body) for body in bodies]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(3):
            sanitiser._shown.cache_clear()
            assert list(threads.map(mail, bodies)) == alone


def test_a_table_is_lines_with_its_cells_parted():
    assert text_of("<table><tr><th>Do<th>Don’t<tr><td>smile<td><p>frown</p><p>sigh</p></table>") == (
        "Do | Don’t\nsmile | frown sigh"
    )


def test_a_quote_in_a_table_stays_in_its_line_without_signs():
    cell = "<blockquote><p>yes</p><p>no</p></blockquote>"
    assert text_of(f"<table><tr><td>a<td>{cell}</table>") == "a | yes no"


def test_rules_code_captions_and_deletions_are_seen_in_the_text():
    body = (
        f"<p>One <del>two</del></p><hr><pre>a\n  b</pre><figure><img src='{PICTURE}' alt='A desk'>"
        "<figcaption>Mine</figcaption></figure>"
    )
    assert text_of(body) == "One (struck: two)\n\n--------------------\n\na\n  b\n\n[A desk]\nMine"


def test_a_list_in_letters_is_one_in_the_text():
    assert text_of('<ol type="a" start="26"><li>x<li>y</ol><ol type="I"><li>z</ol>') == "z. x\naa. y\n\nI. z"


def test_what_a_body_may_hold_has_its_style_in_the_tag():
    html = mail("<h4>x</h4><hr><pre>y</pre><table><tr><th>a<td>b</table><p><code>c</code></p>").html
    for tag in ("h4", "hr", "pre", "table", "th", "td", "code"):
        assert re.search(rf'<{tag} [^>]*style="', html), tag


def test_a_picture_is_no_wider_than_the_text_and_its_words_stay_as_they_are():
    html = mail(
        f'<img src="{PICTURE}" alt="say width=&quot;9000&quot; &gt; x" width="1200" height="800">'
    ).html
    assert f'width="{rendering.WIDEST_PICTURE}"' in html
    assert re.search(r'alt="say width=&quot;9000&quot; (?:&gt;|>) x"', html)
    assert [float(height) for height in re.findall(r'height="(\d+)"', html)] == [36]


def test_a_mail_has_its_own_subject_and_preheader_where_somebody_wrote_them():
    tip = Tip(title="A tip", slug="a-tip", body="<p>Text.</p>", takeaway="Smile.")
    assert rendering.render(tip).subject == "A tip"
    assert '<div class="preheader"' in rendering.render(tip).html
    tip.mail_subject, tip.preheader = "Smile & win", "What lists show"
    own = rendering.render(tip)
    assert own.subject == "Smile & win"
    assert "What lists show" in own.html
    assert rendering.render(tip, "correction", "It was wrong.").subject == "Correction: Smile & win"
