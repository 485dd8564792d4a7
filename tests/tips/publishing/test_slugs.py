import pytest
from django.contrib.admin.models import LogEntry

from desk.errors import NotPermitted, Overtaken, WrongState
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tips.models import FormerSlug, Tip, TipState
from tips.publishing import slugs

pytestmark = pytest.mark.django_db


@pytest.fixture
def ed():
    return make_person("ed", "Editor")


def test_readers_of_the_old_address_are_led_to_the_new_one(client, ed):
    tip = make_tip("Ring back", slug="ring-back")
    slugs.change(tip, " Call-Again/ ", by=ed)
    assert tip.slug == "call-again"
    answer = client.get("/tips/ring-back/")
    assert (answer.status_code, answer["Location"]) == (301, "/tips/call-again/")
    entry = LogEntry.objects.get(object_id=tip.pk)
    assert "from “ring-back” to “call-again”" in entry.change_message


def test_going_back_leaves_no_circle(client, ed):
    tip = make_tip(slug="one")
    slugs.change(tip, "two", by=ed)
    slugs.change(tip, "three", by=ed)
    slugs.change(tip, "one", by=ed)
    assert client.get("/tips/one/").status_code == 200
    assert set(FormerSlug.objects.values_list("slug", flat=True)) == {"two", "three"}
    assert client.get("/tips/two/")["Location"] == "/tips/one/"


def test_an_address_that_nobody_knew_leads_nowhere(client, ed):
    tip = make_tip(slug="secret", state=TipState.APPROVED, publish_at=ago(days=-2))
    slugs.change(tip, "later", by=ed)
    assert not FormerSlug.objects.exists()
    assert client.get("/tips/secret/").status_code == 404


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("taken", "is the address of “Other”"),
        ("once", "was the address of “Other”"),
        ("mine", "is its address already"),
        ("", "small letters"),
        ("two words", "small letters"),
        ("a/b", "small letters"),
        ("C++", "small letters"),
        ("x" * 201, "small letters"),
    ],
)
def test_what_cannot_be_is_said_in_words(ed, slug, words):
    other = make_tip("Other", slug="once")
    slugs.change(other, "taken", by=ed)
    tip = make_tip("Mine", slug="mine")
    with pytest.raises(WrongState, match=words):
        slugs.change(tip, slug, by=ed)
    assert Tip.objects.get(pk=tip.pk).slug == "mine"


def test_an_author_does_not_move_a_tip():
    with pytest.raises(NotPermitted):
        slugs.change(make_tip(), "elsewhere", by=make_person("ann", "Author"))


def test_the_second_of_two_editors_is_told(ed):
    tip = make_tip(slug="one")
    seen = Tip.objects.get(pk=tip.pk)
    slugs.change(tip, "two", by=ed)
    with pytest.raises(Overtaken):
        slugs.change(seen, "three", by=ed)


def test_a_new_tip_takes_no_address_that_still_leads_elsewhere(ed):
    tip = make_tip(slug="ring-back")
    slugs.change(tip, "call", by=ed)
    assert slugs.free("Ring back") == "ring-back-2"
    assert slugs.free("Ring back", besides=tip.pk) == "ring-back"


def test_a_title_makes_an_address_in_whatever_script():
    made = {title: slugs.free(title) for title in ("提示", "Café: ½ price", "समय पर", "…")}
    assert list(made.values()) == ["提示", "cafe-12-price", "समय-पर", "horizontal-ellipsis"]
