from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tips.making import ago, make_tip
from tips.models import CategorisedTip, TaggedTip, Tip, TipState

pytestmark = pytest.mark.django_db


def titles(tips):
    return [tip.title for tip in tips]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    state=st.sampled_from(TipState.values),
    minutes=st.none() | st.integers(-3, 3),
    undated=st.booleans(),
)
def test_the_two_forms_of_the_rule_of_what_is_public_agree(state, minutes, undated):
    now = timezone.now()
    with time_machine.travel(now, tick=False), transaction.atomic():
        publish_at = None if minutes is None else now + timedelta(minutes=minutes)
        if state == TipState.APPROVED and undated == (publish_at is not None):
            return
        tip = make_tip(state=state, publish_at=publish_at, undated=undated, tags=["one"], categories=["Two"])
        expected = Tip.objects.published().filter(pk=tip.pk).exists()
        assert tip.is_published == expected
        for placements in (
            TaggedTip.objects.filter(content_object=tip),
            CategorisedTip.objects.filter(tip=tip),
        ):
            assert placements.published().exists() == expected
        dated = Tip.objects.published_dated().filter(pk=tip.pk).exists()
        assert dated == (expected and publish_at is not None)
        transaction.set_rollback(True)


def test_the_database_refuses_an_approved_tip_that_is_neither_dated_nor_undated():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_tip(publish_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_tip(undated=True, publish_at=ago(days=1))


def test_lists_have_the_newest_first_and_the_undated_last():
    make_tip("undated", undated=True)
    make_tip("old", publish_at=ago(days=9))
    make_tip("also undated", undated=True)
    make_tip("new", publish_at=ago(days=1))
    assert titles(Tip.objects.published().newest_first()) == ["new", "old", "undated", "also undated"]


def test_a_place_in_a_list_follows_its_tip_by_whatever_path_it_changes():
    tip = make_tip(tags=["phone"], categories=["Business"])
    later = timezone.now() + timedelta(days=1)
    Tip.objects.filter(pk=tip.pk).update(publish_at=later)
    assert {TaggedTip.objects.get().publish_at, CategorisedTip.objects.get().publish_at} == {later}
    tip.refresh_from_db()
    tip.state, tip.publish_at = TipState.DRAFT, None
    tip.save()
    for placement in (TaggedTip.objects.get(), CategorisedTip.objects.get()):
        assert (placement.state, placement.publish_at) == (TipState.DRAFT, None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tips_tip SET undated = true, state = 'approved'")
    assert TaggedTip.objects.published().exists()


def test_an_excerpt_is_taken_from_the_body_where_none_was_written():
    assert make_tip(body="<p>Answer &amp; smile.</p>").excerpt == "Answer & smile."
    assert make_tip(body="<p>Answer.</p>", excerpt="Mine").excerpt == "Mine"


def test_a_promotion_at_the_end_is_in_no_excerpt():
    tip = make_tip(body="<p>Answer.</p><p>Listen to our podcast at http://www.example.org/</p>")
    assert tip.excerpt == "Answer."
    assert "podcast" in tip.body
