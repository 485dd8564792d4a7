import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction

from desk.errors import NotPermitted, WrongState
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Category, FormerSlug, Tag, TaggedTip, Tip, TipState, TipVersion
from tips.publishing import tagging

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
    assert tagging.merge(patience, [calm, cool], by=editor) == 1
    assert list(both.tags.names()) == ["patience"]
    assert list(others.tags.names()) == ["patience"]
    assert list(neither.tags.names()) == ["else"]
    assert set(Tag.objects.values_list("name", flat=True)) == {"patience", "else"}


def test_merging_keeps_a_tips_place_in_the_list_by_state_and_date(editor):
    keep, goes = make_tags("keep", "goes")
    tip = make_tip(tags=["goes"])
    tagging.merge(keep, [goes], by=editor)
    place = TaggedTip.objects.get(tag=keep)
    assert (place.state, place.publish_at) == (TipState.APPROVED, tip.publish_at)


def test_old_addresses_lead_to_the_last_of_a_chain_of_mergers(editor):
    a, b, c = make_tags("a", "b", "c")
    tagging.merge(a, [b], by=editor)
    assert former() == {"b": "a"}
    tagging.merge(c, [a], by=editor)
    assert former() == {"a": "c", "b": "c"}


def test_merging_tells_the_history_of_the_kept_tag(editor):
    keep, goes = make_tags("keep", "goes")
    make_tip(tags=["goes"])
    tagging.merge(keep, [goes], by=editor)
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
            assert tagging.merge(keep, [goes], by=editor) == number
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
        tagging.merge(keep, [goes, gone], by=editor)
    assert Tag.objects.filter(name="goes").exists()


def test_merging_needs_two_tags(editor):
    (only,) = make_tags("only")
    with pytest.raises(WrongState, match="at least two"):
        tagging.merge(only, [only], by=editor)


def test_authors_neither_merge_nor_rename():
    author = make_person("ann", "Author")
    a, b = make_tags("a", "b")
    with pytest.raises(NotPermitted, match="Ask an editor"):
        tagging.merge(a, [b], by=author)
    with pytest.raises(NotPermitted, match="Ask an editor"):
        tagging.rename(a, "c", by=author)


def test_renaming_leads_the_old_address_to_the_new_one_and_back_again(editor):
    (tag,) = make_tags("Fone manners")
    tagging.rename(tag, "Phone  manners", by=editor)
    assert (tag.name, tag.slug, former()) == (
        "Phone manners",
        "phone-manners",
        {"fone-manners": "phone-manners"},
    )
    tagging.rename(tag, "Fone manners", by=editor)
    assert former() == {"phone-manners": "fone-manners"}


def test_renaming_by_case_alone_keeps_the_address(editor):
    (tag,) = make_tags("e-mail")
    tagging.rename(tag, "E-mail", by=editor)
    assert (tag.name, tag.slug, former()) == ("E-mail", "e-mail", {})


@pytest.mark.parametrize("name", ["ÉTIQUETTE", "étiquette", " Étiquette "])
def test_renaming_refuses_another_tags_name_in_any_case(editor, name):
    _, tag = make_tags("Étiquette", "manners")
    with pytest.raises(WrongState, match="Merge the two instead"):
        tagging.rename(tag, name, by=editor)


def test_renaming_refuses_another_tags_address(editor):
    _, tag = make_tags("hold", "waiting")
    with pytest.raises(WrongState, match="Another tag has the address"):
        tagging.rename(tag, "On hold", "hold", by=editor)


def test_a_name_in_another_case_is_the_same_tag():
    (tag,) = make_tags("Café service")
    assert tagging.find_or_make(["café  SERVICE", "Café service"]) == [tag]
    assert Tag.objects.count() == 1


def test_the_name_of_a_merged_tag_is_the_tag_it_was_merged_into(editor):
    keep, goes = make_tags("complaints", "Grievances")
    tagging.merge(keep, [goes], by=editor)
    assert tagging.find_or_make(["grievances"]) == [keep]


def test_a_new_tag_leaves_old_addresses_of_others_where_they_lead(editor):
    (priced,) = make_tags("$5 questions")
    tagging.rename(priced, "Price questions", by=editor)
    (new,) = tagging.find_or_make(["5 questions"])
    assert (new.name, new.slug, former()) == (
        "5 questions",
        "5-questions-2",
        {"5-questions": "price-questions"},
    )


def test_a_tag_that_takes_anothers_old_name_and_address_has_them_for_itself(editor):
    keep, goes, other = make_tags("keep", "goes", "other")
    tagging.merge(keep, [goes], by=editor)
    tagging.rename(other, "goes", "goes", by=editor)
    assert former() == {"other": "goes"}
    assert tagging.find_or_make(["Goes", "Other"]) == [other]


@pytest.mark.parametrize(
    ("name", "new_name", "unlike"),
    [
        ("$5 questions", "Price questions", "5 questions"),
        ("A+ service", "Top marks", "A service"),
        ("C++", "Compilers", "C#"),
        ("\U0001f3f7", "Labels", "Tag"),
    ],
)
def test_the_old_name_of_a_tag_means_no_other_name_with_the_same_address(editor, name, new_name, unlike):
    (tag,) = make_tags(name)
    tagging.rename(tag, new_name, by=editor)
    found, new = tagging.find_or_make([name, unlike])
    assert (found, new.name) == (tag, unlike)
    assert new != tag


def test_spellings_that_a_reader_takes_for_one_are_one_tag():
    spellings = ["service recovery", "service\u200b recovery", "ser\u00advice recovery"]
    spellings += ["Service\u2060 Recovery", "service\u00a0recovery\u0008", "\u202eservice recovery"]
    (tag,) = tagging.find_or_make(["\u0002", " ", *spellings])
    tag.refresh_from_db()
    assert (tag.name, tag.slug) == ("service recovery", "service-recovery")
    assert tagging.find_or_make(reversed(spellings)) == [tag]


def test_a_tag_of_signs_alone_has_an_address_of_its_own(client):
    for tag in tagging.find_or_make(["…", "\U0001f389", "समय", "บริการ"]):
        make_tip(tags=[tag])
        assert client.get(tag.get_absolute_url()).status_code == 200
    assert set(Tag.objects.values_list("slug", flat=True)) == {
        "horizontal-ellipsis",
        "party-popper",
        "समय",
        "บริการ",
    }


def test_names_that_are_added_to_a_tip_as_text_are_found_in_any_spelling(editor):
    (tag,) = make_tags("waiting")
    tagging.rename(tag, "Patience", by=editor)
    tip = make_tip(tags=["PATIENCE\u200b", "Wait\u00ading", "\u2060", "On hold", "on\u00a0hold", "on-hold"])
    assert set(tip.tags.names()) == {"Patience", "On hold", "on-hold"}
    assert set(tip.tags.slugs()) == {"patience", "on-hold", "on-hold-2"}
    tip.tags.set(["patience"])
    assert list(tip.tags.all()) == [tag]


def test_the_database_holds_names_apart_whatever_writes_them():
    (tag,) = make_tags("waiting")
    for write in (
        lambda: Tag.objects.create(name="Wait\u00ading", slug="other"),
        lambda: Tag.objects.bulk_create([Tag(name="waiting\u200b", slug="other")]),
        lambda: Tag.objects.create(name="\u200b", slug="other"),
        lambda: Category.objects.create(name="\u0002", slug="other"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()
    Tag.objects.filter(pk=tag.pk).update(name="Hold\u0008ing\u2060 on")
    assert tagging.find_or_make(["holding on"]) == [tag]
    tag.name = "queues"
    Tag.objects.bulk_update([tag], ["name"])
    assert tagging.find_or_make(["Queues"]) == [tag]
    assert Tag.objects.get_or_create(name="queues\u200b")[0] == tag


def test_two_names_that_make_one_address_get_two():
    first, second = tagging.find_or_make(["on hold", "on-hold"])
    assert (first.slug, second.slug) == ("on-hold", "on-hold-2")


def test_a_merger_and_a_new_name_are_in_the_history_of_every_tip_they_touch(editor):
    keep, goes = make_tags("keep", "goes")
    touched, untouched = make_tip(tags=["goes"]), make_tip(tags=["keep"])
    for tip in (touched, untouched):
        TipVersion.objects.record(tip)
    number = untouched.versions.count()
    tagging.merge(keep, [goes], by=editor)
    newest = touched.versions.first()
    assert (newest.tags, newest.saved_by, newest.body) == (["keep"], editor, touched.body)
    assert newest.reason == "Merged into the tag “keep”: “goes”."
    assert untouched.versions.count() == number
    tagging.rename(keep, "kept", by=editor)
    assert touched.versions.first().tags == untouched.versions.first().tags == ["kept"]
    number = touched.versions.count()
    tagging.rename(keep, "kept", "address", by=editor)
    assert touched.versions.count() == number


def test_a_tag_is_made_beside_another_one_that_takes_its_address_at_that_moment(monkeypatch):
    Tag.objects.create(name="$5 questions", slug="5-questions")
    slugs, free_slug = iter(["5-questions"]), tagging.free_slug
    monkeypatch.setattr(tagging, "free_slug", lambda name: next(slugs, None) or free_slug(name))
    assert tagging.make("5 questions").slug == "5-questions-2"
    slugs = iter(["5-questions"])
    assert tagging.make("$5\u00a0Questions").slug == "5-questions"
