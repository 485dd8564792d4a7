import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.urls import reverse

from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tips.models import Category, FormerSlug, Tag
from tips.publishing import categories, naming, tagging

LIST = "/admin/tips/tag/"


def form_of(way):
    return reverse(f"admin:tips_{way._meta.model_name}_change", args=[way.pk])


def chosen(*tags):
    return {"action": "merge_selected", "_selected_action": [tag.pk for tag in tags]}


def messages(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_lists_count_tips_in_as_many_questions_for_any_number(desk, django_assert_max_num_queries):
    def questions():
        with django_assert_max_num_queries(9) as captured:
            page = desk.get(LIST).content.decode()
        return len(captured), page

    make_tip(tags=["a", "b"])
    make_tip(tags=["a"])
    questions()
    few, page = questions()
    assert '<td class="field-number_of_tips">2</td>' in page
    for number in range(30):
        make_tip(tags=[f"c{number}"])
    assert questions()[0] == few


def test_categories_are_merged_as_tags_are(desk):
    tip = make_tip(categories=["Calls"])
    keep, goes = categories.make("Phone"), tip.categories.get()
    listed = "/admin/tips/category/"
    assert "Which category stays?" in desk.post(listed, chosen(keep, goes)).content.decode()
    done = desk.post(listed, {**chosen(keep, goes), "post": "yes", "keep": keep.pk})
    assert "Merged into “Phone”: 1 tip gained it" in messages(done)[-1]
    assert list(tip.categories.all()) == [keep]


def test_deleting_offers_to_merge_instead(desk):
    used, unused = make_tip(categories=["Used"]).categories.get(), categories.make("Unused")
    for category, is_offered in ((used, True), (unused, False)):
        asked = desk.get(reverse("admin:tips_category_delete", args=[category.pk])).content.decode()
        assert ("merge instead" in asked) is is_offered
        assert ("1 tip loses this category" in asked) is is_offered
    sent = {"action": "delete_selected", "_selected_action": [used.pk, unused.pk]}
    assert "merge instead" in desk.post("/admin/tips/category/", sent).content.decode()


def test_merging_asks_which_tag_stays(desk):
    keep, goes = tagging.make("keep"), tagging.make("goes")
    tip = make_tip(tags=["goes"])
    asked = desk.post(LIST, chosen(keep, goes))
    assert "Which tag stays?" in asked.content.decode()
    assert Tag.objects.count() == 2
    done = desk.post(LIST, {**chosen(keep, goes), "post": "yes", "keep": keep.pk})
    assert "Merged into “keep”: 1 tip gained it" in messages(done)[-1]
    assert list(tip.tags.names()) == ["keep"]
    assert FormerSlug.objects.get().slug == "goes"


@pytest.mark.parametrize("keep", ["", "0", "x"])
def test_merging_without_a_tag_that_stays_is_refused(desk, keep):
    tags = [tagging.make("one"), tagging.make("two")]
    response = desk.post(LIST, {**chosen(*tags), "post": "yes", "keep": keep})
    assert "Say which of the tags stays." in response.content.decode()
    assert Tag.objects.count() == 2


def test_merging_one_tag_is_answered_with_what_to_do(desk):
    said = messages(desk.post(LIST, chosen(tagging.make("one"))))
    assert said == ["Choose at least two tags to merge."]


def test_an_author_is_not_offered_merging(client, author):
    one, two = tagging.make("one"), tagging.make("two")
    client.force_login(author)
    assert "merge_selected" not in client.get(LIST).content.decode()
    client.post(LIST, {**chosen(one, two), "post": "yes", "keep": one.pk})
    assert Tag.objects.count() == 2
    assert client.post(form_of(one), {"name": "other", "slug": ""}).status_code == 403


def test_renaming_in_the_form_moves_the_address(desk):
    tag = tagging.make("Fone")
    desk.post(form_of(tag), {"name": "Phone", "slug": "fone"})
    tag.refresh_from_db()
    assert (tag.name, tag.slug) == ("Phone", "phone")
    assert FormerSlug.objects.get(tag=tag).slug == "fone"
    history = desk.get(reverse("admin:tips_tag_history", args=[tag.pk])).content.decode()
    assert "Renamed from “Fone” to “Phone”." in history


@pytest.mark.parametrize("name", ["CAFÉ", "café", " Café "])
def test_a_tag_in_another_case_is_not_made_twice(desk, name):
    tagging.make("Café")
    response = desk.post(f"{LIST}add/", {"name": name, "slug": "another"})
    assert "choose both in the list and merge them" in response.content.decode()
    assert Tag.objects.count() == 1


@pytest.mark.parametrize("term", ["CAFÉ", "cafe\u0301", "cafe\u0301's ", "\u200bCafé’s", "CAFÉS"])
def test_the_list_finds_a_tag_in_any_spelling(desk, term):
    for name in ("Café's", "Cafe"):
        tagging.make(name)
    page = desk.get(LIST, {"q": term}).content.decode()
    assert ("Café" in page, ">Cafe<" in page) == (True, False)


def test_a_tag_and_a_category_without_an_address_get_one_made_from_the_name(desk):
    tagging.make("C")
    desk.post(f"{LIST}add/", {"name": "C++", "slug": ""})
    desk.post("/admin/tips/category/add/", {"name": "समय पर", "slug": ""})
    assert Tag.objects.get(name="C++").slug == "c-2"
    assert Category.objects.get().slug == "समय-पर"


@pytest.mark.parametrize("name", ["\u0008", "\u200b \u2060"])
def test_a_name_in_which_nothing_is_visible_is_refused_in_words(desk, name):
    for url in (f"{LIST}add/", "/admin/tips/category/add/"):
        assert "This field is required." in desk.post(url, {"name": name, "slug": "x"}).content.decode()


def test_a_control_character_in_a_name_is_left_out(desk):
    desk.post(f"{LIST}add/", {"name": "front\u0008 desk", "slug": ""})
    assert Tag.objects.get().name == "front desk"
    response = desk.post(f"{LIST}add/", {"name": "Front\u2060 Desk", "slug": "other"})
    assert "There is a tag “front desk” already." in response.content.decode()


def test_a_category_keeps_its_address_and_its_name_to_itself(desk):
    desk.post("/admin/tips/category/add/", {"name": "Sports", "slug": "sports"})
    category = Category.objects.get()
    desk.post(form_of(category), {"name": "Sport", "slug": "elsewhere"})
    category.refresh_from_db()
    assert (category.name, category.slug) == ("Sport", "sports")
    response = desk.post("/admin/tips/category/add/", {"name": "SPORT", "slug": "sport"})
    assert "There is a category “Sport” already." in response.content.decode()


def test_a_name_that_is_too_long_is_refused_and_not_cut(desk):
    form = desk.get(f"{LIST}add/").content.decode()
    assert "maxlength" not in form.split('name="name"', 1)[1].split(">")[0]
    response = desk.post(f"{LIST}add/", {"name": "x" * 150, "slug": ""})
    assert "at most 100 characters (it has 150)" in response.content.decode()


def test_how_many_were_found_is_said_where_somebody_searched(desk):
    tagging.make("calm")
    assert "Show all" not in desk.get(LIST).content.decode()
    assert "1 tag found" in desk.get(LIST, {"q": "calm"}).content.decode()


def test_deleting_says_how_many_tips_lose_it(desk):
    tip = make_tip(tags=["gone"])
    tag = Tag.objects.get()
    address = reverse("admin:tips_tag_delete", args=[tag.pk])
    assert "gone (on 1 tip; the tips themselves stay)" in desk.get(address).content.decode()
    desk.post(address, {"post": "yes"})
    assert list(tip.tags.all()) == []


def test_several_are_deleted_from_the_list(desk):
    make_tip(tags=["one", "two", "three"])
    ids = list(Tag.objects.exclude(name="three").values_list("pk", flat=True))
    desk.post(LIST, {"action": "delete_selected", "_selected_action": ids, "post": "yes"})
    assert [tag.name for tag in Tag.objects.all()] == ["three"]


def test_what_was_renamed_or_used_since_the_page_asked_is_not_deleted(desk):
    tag, category = tagging.make("calm"), categories.make("Phone")
    url, listed = reverse("admin:tips_tag_delete", args=[tag.pk]), "/admin/tips/category/"
    one = as_sent(desk.get(url), "seen")
    several = desk.post(listed, {"action": "delete_selected", "_selected_action": [category.pk]})
    make_tip(tags=["calm"])
    Category.objects.filter(pk=category.pk).update(name="Telephone")
    assert "Nothing was deleted" in messages(desk.post(url, one))[-1]
    assert "Nothing was deleted" in messages(desk.post(listed, as_sent(several, "seen")))[-1]
    assert (Tag.objects.count(), Category.objects.count()) == (1, 1)
    desk.post(url, as_sent(desk.get(url), "seen"))
    assert not Tag.objects.exists()


@pytest.mark.parametrize("at_once", [False, True])
def test_tips_keep_a_version_when_a_tag_or_a_category_is_deleted(desk, editor, at_once):
    editor.user_permissions.set(Permission.objects.filter(codename__in=["delete_tag", "delete_category"]))
    tip = make_tip("Seen", tags=["calm", "else"], categories=["Sports"])
    category = tip.categories.get()
    for way in (Tag.objects.get(name="calm"), category):
        if at_once:
            listed = reverse(f"admin:tips_{way._meta.model_name}_changelist")
            sent = {"action": "delete_selected", "_selected_action": [way.pk], "post": "yes"}
            desk.post(listed, sent)
        else:
            desk.post(reverse(f"admin:tips_{way._meta.model_name}_delete", args=[way.pk]), {"post": "yes"})
        assert not type(way).objects.filter(pk=way.pk).exists()
    calm, sports = list(tip.versions.order_by("pk"))[-2:]
    assert (calm.tags, calm.categories, calm.saved_by) == (["else"], ["Sports"], editor)
    assert (sports.tags, sports.categories) == (["else"], [])
    assert sports.reason == "Deleted, of the categories: “Sports”."


def test_tips_keep_a_version_when_a_category_is_renamed(desk, editor):
    tip = make_tip("Seen", categories=["Sports"])
    category = tip.categories.get()
    number = tip.versions.count()
    desk.post(form_of(category), {"name": "Sports"})
    assert tip.versions.count() == number
    desk.post(form_of(category), {"name": "Games"})
    newest = tip.versions.first()
    assert (newest.categories, newest.saved_by) == (["Games"], editor)
    assert newest.reason == "The category “Sports” is “Games” now."


@pytest.mark.parametrize("kind", ["tag", "category"])
def test_a_name_in_another_script_makes_its_address(desk, kind):
    desk.post(f"/admin/tips/{kind}/add/", {"name": "हिन्दी में", "slug": ""})
    desk.post(f"/admin/tips/{kind}/add/", {"name": "Thai", "slug": "ภาษาไทย"})
    model = Tag if kind == "tag" else Category
    assert set(model.objects.values_list("slug", flat=True)) == {"हिन्दी-में", "ภาษาไทย"}


# Two people at one moment


@pytest.fixture
def first_check_sees_nothing(monkeypatch):
    """Let the first check of a form run as if nobody else had saved yet; the database knows better."""
    checks = {naming: "same_name", forms.ModelForm: "validate_unique"}
    for owner, name in checks.items():
        real, calls = getattr(owner, name), []

        def check(*args, _real=real, _calls=calls, **options):
            _calls.append(1)
            return _real(*args, **options) if len(_calls) > 1 else None

        monkeypatch.setattr(owner, name, check)


@pytest.mark.parametrize("model", [Tag, Category])
@pytest.mark.parametrize("is_new", [True, False])
def test_who_saves_a_name_second_at_one_moment_is_told(desk, model, is_new, first_check_sees_nothing):
    model.objects.create(name="Same", slug="same")
    one = model.objects.create(name="One", slug="one")
    kind = model._meta.model_name
    form = reverse(f"admin:tips_{kind}_add") if is_new else form_of(one)
    response = desk.post(form, {"name": "sa\u200bme", "slug": ""})
    assert f"There is a {kind} “Same” already." in response.content.decode()
    assert sorted(model.objects.values_list("name", flat=True)) == ["One", "Same"]


@pytest.mark.parametrize("model", [Tag, Category])
def test_who_saves_a_slug_second_at_one_moment_is_told(desk, model, first_check_sees_nothing):
    model.objects.create(name="Same", slug="same")
    kind = model._meta.model_name
    page = desk.post(reverse(f"admin:tips_{kind}_add"), {"name": "Other", "slug": "same"}).content.decode()
    assert "This address is taken. Choose another." in page
    assert model.objects.count() == 1


@pytest.mark.parametrize("model", [Tag, Category])
def test_what_somebody_deleted_meanwhile_does_not_come_back(desk, model, monkeypatch):
    row = model.objects.create(name="One", slug="one")
    (page,) = [page for of, page in admin.site._registry.items() if of is model]
    found = iter([row])
    model.objects.all().delete()
    monkeypatch.setattr(page, "get_object", lambda *args: next(found, None))
    response = desk.post(form_of(row), {"name": "Two", "slug": "one"})
    assert response.status_code == 302
    assert f"There is no such {model._meta.verbose_name}" in messages(response)[-1]
    assert not model.objects.exists()


# Names in any script


@pytest.mark.parametrize("model", [Tag, Category])
@pytest.mark.parametrize("name", ["क्षमा", "บริการที่ดี", "İyi hizmet", "l\u0323\u0301", "\u0301"])
def test_a_name_with_vowel_signs_or_accents_of_any_script_is_taken(desk, model, name):
    kind = model._meta.model_name
    assert desk.post(reverse(f"admin:tips_{kind}_add"), {"name": name, "slug": ""}).status_code == 302
    row = model.objects.get()
    assert desk.post(form_of(row), {"name": row.name, "slug": row.slug}).status_code == 302
