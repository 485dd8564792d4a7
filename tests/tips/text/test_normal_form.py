"""The one form of a body: text in paragraphs, marks in one order, and no word lost on the way."""

import pytest

from tests.tips.text.made_bodies import PICTURE, made_body
from tips.text.html_tree import tree
from tips.text.normal_form import normal

IMG = f'<img src="{PICTURE}" alt="A bell" width="40" height="20">'


@pytest.mark.parametrize(
    ("source", "form"),
    [
        ("Hello <em>you</em>", "<p>Hello <em>you</em></p>"),
        ("<p>a\n <strong> b</strong></p>\n<p> c </p>", "<p>a <strong>b</strong></p><p>c</p>"),
        ("<p><em><strong>a</strong></em><strong>b</strong></p>", "<p><strong><em>a</em>b</strong></p>"),
        ("<p><strong>a<strong>b</strong></strong></p>", "<p><strong>ab</strong></p>"),
        ('<p><em><a href="/x/">b</a></em> <a>c</a></p>', '<p><a href="/x/"><em>b</em></a> c</p>'),
        ("<p><br>a <br> b<br><br></p><p><br></p>", "<p>a<br>b</p>"),
        ("<strong><p>a</p><p>b</p></strong>", "<p><strong>a</strong></p><p><strong>b</strong></p>"),
        (f"<p>before {IMG} after</p>", f"<p>before</p>{IMG}<p>after</p>"),
        (f'<h2><a href="/x/">{IMG}</a></h2>', IMG),
        ("<pre>one<br>  two\n</pre>", "<pre><code>one\n  two</code></pre>"),
        ("<blockquote>so</blockquote><blockquote> </blockquote>", "<blockquote><p>so</p></blockquote>"),
        ('<p>1&nbsp;kg &amp; "x" &lt; y</p>', '<p>1&nbsp;kg &amp; "x" &lt; y</p>'),
        (
            '<abbr title="&quot;a&quot; &amp; b">ab</abbr>',
            '<p><abbr title="&quot;a&quot; &amp; b">ab</abbr></p>',
        ),
    ],
)
def test_text_stands_in_paragraphs_with_marks_in_one_order(source, form):
    assert normal(source) == form


@pytest.mark.parametrize(
    ("source", "form"),
    [
        ("<ul><li>a</li>\n<li></li></ul><ul></ul>", "<ul><li><p>a</p></li></ul>"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>"),
        ("<ul><li><h3>a</h3>b</li></ul>", "<ul><li><p>a</p><p>b</p></li></ul>"),
        (f"<ul><li>{IMG}</li></ul>", f"<ul><li><p></p>{IMG}</li></ul>"),
        ('<ol start="i" type="i"><li>a</li></ol>', '<ol type="i"><li><p>a</p></li></ol>'),
        ('<ol start=""><li>a</li></ol>', "<ol><li><p>a</p></li></ol>"),
        ('<ol start="3" type="1"><li>a</li></ol>', '<ol start="3"><li><p>a</p></li></ol>'),
    ],
)
def test_an_item_begins_with_a_paragraph_and_a_list_holds_items_alone(source, form):
    assert normal(source) == form


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (f"<figure>{IMG}<figcaption>A <em>bell</em></figcaption></figure>",) * 2,
        (f"<figure>{IMG}</figure>", IMG),
        (
            f"<figure>{IMG}<figcaption><p>a</p><p>b</p></figcaption></figure>",
            f"<figure>{IMG}<figcaption>a<br>b</figcaption></figure>",
        ),
        ("<figure><p>so</p><figcaption>A person</figcaption></figure>", "<p>so</p><p>A person</p>"),
    ],
)
def test_a_figure_is_a_picture_with_its_caption(source, form):
    assert normal(source) == form


def test_every_word_stays_and_the_form_of_the_form_is_itself():
    for seed in range(300):
        source = made_body(seed)
        form = normal(source)
        assert normal(form) == form, source
        assert "".join(tree(form).text.split()) == "".join(tree(source).text.split()), source


def test_what_is_nested_beyond_reason_raises_nothing():
    for tag in ("ul", "blockquote", "em", "li", "h2"):
        form = normal(f"<{tag}>" * 3000 + "word" + f"</{tag}>" * 3000)
        assert "word" in form
        assert normal(form) == form
