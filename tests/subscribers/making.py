"""What tests of mailings are made of: people, tips that are live, and mailings that are open."""

from datetime import timedelta

from django.utils import timezone

from subscribers import addresses
from subscribers.delivery import audience, scheduling
from subscribers.models import Delivery, Mailing, Subscriber
from tips.models import Tip, TipState

# The fields of a delivery of which nobody knows, for the second time, whether it went out.
HELD = {"state": Delivery.State.UNCERTAIN, "uncertain_count": 2, "reply": "its worker failed"}

BODY = "<p>Greet whoever comes in before they reach the counter, and say your name.</p>"


def make_people(count, *, domains=5):
    """Make so many subscribers who confirmed yesterday."""
    people = []
    for number in range(count):
        address = f"reader{number}@host{number % domains}.example"
        person = Subscriber(
            address=address, address_folded=address, joined_at=timezone.now() - timedelta(days=1)
        )
        person.address_hash = addresses.keyed_hash(address)
        people.append(person)
    return Subscriber.objects.bulk_create(people)


def make_tip(at=None, **fields):
    """Make an approved tip that goes live at a moment (an aware datetime; a minute ago unless given)."""
    at = at or timezone.now() - timedelta(minutes=1)
    number = Tip.objects.count()
    values = {
        "title": f"Greet them first {number}",
        "slug": f"greet-{number}",
        "body": BODY,
        "takeaway": "Greet first.",
        "state": TipState.APPROVED,
        "publish_at": at,
        "approved_at": at,
    }
    return Tip.objects.create(**values | fields)


def make_mailing(tip=None, **fields):
    """Make a mailing that begins now."""
    values = {"tip": tip or make_tip(), "starts_at": timezone.now()}
    return Mailing.objects.create(**values | fields)


def open_mailing(**fields):
    """Make a mailing, and the rows of its audience."""
    mailing = make_mailing(**fields)
    assert scheduling.freeze(mailing.pk)
    audience.extend_due()
    mailing.refresh_from_db()
    return mailing


def make_begun(state=Mailing.State.SENDING, rows=(), **fields):
    """Make a mailing that began an hour ago; ``rows`` are the states of its deliveries, or their fields."""
    moment = timezone.now() - timedelta(hours=1)
    values = {"started_at": moment, "starts_at": moment, "audience_up_to": Mailing.ALL, "audience": len(rows)}
    values |= {"subject": "Greet them", "text": "Greet.", "html": "<p>Greet.</p>", "state": state}
    mailing = make_mailing(tip=make_tip(moment), **values | fields)
    people = make_people(len(rows)) if rows else []
    for person, row in zip(people, rows, strict=True):
        row = row if isinstance(row, dict) else {"state": row}
        Delivery.objects.create(mailing=mailing, subscriber=person, **row)
    return mailing
