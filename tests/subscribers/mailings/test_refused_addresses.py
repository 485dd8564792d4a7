"""What staff decide where too many addresses at once were refused, and how that is undone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken
from subscribers.delivery import repeated_refusals
from subscribers.mailings import control, refused_addresses
from subscribers.models import Delivery, Mailing, RepeatedRefusal, Suppression
from tests.subscribers.making import make_begun
from tests.subscribers.refusing import make_asked_about, refuse
from tests.tips.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Three people about whom staff are asked."""
    return make_asked_about()


def suppressed():
    return set(Suppression.objects.filter(reason="bounced").values_list("address_hash", flat=True))


def hashes(people):
    return {person.address_hash for person in people}


def test_the_question_says_how_many_of_how_many(people):
    question = refused_addresses.question()
    assert (question.whole.refused, question.whole.people, question.whole.percent) == (3, 20, "15.0")
    assert refused_addresses.replies() == [("550", 3)]


def test_they_are_suppressed_with_the_evidence_and_that_is_undone(people, publisher):
    assert "3 people" in refused_addresses.suppress(by=publisher)
    assert suppressed() == hashes(people)
    assert Suppression.objects.first().evidence.startswith("refused in 3 mailings in a row: 550 on ")
    assert Delivery.objects.filter(suppressed=True).count() == 3
    assert refused_addresses.question() is None
    # Those whom a person decided on count no more towards the next question.
    assert repeated_refusals.decide(timezone.now()) == 0
    assert suppressed() == hashes(people)
    refused_addresses.undo(by=publisher)
    assert not suppressed()
    assert not Delivery.objects.filter(suppressed=True).exists()
    assert refused_addresses.question().whole.refused == 3


def test_to_undo_lifts_nothing_that_holds_for_another_reason(people, publisher):
    other = Suppression.objects.create(
        address_hash=people[0].address_hash, reason=Suppression.Reason.BOUNCED, evidence="550 5.1.1"
    )
    refused_addresses.suppress(by=publisher)
    refused_addresses.undo(by=publisher)
    assert list(Suppression.objects.all()) == [other]


def test_whoever_is_kept_is_asked_about_again_only_after_three_more_refusals(people, publisher):
    refused_addresses.keep(by=publisher)
    assert not suppressed()
    RepeatedRefusal.objects.update(decided_at=timezone.now() - timedelta(days=22))
    Delivery.objects.update(settled_at=timezone.now() - timedelta(days=30))
    for week in (3, 2, 1):
        refuse(people, timezone.now() - timedelta(days=7 * week))
        waiting = RepeatedRefusal.objects.filter(state=RepeatedRefusal.State.WAITING)
        assert waiting.exists() == (week == 1)


def test_what_is_kept_can_be_decided_otherwise(people, publisher):
    refused_addresses.keep(by=publisher)
    refused_addresses.undo(by=publisher)
    refused_addresses.suppress(by=publisher)
    assert suppressed() == hashes(people)


def test_whoever_got_mail_meanwhile_is_not_suppressed(people, publisher):
    sent = {"state": Delivery.State.SENT, "settled_at": timezone.now()}
    Delivery.objects.create(mailing=make_begun(Mailing.State.SENT), subscriber=people[0], **sent)
    refused_addresses.suppress(by=publisher)
    assert suppressed() == hashes(people[1:])


def test_of_two_who_decide_one_is_refused(people, publisher):
    refused_addresses.keep(by=publisher)
    for verb in (refused_addresses.suppress, refused_addresses.keep):
        with pytest.raises(Overtaken, match="somebody was quicker"):
            verb(by=publisher)
    assert not suppressed()


def test_an_editor_decides_nothing(people):
    for verb in (refused_addresses.suppress, refused_addresses.keep, refused_addresses.undo):
        with pytest.raises(NotPermitted):
            verb(by=make_person(f"ed-{verb.__name__}", "Editor"))


def test_a_second_chance_ends_the_row_of_refusals(people, publisher):
    refused_addresses.suppress(by=publisher)
    last = Delivery.objects.filter(subscriber=people[0]).last().mailing
    tripped = {"state": Mailing.State.PAUSED, "tripped_from": timezone.now() - timedelta(hours=1)}
    Mailing.objects.filter(pk=last.pk).update(**tripped)
    last.refresh_from_db()
    control.resume(last, by=publisher)
    assert not suppressed()
    assert not RepeatedRefusal.objects.exists()
