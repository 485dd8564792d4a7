"""An import leaves versions of the texts that it wrote, and of no other."""

import pytest

from tests.tips.importers.shapes import page, post
from tests.tips.importers.stored import BODY, only
from tips.models import TEXTS, TipVersion
from tips.publishing import history

pytestmark = pytest.mark.django_db


def kept():
    return [(version.reason, version.tags) for version in history.saved(only())]


def test_each_tip_has_its_first_version_with_its_tags_and_one_for_each_import_that_changed_it(bring):
    first = page("trust", post("Wait – 4/30/19", BODY, footer=True))
    bring(first)
    assert [reason for reason, _ in kept()] == ["Imported."]
    assert kept()[0][1] == sorted(only().tags.names())
    bring(first)
    assert len(kept()) == 1
    bring(page("trust", post("Wait – 4/30/19", BODY + "\n\nA third paragraph makes it longer.", footer=True)))
    assert [reason for reason, _ in kept()] == ["Imported anew.", "Imported."]
    newest = history.saved(only())[0]
    assert [getattr(newest, name) for name in TEXTS] == [getattr(only(), name) for name in TEXTS]


def test_a_dry_run_leaves_none(bring):
    bring(page("trust", post("Wait – 4/30/19", BODY)), dry_run=True)
    assert not TipVersion.objects.exists()
