import random
from difflib import SequenceMatcher

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tips.text import diff
from tips.text.diff import ADDED, REMOVED, SAME


def shown(old, new):
    """Return the difference of two bodies in a short notation: (kind) word [-word-] {+word+}."""
    marks = {SAME: "{}", ADDED: "{{+{}+}}", REMOVED: "[-{}-]"}
    return [
        " ".join(marks[run.change].format(run.text) for run in block.runs)
        for block in diff.compare(diff.blocks(old), diff.blocks(new))
    ]


def test_words_that_changed_stand_beside_what_took_their_place():
    old = "<p>The quick brown fox jumps high over it.</p>"
    assert shown(old, old.replace("brown", "red")) == ["The quick [-brown-] {+red+} fox jumps high over it."]


def test_chance_words_between_changes_do_not_make_a_sieve_of_the_text():
    old = "<p>We met. A customer in a hurry shouts. We parted.</p>"
    new = "<p>We met. The guest with a plan whispers. We parted.</p>"
    assert shown(old, new) == [
        "We met. [-A customer in a hurry shouts.-] {+The guest with a plan whispers.+} We parted."
    ]


def test_a_paragraph_that_was_split_shows_as_a_new_break():
    old, new = "<p>One two three. Four five six.</p>", "<p>One two three.</p><p>Four five six.</p>"
    first, second = diff.compare(diff.blocks(old), diff.blocks(new))
    assert (first.break_change, second.break_change) == ("", ADDED)
    assert all(run.change == SAME for block in (first, second) for run in block.runs)


def test_paragraphs_that_came_or_went_are_whole():
    assert shown("<p>One.</p><p>Two.</p>", "<p>One.</p>") == ["One.", "[-Two.-]"]
    assert shown("", "<p>One.</p>") == ["{+One.+}"]


def test_structure_is_part_of_the_difference():
    (block,) = diff.compare(diff.blocks("<h2>Why</h2>"), diff.blocks("<h3>Why</h3>"))
    assert (block.kind, block.former_kind, block.is_same) == ("smaller heading", "heading", False)
    kinds = diff.blocks(
        "<p>a</p><ul><li><p>b</p><ol><li><p>c</p></li></ol></li><li><p>d</p></li></ul>"
        "<blockquote><p>e</p></blockquote><p>f</p>"
    )
    assert [kind for kind, _ in kinds] == [
        "paragraph",
        "list item",
        "numbered item",
        "list item",
        "paragraph, quoted",
        "paragraph",
    ]


def test_links_and_pictures_are_compared_by_their_addresses_too():
    link = '<p>See <a href="https://{}.example/">there</a>.</p>'
    assert shown(link.format("a"), link.format("b")) == [
        "See there [-(https://a.example/).-] {+(https://b.example/).+}"
    ]
    picture = '<p><img src="/media/x.webp" alt="A dog"></p>'
    assert shown("", picture) == ["{+[picture x.webp: A dog]+}"]


def test_long_unchanged_stretches_are_folded():
    old = "".join(f"<p>Paragraph {number}.</p>" for number in range(10))
    found = diff.compare(diff.blocks(old), diff.blocks(old.replace("graph 9", "graph nine")))
    assert [(len(blocks), hidden) for blocks, hidden in diff.folded(found)] == [(8, True), (2, False)]


def test_two_books_are_compared_without_end_of_patience():
    words = random.Random(1)
    old, new = (
        [("paragraph", [str(words.random()) for _ in range(30_000)])],
        [("paragraph", [str(words.random()) for _ in range(30_000)])],
    )
    (block,) = diff.compare(old, new)
    assert [run.change for run in block.runs] == [REMOVED, ADDED]


texts = st.lists(
    st.tuples(st.sampled_from(["paragraph", "heading"]), st.lists(st.sampled_from("abcdef"), min_size=1)),
    max_size=6,
)


@given(texts, texts)
@settings(max_examples=150, deadline=None)
def test_no_word_is_lost_or_made_up(old, new):
    found = diff.compare(old, new)
    for text, changes in ((old, {SAME, REMOVED}), (new, {SAME, ADDED})):
        runs = [run for block in found for run in block.runs if run.change in changes]
        words = " ".join(run.text for run in runs).split()
        assert words == [word for _, words in text for word in words]


@pytest.mark.parametrize("same", ["", "<p>One.</p><ul><li><p>Two</p></li></ul>"])
def test_equal_texts_have_no_difference(same):
    assert all(block.is_same for block in diff.compare(*[diff.blocks(same)] * 2))


@pytest.mark.parametrize("between", [" ", "</p><p>"])
def test_a_text_that_repeats_itself_is_shown_as_replaced_rather_than_compared(between, monkeypatch):
    compared = []

    class Counted(SequenceMatcher):
        def __init__(self, junk, old, new, **options):
            compared.append(sum(old.count(each) for each in new))
            super().__init__(junk, old, new, **options)

    monkeypatch.setattr(diff, "SequenceMatcher", Counted)
    old, new = (f"<p>{between.join(['word'] * times)} {end}</p>" for times, end in ((4000, "a"), (3900, "b")))
    found = diff.compare(diff.blocks(old), diff.blocks(new))
    assert sum(compared) <= 300_000
    runs = [run for block in found for run in block.runs]
    changes = {run.change for run in runs}
    assert changes == {ADDED, REMOVED}
    texts = {change: " ".join(run.text for run in runs if run.change == change) for change in changes}
    assert texts == {REMOVED: "word " * 4000 + "a", ADDED: "word " * 3900 + "b"}


def test_many_changed_paragraphs_share_one_bound():
    def body(times, end):
        return "".join(f"<p>Stays {n}.</p><p>{'word ' * times}{end}</p>" for n in range(100))

    found = diff.compare(diff.blocks(body(400, "a")), diff.blocks(body(390, "b")))
    compared = [block for block in found if {run.change for run in block.runs} == {SAME, ADDED, REMOVED}]
    assert len(compared) == 1


def test_every_element_of_a_body_is_a_block_in_words():
    source = (
        "<h4>Small</h4><hr><pre><code>a\n b</code></pre><figure><figcaption>Me</figcaption></figure>"
        "<table><tbody><tr><td><p>Do</p><p>smile</p></td><td><p></p></td><th><p>x</p></th></tr></tbody></table>"
    )
    assert diff.blocks(source) == [
        ("smallest heading", ["Small"]),
        ("rule", ["⸻"]),
        ("code", ["a", "b"]),
        ("caption", ["Me"]),
        ("row of a table", ["Do", "smile", "|", "|", "x"]),
    ]
