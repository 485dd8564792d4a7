"""One page's text to posts: what goes in comes out."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tips.importers.shapes import FOOTER, WEEK, page, post, teaser
from tips.importers import pages
from tips.text import excerpts, folding, html_to_plain


def parsed(text):
    return pages.Page(text, "page.txt")


def only(text):
    [parsed_post] = parsed(text).posts
    return parsed_post


def warnings(text):
    return [(warning.line, warning.message) for warning in parsed(text).warnings]


# The archive's name


@pytest.mark.parametrize(
    "line",
    ["retention", "retention | The Site, Inc. - Page 143", " retention\u00a0| A – Page 2 "],
)
def test_the_first_line_names_the_tag_of_the_full_posts_alone(line):
    parsed_page = parsed(page(line, teaser("A - 1/2/24", "Once"), post("B – 1/9/24", "Text.")))
    assert [parsed_post.tags for parsed_post in parsed_page.posts] == [(), ("retention",)]
    assert parsed_page.warnings == []


def test_a_category_page_makes_no_tag():
    text = page(
        "business  ADVICE | Site - Page 2", post("A", "Text.", "Sports, Business Advice"), post("B", "Text.")
    )
    assert [parsed_post.tags for parsed_post in parsed(text).posts] == [(), ()]


def test_a_site_name_without_a_page_is_left_out_with_a_warning():
    text = page("retention | The Site", post("A", "Text."))
    assert only(text).tags == ("retention",)
    assert [line for line, _ in warnings(text)] == [1]


@pytest.mark.parametrize("first", [post("A – 1/2/24", "Text."), teaser("A - 1/2/24", "Once")])
def test_a_page_without_a_name_gives_its_tips_and_no_tag(first):
    text = page(first, post("B", "Text."))
    assert [(parsed_post.title, parsed_post.tags) for parsed_post in parsed(text).posts] == [
        ("A", ()),
        ("B", ()),
    ]
    assert [line for line, _ in warnings(text)] == [1]


# The strip


def test_an_entry_of_the_strip_gives_its_title_its_date_and_its_excerpt():
    parsed_post = only(page("x", teaser("Don’t Rush - 4/29/25", "Somebody rings,\u00a0 and…")))
    assert (parsed_post.title, parsed_post.day, parsed_post.excerpt) == (
        "Don’t Rush",
        date(2025, 4, 29),
        "Somebody rings, and…",
    )
    assert not parsed_post.full
    assert (parsed_post.file, parsed_post.line) == ("page.txt", 3)


def test_an_entry_without_a_date_is_kept_with_a_warning():
    text = page("x", teaser("A - 1/2/24", "One"), teaser("No date", "Two"), teaser("B - 1/9/24", "Three"))
    assert [(parsed_post.title, parsed_post.day is None) for parsed_post in parsed(text).posts] == [
        ("A", False),
        ("No date", True),
        ("B", False),
    ]
    assert [line for line, _ in warnings(text)] == [8]


def test_an_excerpt_without_its_ending_is_kept_with_a_warning():
    text = page("x", "A - 1/2/24\n\n\nA short one.", teaser("B - 1/9/24", "Two"))
    assert [parsed_post.excerpt for parsed_post in parsed(text).posts] == ["A short one.", "Two"]
    assert [line for line, _ in warnings(text)] == [3]


def test_what_belongs_to_no_tip_is_named_with_its_line():
    text = page("x", "Sidebar", "Another", teaser("A - 1/2/24", "One"), "Archives\nand more")
    assert [parsed_post.title for parsed_post in parsed(text).posts] == ["A"]
    assert [line for line, _ in warnings(text)] == [3, 5, 12]


def test_a_title_without_a_paragraph_is_no_tip():
    text = page("x", "A - 1/2/24", teaser("B - 1/9/24", "One"))
    assert [parsed_post.title for parsed_post in parsed(text).posts] == ["B"]
    assert [line for line, _ in warnings(text)] == [3]


# Titles and dates


@pytest.mark.parametrize("dash", [" - ", " – ", " — ", "\u00a0– "])
@pytest.mark.parametrize("day", ["4/29/25", "04/29/25", "4/29/2025"])
def test_a_date_after_any_dash_leaves_the_title(dash, day):
    parsed_post = only(page("x", post(f"Don’t Rush{dash}{day}", "Text.")))
    assert (parsed_post.title, parsed_post.day) == ("Don’t Rush", date(2025, 4, 29))


@pytest.mark.parametrize("title", ["One – 1 at a Time", "Open 24/7", "4/29/25", "Half - 1/2", "More $$$"])
def test_a_title_without_a_date_stays_whole(title):
    parsed_post = only(page("x", post(title, "Text.")))
    assert (parsed_post.title, parsed_post.day, parsed_post.impossible) == (title, None, False)


@pytest.mark.parametrize("entry", [teaser("Look - 13/45/24", "One"), post("Look - 13/45/24", "One")])
def test_an_impossible_date_stays_in_the_title_with_a_warning(entry):
    parsed_post = only(page("x", entry))
    assert (parsed_post.title, parsed_post.day, parsed_post.impossible) == ("Look - 13/45/24", None, True)
    [(line, message)] = warnings(page("x", entry))
    assert line == 3
    assert "no such date" in message


# The "Posted on" line


@pytest.mark.parametrize(
    ("posted", "day"),
    [
        ("January 5, 2012", date(2012, 1, 5)),
        ("Jan 5, 2012", date(2012, 1, 5)),
        ("Sept. 5, 2012", date(2012, 9, 5)),
        ("1/5/12", date(2012, 1, 5)),
        ("", None),
    ],
)
@pytest.mark.parametrize(
    "comments",
    ["Please leave a comment", "Leave a comment", "3 Comments", "1 Comment", "Comments Off", "No Comments"],
)
def test_it_reads_the_forms_of_the_posted_line(posted, day, comments):
    parsed_post = only(
        page("x", post("A", "Text.", "Sports, Made in Ohio", posted=posted, comments=comments))
    )
    assert (parsed_post.day, parsed_post.categories) == (day, ("Sports", "Made in Ohio"))
    assert parsed_post.body == "<p>Text.</p>"


def test_the_date_of_the_title_goes_before_that_of_the_posted_line():
    assert only(page("x", post("A – 1/3/12", "Text.", posted="January 5, 2012"))).day == date(2012, 1, 3)


def test_an_impossible_posted_date_makes_an_undated_draft():
    text = page("x", post("A", "Text.", posted="February 30, 2012"))
    assert only(text).impossible
    assert [line for line, _ in warnings(text)] == [5]


@pytest.mark.parametrize(
    "line",
    [
        "Posted on the wall in the lobby, a sign said hello.",
        "Posted on in a hurry, it had a typo.",
        "posted on in Sports Please leave a comment",
        "It was Posted on in Sports Please leave a comment",
        "Posted on the wall in Sports 3 Comments",
        "Posted on in Sports",
    ],
)
def test_a_line_that_merely_looks_like_it_stays_text(line):
    parsed_post = only(page("x", post("A", f"One.\n\n{line}\n\nTwo.")))
    assert html_to_plain.to_text(parsed_post.body) == f"One.\n\n{line}\n\nTwo."


def test_an_almost_posted_line_is_named():
    assert [line for line, _ in warnings(page("x", post("A", "One.\n\nPosted on in Sports\n\nTwo.")))] == [10]


def test_text_below_a_posted_line_without_a_title_goes_to_no_other_tip():
    text = page(
        "x",
        post("A", "One.\n\nTake.", footer=True) + "Posted on in\u00a0Sports 3 Comments\n\nStray.",
        post("B", "Two."),
    )
    assert [html_to_plain.to_text(parsed_post.body) for parsed_post in parsed(text).posts] == ["One.", "Two."]
    assert ["belongs to no tip" in message for _, message in warnings(text)] == [True]


def test_a_post_without_text_is_kept_with_a_warning():
    text = page("x", post("A", ""), post("B", "Two."))
    assert [parsed_post.body for parsed_post in parsed(text).posts] == ["", "<p>Two.</p>"]
    assert [line for line, _ in warnings(text)] == [3]


# Footer, takeaway, promotions


def test_the_last_paragraph_before_the_footer_is_the_takeaway_and_stands_only_there():
    parsed_post = only(page("x", post("A", "One.\n\nTwo.\n\nBe\nkind.", footer=True)))
    assert (parsed_post.body, parsed_post.takeaway) == ("<p>One.</p><p>Two.</p>", "Be kind.")


@pytest.mark.parametrize(
    "text",
    [
        page("x", post("A", "One.\n\nTwo.")),
        page("x", post("A", "One.\n\nTwo.", "Sports", footer=True)),
    ],
)
def test_without_a_footer_or_in_another_category_there_is_no_takeaway(text):
    assert (only(text).body, only(text).takeaway) == ("<p>One.</p><p>Two.</p>", "")


def test_the_only_paragraph_and_a_list_are_no_takeaway():
    assert only(page("x", post("A", "One.", footer=True))).takeaway == ""
    assert only(page("x", post("A", "One.\n\nRead our New Book", footer=True))).takeaway == ""
    assert only(page("x", post("A", "One.\n\n• Two", footer=True))).takeaway == ""


def test_promotions_behind_the_takeaway_stay_in_the_body():
    body = "One.\n\nBe kind.\n\nRead our New Book – http://example.org/\n\nListen to us at www.example.org"
    parsed_post = only(page("x", post("A", body, f"Sports, {WEEK.upper()}", footer=True)))
    assert parsed_post.takeaway == "Be kind."
    assert html_to_plain.to_text(parsed_post.body).startswith("One.\n\nRead our New Book")
    assert excerpts.searchable_text(parsed_post.body) == "One."


def test_a_short_line_before_the_takeaway_is_no_heading():
    assert (
        only(page("x", post("A", "One.\n\nShort line\n\nBe kind.", footer=True))).body
        == "<p>One.</p><p>Short line</p>"
    )


@pytest.mark.parametrize(
    "footer", [FOOTER, FOOTER.replace("\u00a0", " "), "Signup for FREE Tips!\tVisit Our Home Page "]
)
def test_the_footer_is_in_no_text(footer):
    parsed_post = only(page("x", post("A", f"One.\n\nTwo.\n{footer}\n\u00a0\n\nMore.")))
    assert html_to_plain.to_text(parsed_post.body) == "One.\n\nMore."
    assert parsed_post.takeaway == "Two."


def test_a_sentence_about_signing_up_stays():
    text = "Signup for FREE Tips! We mean it."
    assert html_to_plain.to_text(only(page("x", post("A", text))).body) == text


# What goes in comes out

words = st.text("abcdefgäß’–<&", min_size=1, max_size=9)
sentences = st.lists(words, min_size=1, max_size=12).map(lambda many: " ".join(many) + ".")
# Two of these in a row would be a list.
sentences = sentences.filter(lambda sentence: not sentence.startswith("– "))
titles = st.lists(words, min_size=1, max_size=6).map(lambda many: "T " + " ".join(many))
days = st.none() | st.dates(date(2001, 1, 1), date(2099, 12, 31))
dashes = st.sampled_from([" - ", " – ", " — "])
names = st.lists(
    st.sampled_from(["Sports", WEEK, "Business Advice", "Made in Ohio"]), unique=True, min_size=1
)
teasers = st.tuples(titles, st.dates(date(2001, 1, 1), date(2099, 12, 31)), sentences)
fulls = st.tuples(titles, days, dashes, names, st.lists(sentences, min_size=2, max_size=5), st.booleans())


def stamped(title, dash, day):
    return f"{title}{dash}{day.month}/{day.day}/{day:%y}" if day else title


@settings(max_examples=150, deadline=None)
@given(st.lists(teasers, max_size=4), st.lists(fulls, max_size=4))
def test_what_goes_in_comes_out(in_strip, in_full):
    text = page(
        "some tag | The Site - Page 3",
        *(teaser(stamped(title, " - ", day), excerpt) for title, day, excerpt in in_strip),
        *(
            post(stamped(title, dash, day), "\n\n".join(body), ", ".join(categories), footer)
            for title, day, dash, categories, body, footer in in_full
        ),
    )
    parsed_page = parsed(text)
    assert parsed_page.warnings == []
    assert [(p.title, p.day, p.excerpt) for p in parsed_page.posts if not p.full] == in_strip
    whole = [p for p in parsed_page.posts if p.full]
    assert [(p.title, p.day, list(p.categories), p.tags) for p in whole] == [
        (title, day, categories, ("some tag",)) for title, day, _, categories, _, _ in in_full
    ]
    for p, (_, _, _, categories, body, footer) in zip(whole, in_full, strict=True):
        assert bool(p.takeaway) == (footer and WEEK in categories)
        assert html_to_plain.blocks(p.body) + [p.takeaway] * bool(p.takeaway) == body


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "name",
                "T - 1/2/24",
                "T – 13/45/24",
                "x Read more",
                "Read more",
                "Posted on in Sports 3 Comments",
                FOOTER,
                "\u00a0",
                "",
                "• item",
                "2) two",
                "Plain words.",
                "Posted on in",
                "Posted on January 5, 2012 in A 1 Comment",
            ]
        )
        | st.text(max_size=20),
        max_size=25,
    ),
)
def test_no_page_breaks_the_parser(lines):
    lines = [line.replace("\n", " ").replace("\r", " ") for line in lines]
    parsed_page = parsed("\n".join(lines))
    for one in parsed_page.posts:
        assert one.title.strip()
        assert folding.visible(lines[one.line - 1]).startswith(one.title)
        assert not (one.impossible and one.day)
    for warning in parsed_page.warnings:
        assert 1 <= warning.line <= len(lines)
