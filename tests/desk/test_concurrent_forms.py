"""The forms of categories, tags, synonyms and colleagues: what a colleague changed meanwhile stays."""

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from desk.forms import SavedAtOnce
from tests.desk.sent_forms import as_sent
from tests.tips.people import make_person
from tips.models import Category, Idea, SynonymGroup, Tag
from tips.publishing import categories, tagging
from tips.search import synonyms

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(make_person("pat", "Publisher"))
    return client


def url_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def said(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_saving_a_categorys_older_form_does_not_undo_a_rename(desk):
    category = categories.make("Sport")
    page = desk.get(url_of(category))
    Category.objects.filter(pk=category.pk).update(name="Sports")
    response = desk.post(url_of(category), as_sent(page, "name"))
    assert Category.objects.get().name == "Sports"
    assert "changed “Name” meanwhile; that stays." in said(response)


def test_two_renames_of_a_category_are_shown_beside_each_other(desk):
    category = categories.make("Sport")
    page = desk.get(url_of(category))
    Category.objects.filter(pk=category.pk).update(name="Sports")
    asked = desk.post(url_of(category), as_sent(page, "name", name="Games"))
    assert "changed the same" in asked.text
    assert Category.objects.get().name == "Sports"
    desk.post(url_of(category), as_sent(asked, "name", **{"take-name": "mine"}))
    assert Category.objects.get().name == "Games"


def test_an_older_form_of_an_idea_keeps_the_line_that_a_colleague_gave_it(desk):
    idea = Idea.objects.create(line="The baker")
    page = desk.get(url_of(idea))
    Idea.objects.filter(pk=idea.pk).update(line="The honest baker")
    response = desk.post(url_of(idea), as_sent(page, "line", thought="Yesterday’s bread."))
    changed = Idea.objects.get()
    assert (changed.line, changed.thought) == ("The honest baker", "Yesterday’s bread.")
    assert "changed “What it is about” meanwhile; that stays." in said(response)


def test_an_admin_whose_form_would_let_the_last_win_is_refused():
    careless = type("Careless", (SavedAtOnce,), {"form": forms.ModelForm})
    with pytest.raises(ImproperlyConfigured, match="Careless"):
        careless(Idea, admin.site)


def test_a_tag_whose_address_alone_is_changed_keeps_the_name_that_a_colleague_gave_it(desk):
    tag = tagging.make("serenity")
    page = desk.get(url_of(tag))
    tagging.rename(Tag.objects.get(), "calm", by=User.objects.get(username="pat"))
    desk.post(url_of(tag), as_sent(page, "name", slug="quiet"))
    assert "changed the same" in desk.post(url_of(tag), as_sent(page, "name", slug="quiet")).text
    assert Tag.objects.get().name == "calm"


def test_a_merger_does_nothing_to_a_tag_that_was_renamed_since_the_page_asked(desk):
    tags = [tagging.make(name) for name in ("serenity", "quiet")]
    chosen = {"action": "merge_selected", "_selected_action": [tag.pk for tag in tags]}
    asked = desk.post("/admin/tips/tag/", chosen)
    Tag.objects.filter(name="quiet").update(name="noise")
    desk.post("/admin/tips/tag/", as_sent(asked, "keep", keep=f"{tags[0].pk}"))
    assert {tag.name for tag in Tag.objects.all()} == {"serenity", "noise"}


def test_words_that_two_people_add_to_a_group_of_synonyms_are_both_there(desk):
    SynonymGroup.objects.all().delete()
    group = SynonymGroup.objects.create()
    synonyms.write(group, ["sorry", "apology"])
    page = desk.get(url_of(group))
    synonyms.write(group, ["sorry", "apology", "regret"])
    desk.post(url_of(group), as_sent(page, "words", words="sorry\r\npardon"))
    assert {each.text for each in group.synonyms.all()} == {"sorry", "regret", "pardon"}


def test_a_superusers_older_form_takes_no_role_from_a_colleague(client):
    client.force_login(User.objects.create_superuser("root", "root@example.org", "root-knows-this"))
    person = make_person("ann", "Author")
    page = client.get(url_of(person))
    person.groups.set(make_person("ed", "Editor").groups.all())
    User.objects.filter(pk=person.pk).update(is_active=False)
    client.post(url_of(person), as_sent(page, "first_name", first_name="Ann"))
    fresh = User.objects.get(pk=person.pk)
    assert (fresh.first_name, fresh.is_active) == ("Ann", False)
    assert [group.name for group in fresh.groups.all()] == ["Editor"]
