"""Reports in the shapes of many servers, each judged as a person judges it."""

import pytest
from django.utils import timezone

from subscribers.bounces import reading, reports
from subscribers.models import BounceReport, Delivery, Mailing, Subscriber, Suppression
from tests.subscribers.bounces.cases import CASES
from tests.tips.making import make_tip

DELIVERY = 4711
NAMES = [case.name for case in CASES]


@pytest.fixture(autouse=True)
def address(settings):
    settings.BOUNCE_ADDRESS = "bounces@tips.example.org"


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_report_is_judged_as_a_person_judges_it(case):
    found = reading.read(case.raw(DELIVERY))
    assert (found.sort, found.judged.cause if found.judged else "") == (case.kind, case.cause)
    # Which of our mails it is about is known, wherever the token stands.
    assert found.delivery == DELIVERY


def test_there_are_enough_of_them_and_each_is_there_once():
    assert len(CASES) >= 60
    assert len(set(NAMES)) == len(CASES)
    assert {"hard", "soft", "policy", "complaint", "automatic", "other"} == {case.kind for case in CASES}


@pytest.mark.django_db
def test_what_passes_or_lies_with_the_sender_suppresses_nobody_and_what_is_certain_does():
    mailing = Mailing.objects.create(tip=make_tip("Smile", for_mail=True), state=Mailing.State.SENT)
    for number, case in enumerate(CASES):
        person = Subscriber.objects.create(address=f"reader{number}@example.net")
        delivery = Delivery.objects.create(
            mailing=mailing, subscriber=person, state=Delivery.State.SENT, sent_at=timezone.now()
        )
        raw = case.raw(delivery.pk)
        report = reports.take(raw)
        assert report.acted == (report.kind in (BounceReport.Kind.BOUNCED, BounceReport.Kind.COMPLAINED))
        silenced = Suppression.objects.filter(address_hash=person.address_hash).exists()
        assert not (silenced and case.kind in ("soft", "policy", "automatic", "other"))
        assert silenced == report.acted
        assert reports.take(raw).is_repeated
