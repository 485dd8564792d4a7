"""People whose address is refused in mailing after mailing, until staff are asked about them."""

from datetime import timedelta

from django.utils import timezone

from subscribers.delivery import repeated_refusals
from subscribers.models import Delivery, Mailing
from tests.subscribers.making import make_begun, make_people

REFUSED = {"state": Delivery.State.REFUSED, "refusal": Delivery.Refusal.UNCLEAR, "reply": "550"}


def refuse(people, at):
    """Refuse a mailing to some people at a moment."""
    mailing = make_begun(Mailing.State.SENT)
    for person in people:
        delivery = Delivery.objects.create(mailing=mailing, subscriber=person, settled_at=at, **REFUSED)
        repeated_refusals.note(delivery)


def make_asked_about():
    """Make twenty people, of whom three are refused in three weekly mailings; return the three."""
    people = make_people(20)[:3]
    for week in (2, 1, 0):
        refuse(people, timezone.now() - timedelta(days=7 * week))
    assert repeated_refusals.decide(timezone.now()) == 0
    return people
