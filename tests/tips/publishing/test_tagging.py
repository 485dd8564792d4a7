import pytest
from django.db import IntegrityError, transaction

from desk.errors import NotPermitted, WrongState
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Category, FormerSlug, Tag, TipVersion
from tips.publishing import merging, tagging

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return make_person("ed", "Editor")


def make_tags(*names):
    return [tagging.make(name) for name in names]


def former():
    return dict(FormerSlug.objects.values_list("slug", "tag__slug"))


def test_authors_do_not_rename():
    author = make_person("ann", "Author")
    (tag,) = make_tags("a")
    with pytest.raises(NotPermitted, match="Ask an editor"):
        tagging.rename(tag, "c", by=author)


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


def test_a_tag_by_which_the_desk_chooses_keeps_its_address(editor):
    (tag,) = make_tags("best of")
    tagging.rename(tag, "Our favourites", "favourites", by=editor)
    assert (tag.name, tag.slug, former()) == ("Our favourites", "best-of", {})
    # Who presses the button, or types the former name, means this tag.
    assert tagging.find_or_make(["Best of"]) == [tag]


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
    merging.merge(keep, [goes], by=editor)
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
    merging.merge(keep, [goes], by=editor)
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
