from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from tests.tips.making import ago, make_tip
from tips.models import Page, Tip, TipState
from tips.search import archive


@pytest.mark.django_db(transaction=True)
def test_it_is_read_once_and_again_after_each_change(django_assert_num_queries):
    tip = make_tip("One", tags=["queue"])
    first = archive.current()
    assert (list(first.ids), [label.name for label in first.labels]) == ([tip.pk], ["queue"])
    with django_assert_num_queries(1):
        assert archive.current() is first
    other = make_tip("Two", publish_at=ago(days=800))
    assert list(archive.current().ids) == [tip.pk, other.pk]
    assert archive.current().years == sorted({tip.publish_at.year, other.publish_at.year}, reverse=True)
    Tip.objects.filter(pk=tip.pk).update(state=TipState.WITHDRAWN)
    assert list(archive.current().ids) == [other.pk]


@pytest.mark.django_db(transaction=True)
def test_a_tip_that_goes_live_by_time_alone_is_in_it():
    moment = timezone.now() + timedelta(hours=1)
    tip = make_tip("Later", publish_at=moment)
    assert list(archive.current().ids) == []
    with time_machine.travel(moment + timedelta(seconds=1)):
        assert list(archive.current().ids) == [tip.pk]


@pytest.mark.django_db
def test_it_counts_the_tips_of_each_label_and_has_the_pages_that_readers_see():
    for tags in (["phone"], ["phone", "rain"]):
        make_tip(categories=["Manners"], tags=tags)
    make_tip(state=TipState.DRAFT, categories=["Manners"], tags=["phone"])
    Page.objects.create(title="Team", path="/team/", body="<p>We.</p>", state=Page.State.APPROVED)
    public = archive.current()
    counted = [(label.name, count) for label, count in public.counts.items()]
    assert counted == [("Manners", 2), ("phone", 2), ("rain", 1)]
    assert [(page.path, page.title) for page in public.pages] == [("/team/", "Team")]


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_took_back_is_not_kept():
    tip = make_tip("One")
    with transaction.atomic():
        other = make_tip("Two")
        assert other.pk in archive.current().ids
        transaction.set_rollback(True)
    assert list(archive.current().ids) == [tip.pk]
