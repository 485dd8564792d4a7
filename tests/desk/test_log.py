import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.db import models

from desk.log import entries_about, log, log_each
from tests.tips.people import make_person

pytestmark = pytest.mark.django_db


class Change(models.TextChoices):
    MADE = "made"
    RENAMED = "renamed"


@pytest.fixture
def person():
    return make_person("ed")


def test_an_entry_has_a_sentence_for_people_and_a_code_for_the_program(person):
    group = Group.objects.create(name="Friends")
    assert log(person, group, Change.MADE, "Made at last.", ADDITION) == "Made at last."
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.object_repr) == (person, str(group.pk), "Friends")
    assert (entry.action_flag, entry.get_change_message()) == (ADDITION, "Made at last.")
    assert entry.coded.code == Change.MADE
    assert entry.get_edited_object() == group


def test_a_model_stands_for_all_of_its_rows(person):
    log(person, Group, Change.RENAMED, "All were renamed.")
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.object_repr, entry.content_type.model) == (None, "Groups", "group")
    assert entry.action_flag == CHANGE


def test_many_entries_cost_no_more_statements_than_one(person, django_assert_num_queries):
    groups = [Group.objects.create(name=name) for name in "abc"]
    log(person, groups[0], Change.MADE, "Once, for the cache of content types.")
    with django_assert_num_queries(2):
        log_each(person, Change.RENAMED, [(group, f"{group} was renamed.") for group in groups])
    with django_assert_num_queries(0):
        log_each(person, Change.RENAMED, [])
    entries = entries_about(*groups[1:]).filter(coded__code=Change.RENAMED)
    assert [entry.change_message for entry in entries] == ["c was renamed.", "b was renamed."]
    assert not entries_about().exists()
