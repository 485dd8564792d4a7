"""What tests of a restore are made of: how far a database is, taken down and put back."""

import json

from django.utils import timezone

from subscribers.models import DatabaseIdentity, Delivery, Mailing, Subscriber
from subscribers.people import journal
from tests.tips.making import make_tip


def checkpoints():
    return [json.loads(line) for line in journal.path().read_text().splitlines()]


def take_backup():
    return DatabaseIdentity.objects.values("name", "counter", "noted").get()


def put_back(backup):
    DatabaseIdentity.objects.update(**backup)


def mailing_of(count, **fields):
    """Make a mailing that is on its way to so many people, none of whom has it."""
    values = {
        "state": Mailing.State.SENDING,
        "started_at": timezone.now(),
        "audience_up_to": Mailing.ALL,
        "audience": count,
    } | fields
    mailing = Mailing.objects.create(tip=make_tip(for_mail=True), **values)
    people = [Subscriber.objects.create(address=f"p{mailing.pk}-{n}@example.org") for n in range(count)]
    rows = [Delivery.objects.create(mailing=mailing, subscriber=person) for person in people]
    return mailing, rows
