from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tips.making import ago, hidden_tips, make_tip
from tips.models import ApprovedCount, CategorisedTip, Category, Tag, TaggedTip, Tip, TipState, counts


def counted():
    """Return what counting all rows finds, as the numbers should have it."""
    numbers = {
        f"{name} {label.pk}": label.placements.filter(state=TipState.APPROVED).count()
        for name, model in (("category", Category), ("tag", Tag))
        for label in model.objects.all()
    }
    return numbers | {ApprovedCount.ALL: Tip.objects.filter(state=TipState.APPROVED).count()}


def kept():
    labels = {f"category {pk}" for pk in Category.objects.values_list("pk", flat=True)}
    labels |= {f"tag {pk}" for pk in Tag.objects.values_list("pk", flat=True)}
    numbers = dict.fromkeys(labels | {ApprovedCount.ALL}, 0)
    numbers |= dict(ApprovedCount.objects.values_list("key", "approved"))
    return {key: number for key, number in numbers.items() if number or key in labels | {ApprovedCount.ALL}}


# Committed, since PostgreSQL counts as a transaction ends.
@pytest.mark.django_db(transaction=True)
def test_they_are_true_by_whatever_path_a_tip_changes():
    tips = [make_tip(tags=["phone", "rain"], categories=["Business"]) for _ in range(3)]
    hidden_tips(tags=["phone"], categories=["Business"])
    make_tip("Undated", undated=True, tags=["rain"])
    assert kept() == counted()
    Tip.objects.filter(pk=tips[0].pk).update(state=TipState.WITHDRAWN)
    assert kept() == counted()
    Tip.objects.filter(state=TipState.WITHDRAWN, pk=tips[0].pk).update(state=TipState.APPROVED)
    phone, rain = Tag.objects.get(name="phone"), Tag.objects.get(name="rain")
    TaggedTip.objects.filter(content_object=tips[1], tag=rain).delete()
    TaggedTip.objects.filter(content_object=tips[1], tag=phone).update(tag=rain)
    CategorisedTip.objects.filter(tip=tips[1]).delete()
    assert kept() == counted()
    tips[2].delete()
    rain.delete()
    assert kept() == counted()


@pytest.mark.django_db(transaction=True)
def test_what_is_to_come_is_taken_off_until_its_moment():
    make_tip(tags=["phone"], publish_at=ago(days=1))
    tomorrow = timezone.now() + timedelta(days=1)
    make_tip(tags=["phone", "rain"], publish_at=tomorrow, state=TipState.APPROVED)
    phone = Tag.objects.get(name="phone")
    assert (counts.published(), counts.published(phone)) == (1, 1)
    assert counts.labels(Tag) == [(phone, 1)]
    assert counts.published(phone, tomorrow) == 2
    assert counts.labels(Tag, most=0) == counts.labels(Category) == []
