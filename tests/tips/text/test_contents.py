"""What a body holds, counted."""

from tips.text import contents


def test_alternative_texts_and_urls_are_no_words_and_blocks_part_words():
    source = (
        '<p>One <a href="https://example.com/a-b">li</a>nk</p><img src="/media/x.png" alt="not a word">'
        "<table><tbody><tr><td>two</td><td>three</td></tr></tbody></table>"
    )
    assert contents.words(source) == {"One": 1, "link": 1, "two": 1, "three": 1}


def test_words_are_counted_as_a_writer_counts_them():
    source = (
        '<p>One <strong>two</strong>three &amp;</p><ul><li><p>four</p></li></ul><ol start="3"><li><p>five'
        '</p></li></ol><p>six<br>seven</p><img src="/media/x.png" alt="not counted">'
    )
    assert contents.words(source).total() == 7


def test_a_picture_is_its_file_and_a_link_its_url():
    source = '<img src="/media/x.png" alt="a"><img src="/media/x.png" alt="b"><p><a href="/y/">y</a></p>'
    assert contents.things(source, "picture") == {"/media/x.png": 2}
    assert contents.things(source, "link") == {"/y/": 1}
    assert contents.things(source, "list") == {}
