"""What staff wrote stays, whatever an archive states."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tips.importers.shapes import page, post, teaser
from tests.tips.importers.stored import BODY, CUT, counts, names, only, plain
from tips import dates
from tips.models import Category, Tag, Tip, TipState
from tips.publishing import categories, tagging

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Mine"),
        ("excerpt", "Mine."),
        ("body", "<p>Mine.</p>"),
        ("takeaway", "Mine."),
        ("takeaway", ""),
        ("state", TipState.WITHDRAWN),
        ("publish_at", datetime(2018, 1, 2, 12, tzinfo=UTC)),
    ],
)
def test_what_staff_edited_is_never_overwritten(bring, field, value):
    text = page("x", post("A – 4/30/19", BODY + "\n\nBe kind.", footer=True))
    bring(text)
    tip = only()
    setattr(tip, field, value)
    tip.save()
    assert counts(bring(text)) == (0, 0, 1)
    bring(page("x", post("A – 4/30/19", BODY + "\n\nAnd a lot more.\n\nBe very kind.", footer=True)))
    assert getattr(only(), field) == value


def test_a_teaser_that_staff_gave_a_text_keeps_it(bring):
    bring(page("x", teaser("A - 4/30/19", CUT)))
    tip = only()
    tip.body = "<p>Mine.</p>"
    tip.save()
    bring(page("x", post("A – 4/30/19", BODY)))
    assert (only().body, only().excerpt) == ("<p>Mine.</p>", CUT)


def test_tags_and_categories_that_staff_removed_do_not_come_back(bring):
    text = page("x", post("A", BODY, "Sports"))
    bring(text)
    only().tags.clear()
    only().categories.clear()
    assert counts(bring(text)) == (0, 0, 1)
    assert (names(only().tags), names(only().categories)) == ([], [])


def test_tags_and_categories_that_staff_added_stay(bring):
    bring(page("x", teaser("A - 4/30/19", CUT)))
    only().tags.add("mine")
    only().categories.add(Category.objects.create(name="Mine", slug="mine"))
    bring(page("x", post("A – 4/30/19", BODY, "Sports")))
    assert (names(only().tags), names(only().categories)) == (["mine", "x"], ["Mine", "Sports"])


def test_a_renamed_tag_and_a_renamed_category_are_not_made_again(bring, django_user_model):
    text = page("x", post("A", BODY, "Sports"))
    bring(text)
    boss = django_user_model.objects.create_superuser("boss")
    tagging.rename(Tag.objects.get(), "unknown", by=boss)
    category = Category.objects.get()
    category.name = "Games"
    categories.save(category, "Sports", by=boss)
    bring(text, page("x", post("B", BODY, "Sports")))
    assert (names(Tag.objects), names(Category.objects)) == (["unknown"], ["Games"])
    assert [names(tip.tags) for tip in Tip.objects.all()] == [["unknown"], ["unknown"]]


def test_a_tip_written_by_hand_is_the_same_tip_and_gets_what_it_lacks(bring):
    Tip.objects.create(
        title="Don't rush",
        slug="mine",
        excerpt="Mine.",
        publish_at=dates.moment(date(2019, 4, 30)),
        pinned=True,
    )
    text = page("x", post("Don’t Rush – 4/30/19", BODY, "Sports"))
    assert counts(bring(text)) == (0, 1, 0)
    tip = only()
    assert (tip.title, tip.slug, tip.excerpt, plain(tip), tip.state) == (
        "Don't rush",
        "mine",
        "Mine.",
        BODY,
        TipState.DRAFT,
    )
    assert (names(tip.tags), names(tip.categories), tip.for_mail) == (["x"], ["Sports"], True)
    assert counts(bring(text)) == (0, 0, 1)


def test_a_new_tip_takes_no_address_that_another_one_had(bring):
    other = Tip.objects.create(title="Other", slug="other", undated=True)
    other.former_slugs.create(slug="listen")
    bring(page("x", post("Listen – 4/30/19", BODY)))
    assert Tip.objects.filter(slug="listen-2019").exists()


def test_an_import_waits_for_who_changes_the_queue_before_it_holds_any_tip(bring):
    text = page("x", post("A – 4/30/19", BODY))
    bring(text)
    with CaptureQueriesContext(connection) as asked:
        bring(text)
    tables = [
        name for each in asked for name in ("tips_queueversion", "tips_tip") if f'"{name}"' in each["sql"]
    ]
    assert tables[0] == "tips_queueversion"
