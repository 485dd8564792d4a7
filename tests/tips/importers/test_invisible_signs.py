"""Signs that nobody sees make no second tip, tag or category of one, and are in no title."""

import pytest

from tests.tips.importers.shapes import page, post
from tests.tips.importers.stored import BODY, counts, names, only, rows
from tests.tips.people import make_person
from tips.importers import pages
from tips.models import Category, Tag, Tip
from tips.publishing import tagging
from tips.search import queries

pytestmark = pytest.mark.django_db

TWINS = [
    page("queues", post("Mind the Gap – 3/3/26", BODY, "Front Desk", footer=True)),
    page("que\u00adues", post("Mind\u200b the Gap – 3/3/26", BODY, "Front Desk", footer=True)),
    page("queues\u2060", post("\u202eMind the G\u00adap – 3/3/26", BODY, "Front\u2060 Desk", footer=True)),
]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("is_one_run", [True, False])
def test_pages_that_read_alike_make_one_tip_one_tag_and_one_category(bring, order, is_one_run):
    texts = [TWINS[place] for place in order]
    for some in [texts] if is_one_run else [[text] for text in texts]:
        bring(*some)
    assert only().title == "Mind the Gap"
    assert (names(Tag.objects), names(Category.objects)) == (["queues"], ["Front Desk"])
    before = rows()
    for text in reversed(texts):
        assert counts(bring(text)) == (0, 0, 1)
    assert rows() == before


def test_a_text_that_differs_in_signs_that_nobody_sees_is_the_same(bring):
    bring(page("x", post("A – 4/30/19", BODY, footer=True)))
    before = rows()
    assert counts(bring(page("x", post("A – 4/30/19", BODY.replace("e", "e\u00ad"), footer=True)))) == (
        0,
        0,
        1,
    )
    assert rows() == before


def test_control_characters_are_in_no_name(bring):
    bring(page("night shift\u0002 notes", post("Hold\u0008 on – 6/2/26", BODY, "Front Desk\u0008 Work")))
    assert (names(Tag.objects), names(Category.objects)) == (["night shift notes"], ["Front Desk Work"])
    assert only().title == "Hold on"


@pytest.mark.parametrize("name", ["\u0002", "\u200b\u2060", "\u00ad"])
def test_a_page_whose_name_shows_nothing_gives_no_tag(bring, name):
    bring(page("x", post("A – 4/30/19", BODY)), page(f"{name} | A site - Page 1", post("B – 4/30/19", BODY)))
    assert names(Tag.objects) == ["x"]


@pytest.mark.parametrize(
    ("renamed", "name"), [("$5 questions", "5 questions"), ("A+ service", "A service"), ("C++", "C#")]
)
def test_a_renamed_tag_takes_no_other_name_along(bring, renamed, name):
    editor = make_person("ed", "Editor")
    (tag,) = tagging.find_or_make([renamed])
    tagging.rename(tag, "Quite another", by=editor)
    bring(page(name, post("A – 4/30/19", BODY)), page(renamed, post("B – 4/30/19", BODY)))
    tags = {tip.title: names(tip.tags) for tip in Tip.objects.all()}
    assert tags == {"A": [name], "B": ["Quite another"]}


def test_what_turns_the_direction_of_writing_is_in_no_title_whatever_writes_it(desk_form):
    tip = Tip.objects.create(title="\u202eOne\u202c", slug="one")
    assert tip.title == "One"
    Tip.objects.bulk_create([Tip(title="T\u2066wo\u2069", slug="two")])
    Tip.objects.filter(slug="one").update(title="\u202dThree")
    other = Tip.objects.get(slug="two")
    other.title = "Fo\u200fur"
    Tip.objects.bulk_update([other], ["title"])
    assert set(Tip.objects.values_list("title", flat=True)) == {"Three", "Four"}
    assert desk_form(title="\u202eFive\u0008") == "Five"
    assert pages.Page(page("x", post("S\u202eix – 4/30/19", BODY)), "x").posts[0].title == "Six"


@pytest.fixture
def desk_form(client, django_user_model):
    """Return a function that saves a new tip by the form of the admin, and returns its title."""
    client.force_login(django_user_model.objects.create_superuser("boss"))

    def save(**fields):
        client.post(
            "/admin/tips/tip/add/", {"title": "", "slug": "", "body": "<p>A.</p>", "tags": "", **fields}
        )
        return Tip.objects.latest("pk").title

    return save


def test_words_with_signs_that_nobody_sees_are_found(bring):
    text = "Every pat\u00adience test be\u00adgins with a long queue. The gar\u200bdener rang O\u02bbahu."
    bring(page("x", post("Don\u02bct Wait – 4/30/19", text)))
    for words in ("patience", "begins", "gardener", "don't wait", "O’ahu"):
        assert queries.find(words).page.total == 1, words
