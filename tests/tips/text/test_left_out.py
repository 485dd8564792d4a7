"""What cleaning took out, in words."""

import pytest

from tips.text import left_out, sanitiser


def told(source):
    return " ".join(left_out.sentences(source, sanitiser.clean(source)))


@pytest.mark.parametrize(
    "source",
    [
        "<p>Plain</p>",
        '<div class="x" style="color: red">Words <u>stay</u></div>',
        "<table><tr><td>a</td><td>b</td></tr></table>",
        '<p><a href="tel:+15550100">Call</a> <a href="/tips/x/">or read</a></p>',
        f'<img src="/media/{"a" * 64}.png" alt="x">',
    ],
)
def test_nothing_is_said_where_nothing_went(source):
    assert told(source) == ""


def test_pictures_are_counted_by_where_they_were():
    source = (
        '<p>x<img src="https://b.org/1.png"><img src="//b.org/2.png"><img src="data:image/png;base64,A"></p>'
    )
    assert told(source) == (
        "Left out on saving: 2 pictures of other sites, 1 pasted picture. Upload a picture to show it."
    )


def test_links_are_counted_by_where_they_led():
    source = (
        '<p><a href="javascript:a()">a</a><a href=" JavaScript:b()">b</a><a href="file:///c">c</a>'
        '<a href="#note">d</a><a href="https://e.org">e</a></p>'
    )
    assert told(source) == (
        "Left out on saving: 1 link that leads nowhere from here, 2 links to javascript:, 1 link to file:."
    )


def test_scripts_frames_and_fields_are_named():
    source = "<p>x</p><script>a()</script><iframe src=x></iframe><input><video></video>"
    assert told(source) == (
        "Left out on saving: 1 script, 2 embedded films, frames or drawings, 1 field of a form."
    )


def test_a_table_for_layout_is_said_to_be_paragraphs_now():
    assert told("<table><tr><td>one</td></tr></table>") == (
        "1 table was taken for layout (one cell a row, or in another table): now paragraphs."
    )


def test_the_link_of_a_picture_is_said_to_be_gone():
    picture = f'<img src="/media/{"a" * 64}.png" alt="x">'
    assert told(
        f'<p><a href="https://e.org">one {picture} two</a>{picture}<a href="https://e.org">c</a></p>'
    ) == ("Left out on saving: 1 link of a picture. A picture cannot be a link here: link words beside it.")


@pytest.mark.parametrize(
    "source", ["<![>", "<!a [", "<![if !vml]><img src=x><![endif]>", "a<" * 50_000, "<!--" * 9]
)
def test_what_is_no_tag_is_read_over(source):
    assert left_out.sentences(source, "") == (
        ["Left out on saving: 1 picture of another site.", "Upload a picture to show it."] * ("img" in source)
    )


def test_the_caption_of_a_picture_that_went_is_said_to_have_gone_with_it():
    remote = '<figure>{}<img src="https://b.org/x.png"><figcaption>A desk</figcaption></figure>'
    assert "Its caption went with it." in told(remote.format(""))
    assert "caption" not in told(remote.format("Words beside it."))


def test_the_title_of_a_table_is_said_to_be_a_paragraph_now():
    cells = "<tr><td>a</td><td>b</td></tr>"
    assert told(f"<table><caption>Plan</caption>{cells}</table>") == (
        "1 title of a table is a paragraph above it now."
    )
    assert told(f"<table><caption> </caption>{cells}</table>") == ""
