"""What a body may hold: nothing else stays, and no word goes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tips.text import sanitiser


@settings(deadline=None)
@given(st.text())
def test_cleaning_twice_changes_nothing_more(source):
    once = sanitiser.clean(source)
    assert sanitiser.clean(once) == once
    assert "<script" not in once.lower()


def test_a_script_in_html_goes_with_its_content_and_other_tags_leave_theirs():
    source = '<p onclick="x()">Hi <u>you</u><script>alert(1)</script> <a href="javascript:x()">there</a></p>'
    assert sanitiser.clean(source) == "<p>Hi you there</p>"


def test_html_without_words_is_no_body():
    assert sanitiser.clean("<p> </p><p><br></p>") == ""


PICTURE = f"/media/{'a' * 64}.png"


@pytest.mark.parametrize(
    "body",
    [
        "<h2>Large</h2><h3>Middle</h3><h4>Small</h4><hr><p>Text</p>",
        "<p>H<sub>2</sub>O, x<sup>2</sup>, <del>old</del>, <cite>A Book</cite>, <code>code</code></p>",
        '<p>The <abbr title="Chief Executive Officer">CEO</abbr></p>',
        "<pre><code>first\n  second</code></pre>",
        f'<figure><img src="{PICTURE}" alt="x" width="9" height="8"><figcaption>Me</figcaption></figure>',
        '<ol start="3" type="a"><li><p>c</p><ul><li><p>inner</p></li></ul></li></ol>',
        '<table><thead><tr><th scope="col"><p>Do</p></th><th scope="col"><p>Don’t</p></th></tr></thead>'
        '<tbody><tr><td colspan="2"><p>smile</p></td></tr></tbody></table>',
        "<blockquote><p>Quoted</p></blockquote><p></p><p>After<br>a break</p>",
    ],
)
def test_what_a_body_may_hold_stays_to_the_letter(body):
    assert sanitiser.clean(body) == body


@pytest.mark.parametrize(
    ("source", "cleaned"),
    [
        ("<div>one</div><div>two</div>", "<p>one</p><p>two</p>"),
        ("<section>one<h1>two</h1></section>", "<p>one</p><h2>two</h2>"),
        ("<td>one</td><td>two</td>", "<p>one</p><p>two</p>"),
        ("<x-card>one</x-card><x-card>two</x-card>", "<p>one two</p>"),
        ("<dl><dt>one<dd>two</dl>", "<p>one</p><p>two</p>"),
        ("<h2>one<div>two</div></h2>", "<h2>one</h2><h2>two</h2>"),
        ("In <x:place>Boston</x:place>, MA", "<p>In Boston, MA</p>"),
    ],
)
def test_a_block_that_is_not_allowed_leaves_a_border(source, cleaned):
    assert sanitiser.clean(source) == cleaned


@pytest.mark.parametrize("start", ["i", "", "NaN", "1", "99999", "1.5", "٣"])
def test_a_list_whose_first_number_is_no_sane_number_starts_at_one(start):
    assert sanitiser.clean(f'<ol start="{start}"><li>One</li></ol>') == "<ol><li><p>One</p></li></ol>"


def test_a_list_in_letters_stays_in_letters():
    source = '<ol start="i" type="i"><li>Look up</li></ol><ol type="square"><li>x</li></ol>'
    assert sanitiser.clean(source) == '<ol type="i"><li><p>Look up</p></li></ol><ol><li><p>x</p></li></ol>'


def test_words_that_look_like_attributes_stay():
    body = "<p>Style = substance, onclick = nothing; only = one.</p>"
    assert sanitiser.clean(body) == body


def test_no_break_spaces_become_spaces_but_between_a_number_and_its_unit():
    source = "<p>Lift&nbsp;10&nbsp;kg<strong>&nbsp;with</strong>&nbsp;&nbsp;care&#8239;and&#8199;5\u202f%</p>"
    cleaned = "<p>Lift 10&nbsp;kg<strong> with</strong> care and 5&nbsp;%</p>"
    assert sanitiser.clean(source) == cleaned


def test_a_bold_that_its_style_switches_off_is_none():
    source = (
        '<b style="font-weight:normal"><p><span style="font-weight:700">Bold</span> plain '
        '<span style="font-style: italic">slanted</span></p></b>'
    )
    assert sanitiser.clean(source) == "<p><strong>Bold</strong> plain <em>slanted</em></p>"


def test_marks_nest_in_one_order():
    source = '<i>one <b>two</b></i><b><i> three</i></b><a href="https://a.org"><b>x</b></a>'
    assert sanitiser.clean(source) == (
        '<p><em>one </em><strong><em>two three</em></strong><a href="https://a.org"><strong>x</strong></a></p>'
    )


@pytest.mark.parametrize(
    "source",
    [
        "<table><tr><td>one</td></tr><tr><td>two</td></tr></table>",
        "<table><tr><td>one</td><td><table><tr><td>two</td></tr></table></td></tr></table>",
    ],
)
def test_a_table_for_layout_becomes_paragraphs(source):
    assert sanitiser.clean(source) == "<p>one</p><p>two</p>"


def test_a_table_in_a_cell_becomes_paragraphs_of_the_cell():
    inner = "<table><caption>c</caption><tr><td>1</td><td><ul><li>2</li></ul></td></tr></table>"
    source = f"<table><tr><td>a</td><td>b</td></tr><tr><td>x{inner}y</td><td>z</td></tr></table>"
    assert sanitiser.clean(source) == (
        "<table><tbody><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td><p>x</p><p>c</p><p>1</p>"
        "<ul><li><p>2</p></li></ul><p>y</p></td><td><p>z</p></td></tr></tbody></table>"
    )


def test_a_table_in_a_table_for_layout_stays_one():
    inner = "<table><tr><td>1</td><td>2</td></tr></table>"
    source = f"<table><tr><td>a</td></tr><tr><td>{inner}</td></tr></table>"
    assert sanitiser.clean(source) == (
        "<p>a</p><table><tbody><tr><td><p>1</p></td><td><p>2</p></td></tr></tbody></table>"
    )


def test_a_table_is_made_regular():
    source = (
        '<table><caption>Plan</caption><tr><th>Day<th scope="nonsense">Task<tr><td rowspan="9">Mon'
        '<td colspan="x">one<tr><td>two<td colspan="0">extra</table>'
    )
    assert sanitiser.clean(source) == (
        '<p>Plan</p><table><thead><tr><th scope="col"><p>Day</p></th><th scope="col"><p>Task</p></th>'
        '<th scope="col"><p></p></th></tr></thead><tbody><tr><td rowspan="2"><p>Mon</p></td>'
        "<td><p>one</p></td><td><p></p></td></tr><tr><td><p>two</p></td><td><p>extra</p></td></tr>"
        "</tbody></table>"
    )


def test_headings_at_the_left_of_a_table_are_those_of_its_rows():
    source = "<table><tr><th>Do<td>smile<tr><th>Don’t<td>frown</table>"
    assert sanitiser.clean(source).count('<th scope="row">') == 2


@pytest.mark.parametrize(
    ("figure", "cleaned"),
    [
        ('<img src="https://b.org/x.png" alt="x"><figcaption>A desk</figcaption>', ""),
        (
            '<div><img src="https://b.org/x.png"></div>Words<figcaption>Who</figcaption>',
            "<p>Words</p><p>Who</p>",
        ),
        (
            "<blockquote>So.</blockquote><figcaption>Who</figcaption>",
            "<blockquote><p>So.</p></blockquote><p>Who</p>",
        ),
        ("<figcaption>A desk</figcaption>", "<p>A desk</p>"),
    ],
)
def test_a_caption_goes_with_its_picture_and_stays_with_words(figure, cleaned):
    assert sanitiser.clean(f"<figure>{figure}</figure>") == cleaned


def test_a_picture_in_a_caption_or_in_code_stands_behind_it():
    one, two = f'<img src="{PICTURE}" alt="one">', f'<img src="{PICTURE}" alt="two">'
    cleaned = sanitiser.clean(f"<figure>{one}<figcaption>Here <b>{two}</b></figcaption></figure>")
    assert cleaned == f"<figure>{one}<figcaption>Here</figcaption></figure>{two}"
    described = sanitiser.clean(f"<figure><figcaption><p>{one}</p>Here</figcaption></figure>")
    assert described == f"<figure>{one}<figcaption>Here</figcaption></figure>"
    assert sanitiser.clean(f"<pre>x <i>{one}</i></pre>") == f"<pre><code>x </code></pre>{one}"


def test_spans_over_half_a_library_count_for_nothing():
    rows = '<tr><td colspan="20" rowspan="100">a</td><td>b</td></tr>' * 60
    assert (
        sanitiser.clean(f"<table>{rows}</table>").count("<tr><td><p>a</p></td><td><p>b</p></td></tr>") == 60
    )


def test_a_control_character_in_a_reference_does_not_stay():
    assert sanitiser.clean("<p>a&#1;b&#13;c</p>") == "<p>ab c</p>"


def test_deep_nesting_keeps_its_words():
    assert "deep" in sanitiser.clean("<blockquote>" * 3000 + "deep" + "</blockquote>" * 3000)


def test_an_empty_paragraph_at_the_end_goes_and_one_between_others_stays():
    assert sanitiser.clean("<p>a</p><p></p><p>b</p><p></p><p> </p>") == "<p>a</p><p></p><p>b</p>"
