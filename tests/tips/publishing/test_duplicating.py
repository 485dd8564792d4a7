import pytest
from django.contrib.admin.models import LogEntry

from desk.errors import NotPermitted
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Tip, TipState
from tips.publishing import duplicating


@pytest.mark.django_db
def test_a_copy_is_a_draft_of_its_own_with_the_same_texts():
    editor = make_person("ed", "Editor")
    tip = make_tip("T" * 200, body="<p>Text.</p>", takeaway="Smile.", categories=["Phone"], tags=["calm"])
    copy = duplicating.duplicate(tip, by=editor)
    assert (copy.state, copy.author, copy.publish_at, copy.pinned) == (TipState.DRAFT, editor, None, False)
    assert (copy.body, copy.takeaway, len(copy.title)) == (tip.body, tip.takeaway, 200)
    assert copy.title.endswith(" (copy)")
    assert copy.slug != tip.slug
    assert ([*copy.categories.all()], set(copy.tags.names())) == ([*tip.categories.all()], {"calm"})
    version = copy.versions.get()
    assert (version.tags, version.categories, version.saved_by) == (["calm"], ["Phone"], editor)
    assert LogEntry.objects.filter(object_id=copy.pk, change_message__startswith="Begun as a copy").exists()


@pytest.mark.django_db
def test_nobody_copies_what_they_may_not_see():
    draft = make_tip("Secret", state=TipState.DRAFT, publish_at=None, author=make_person("ann", "Author"))
    with pytest.raises(NotPermitted):
        duplicating.duplicate(draft, by=make_person("bo", "Author"))
    assert Tip.objects.count() == 1
