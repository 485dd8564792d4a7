"""What a reader takes for one name is one, by every way in; what a reader can tell apart is two."""

import unicodedata

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.tips.people import make_person
from tips.admin.forms import TagsField
from tips.importers import taxonomy
from tips.models import Category
from tips.publishing import categories, naming, tagging
from tips.text import folding

INVISIBLE = "\u0002\u0008\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u202e\u2060\u2066"
INVISIBLE += "\ufe00\ufe0f\ufeff"
APOSTROPHES, HYPHENS = "'’‘ʼ′", "-\u2010\u2011\u2013\u2212"
LETTERS, DIGITS, SIGNS = "abdeimnorst", "0123456789", "+#$&%!"
LOOK_ALIKE = str.maketrans("aeopcx", "аеорсх")

names = (
    st.text(LETTERS + "éüñßпж" + DIGITS + SIGNS + "'- समय้", min_size=1, max_size=20)
    .map(folding.visible)
    .filter(lambda name: name and any(char in name for char in LETTERS))
)


@st.composite
def spellings(draw, name):
    """Draw another spelling of a name, which no reader can tell from it or would take for another."""
    for variants in (APOSTROPHES, HYPHENS):
        name = "".join(draw(st.sampled_from(variants)) if char in variants else char for char in name)
    name = draw(st.sampled_from([str, str.upper, str.lower, str.title]))(name)
    name = unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD", "NFKC"])), name)
    name = name.replace(" ", draw(st.sampled_from([" ", "  ", "\u00a0", " \t", "\u2009"])))
    for sign in draw(st.lists(st.sampled_from(INVISIBLE), max_size=4)):
        place = draw(st.integers(0, len(name)))
        name = name[:place] + sign + name[place:]
    return name


@st.composite
def others(draw, name):
    """Draw a name that differs in one visible letter, digit or sign; or in letters of another script."""
    place = draw(st.sampled_from([place for place, char in enumerate(name) if char in LETTERS]))
    other = draw(st.sampled_from(LETTERS + DIGITS + SIGNS))
    changed = [name[:place] + other + name[place + 1 :], name[:place] + other + name[place:]]
    return draw(st.sampled_from([*changed, name.translate(LOOK_ALIKE)]))


@pytest.fixture
def editor():
    return make_person("ed", "Editor")


def typed(name):
    """Return the tags that a name makes which is typed into a tip's form."""
    return tagging.find_or_make(TagsField().clean(f'"{name}"'))


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_names_are_told_apart_as_readers_do_by_forms_imports_and_renames(editor, data):
    name = data.draw(names)
    spelling, other = data.draw(spellings(name)), data.draw(others(name))
    assume(other != name)
    with transaction.atomic():
        (tag,) = typed(name)
        assert typed(spelling) == [tag]
        assert taxonomy.tags(dry_run=False).find_or_make(spelling) == tag.pk
        (unlike,) = typed(other)
        assert unlike != tag
        assert naming.same_name(type(tag), spelling, apart_from=unlike.pk) == tag
        # Renamed, it is found by its old name, and no other is.
        unlike.delete()
        tagging.rename(tag, "Quite another name", by=editor)
        assert typed(spelling) == [tag]
        assert taxonomy.tags(dry_run=False).find(spelling) == tag.pk
        assert taxonomy.tags(dry_run=False).find(other) is None
        assert typed(other) != [tag]
        # A category as well.
        category = categories.make(name)
        assert taxonomy.categories(dry_run=False).find_or_make(spelling) == category.pk
        assert taxonomy.categories(dry_run=False).find(other) is None
        category.name = "Quite another name"
        categories.save(category, name, by=editor)
        assert list(Category.objects.by_names([spelling, other]).values()) == [category]
        transaction.set_rollback(True)
