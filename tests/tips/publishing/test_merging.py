"""Several tags, or several categories, are made one, and whatever led to them leads there."""

import pytest
from django.contrib.admin.models import LogEntry

from desk.errors import NotPermitted, WrongState
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.importers import taxonomy
from tips.models import CategorisedTip, Category, FormerSlug, Tag, TaggedTip, Tip, TipState
from tips.publishing import categories, merging, tagging

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return make_person("ed", "Editor")


def make_tags(*names):
    return [tagging.make(name) for name in names]


def former():
    return dict(FormerSlug.objects.values_list("slug", "tag__slug"))


def test_merging_gives_each_tip_the_kept_tag_once(editor):
    patience, calm, cool = make_tags("patience", "calm", "cool")
    both = make_tip(tags=["patience", "calm"])
    others = make_tip(tags=["calm", "cool"])
    neither = make_tip(tags=["else"])
    assert merging.merge(patience, [calm, cool], by=editor) == 1
    assert list(both.tags.names()) == ["patience"]
    assert list(others.tags.names()) == ["patience"]
    assert list(neither.tags.names()) == ["else"]
    assert set(Tag.objects.values_list("name", flat=True)) == {"patience", "else"}


def test_merging_keeps_a_tips_place_in_the_list_by_state_and_date(editor):
    keep, goes = make_tags("keep", "goes")
    tip = make_tip(tags=["goes"])
    merging.merge(keep, [goes], by=editor)
    place = TaggedTip.objects.get(tag=keep)
    assert (place.state, place.publish_at) == (TipState.APPROVED, tip.publish_at)


def test_old_addresses_lead_to_the_last_of_a_chain_of_mergers(editor):
    a, b, c = make_tags("a", "b", "c")
    merging.merge(a, [b], by=editor)
    assert former() == {"b": "a"}
    merging.merge(c, [a], by=editor)
    assert former() == {"a": "c", "b": "c"}


def test_merging_tells_the_history_of_the_kept_tag(editor):
    keep, goes = make_tags("keep", "goes")
    make_tip(tags=["goes"])
    merging.merge(keep, [goes], by=editor)
    entry = LogEntry.objects.get(object_id=keep.pk)
    assert (entry.user, entry.change_message) == (editor, "Merged “goes” into it; 1 tip gained it.")


def test_merging_takes_as_many_statements_for_many_tips_as_for_few(editor, django_assert_max_num_queries):
    def statements(number):
        keep, goes = make_tags(f"keep {number}", f"goes {number}")
        tips = Tip.objects.bulk_create(
            Tip(title=f"{number} {each}", slug=f"t-{number}-{each}") for each in range(number)
        )
        TaggedTip.objects.bulk_create(TaggedTip(content_object=tip, tag=goes) for tip in tips)
        with django_assert_max_num_queries(50) as captured:
            assert merging.merge(keep, [goes], by=editor) == number
        return len(captured)

    statements(1)  # Django looks some things up once and remembers them.
    assert statements(3) == (few := statements(60))
    # The versions of so many tips are written in batches.
    assert statements(300) - few < 12


def test_merging_a_tag_that_has_gone_changes_nothing(editor):
    keep, goes = make_tags("keep", "goes")
    make_tip(tags=["goes"])
    gone = Tag.objects.create(name="gone", slug="gone")
    Tag.objects.filter(pk=gone.pk).delete()
    with pytest.raises(WrongState, match="has gone meanwhile"):
        merging.merge(keep, [goes, gone], by=editor)
    assert Tag.objects.filter(name="goes").exists()


def test_merging_needs_two_tags(editor):
    (only,) = make_tags("only")
    with pytest.raises(WrongState, match="at least two"):
        merging.merge(only, [only], by=editor)


def test_the_name_of_a_merged_tag_is_the_tag_it_was_merged_into(editor):
    keep, goes = make_tags("complaints", "Grievances")
    merging.merge(keep, [goes], by=editor)
    assert tagging.find_or_make(["grievances"]) == [keep]


def test_authors_do_not_merge():
    author = make_person("ann", "Author")
    for make in (tagging.make, categories.make):
        a, b = make("a"), make("b")
        with pytest.raises(NotPermitted, match="Ask an editor"):
            merging.merge(a, [b], by=author)


# --- Categories -------------------------------------------------------------------------------------------


def test_merging_categories_gives_each_tip_the_kept_one_once(editor, client):
    keep, goes, too = (categories.make(name) for name in ("Phone", "Calls", "Fon"))
    both, other = make_tip(categories=["Phone", "Calls"]), make_tip(categories=["Calls", "Fon"])
    assert merging.merge(keep, [goes, too], by=editor) == 1
    assert [category.name for category in both.categories.all()] == ["Phone"]
    place = CategorisedTip.objects.get(tip=other)
    assert (place.category, place.state, place.publish_at) == (keep, TipState.APPROVED, other.publish_at)
    assert not Category.objects.exclude(pk=keep.pk).exists()
    newest = other.versions.first()
    assert newest.categories == ["Phone"]
    assert newest.reason == "Merged into the category “Phone”: “Calls”, “Fon”."


def test_what_led_to_a_merged_category_leads_to_the_last_of_a_chain(editor, client):
    a, b, c = (categories.make(name) for name in ("First", "Second", "Third"))
    make_tip(categories=["First", "Second", "Third"])
    merging.merge(b, [a], by=editor)
    merging.merge(c, [b], by=editor)
    for old in ("first", "second", "SECOND"):
        answer = client.get(f"/category/{old}/")
        assert (answer.status_code, answer["Location"]) == (301, "/category/third/"), old
    assert client.get("/category/first/feed/").status_code == 200
    assert taxonomy.categories(dry_run=False).find("second") == c.pk


def test_a_new_category_leaves_old_addresses_where_they_lead_and_one_that_takes_them_has_them(editor):
    keep, goes = categories.make("Keep"), categories.make("Goes")
    merging.merge(keep, [goes], by=editor)
    assert categories.make("Goes!").slug == "goes-2"
    other = Category(name="Other", slug="goes")
    categories.save(other, "", by=editor)
    assert not FormerSlug.objects.exists()
