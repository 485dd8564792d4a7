"""Who is written into the ledger while people move about, and when all of them are dealt with."""

from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from subscribers import addresses
from subscribers.delivery import audience, claims, scheduling
from subscribers.delivery.ledger import Ledger
from subscribers.mailings import control, status
from subscribers.models import Delivery, Mailing, Subscriber, Suppression
from subscribers.people import erasure, subscriptions, suppressions
from tests.at_once import SomebodyElse
from tests.subscribers.making import make_mailing, make_people, open_mailing

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_whoever_changes_their_address_while_it_is_opened_is_in_it_once(monkeypatch):
    monkeypatch.setattr(audience, "CHUNK", 2)
    people = make_people(6)
    mailing = make_mailing()
    scheduling.freeze(mailing.pk)
    assert audience.extend(mailing.pk)
    late = Subscriber.objects.create(address="late@example.org")
    for person in (people[0], people[4], late):
        assert subscriptions.move(subscriptions.ask_to_move(person, f"elsewhere{person.pk}@example.org"))
    audience.extend_due()
    mailing = Mailing.objects.get()
    assert (mailing.state, mailing.audience) == (Mailing.State.SENDING, 6)
    rows = mailing.deliveries.values_list("subscriber", flat=True)
    assert sorted(rows) == sorted(person.pk for person in people)


def test_what_was_half_open_before_an_upgrade_is_opened_anew_and_nobody_twice():
    people = make_people(4)
    mailing = make_mailing()
    scheduling.freeze(mailing.pk)
    Delivery.objects.create(mailing=mailing, subscriber=people[2])
    Mailing.objects.update(audience=1)
    audience.extend_due()
    mailing.refresh_from_db()
    assert (mailing.state, mailing.audience, mailing.deliveries.count()) == (Mailing.State.SENDING, 4, 4)


def test_a_list_in_the_order_of_its_domains_goes_out_mixed():
    people = make_people(60, domains=1)
    for number, person in enumerate(people):
        person.address = person.address_folded = f"reader{number}@host{number // 20}.example"
        person.address_hash = addresses.keyed_hash(person.address)
    Subscriber.objects.bulk_update(people, ["address", "address_folded", "address_hash"])
    rows = open_mailing().deliveries.order_by("pk").values_list("subscriber__address_folded", flat=True)
    assert len({addresses.domain(each) for each in rows[:20]}) == 3


def test_who_may_get_it_is_the_same_wherever_it_is_asked():
    today = timezone.localdate()
    pauses = [None, today - DAY, today, today + DAY]
    standing = list(product(Subscriber.State, pauses, [None, *Suppression.Reason]))
    people = make_people(len(standing))
    for person, (state, paused_until, reason) in zip(people, standing, strict=True):
        person.state, person.paused_until = state, paused_until
        person.left_at = timezone.now() if state == Subscriber.State.LEFT else None
        if reason:
            suppressions.suppress(person.address_hash, reason)
    Subscriber.objects.bulk_update(people, ["state", "paused_until", "left_at"])
    mailing = open_mailing()
    written = set(mailing.deliveries.values_list("subscriber", flat=True))
    assert len(written) == 3
    assert written == set(Subscriber.objects.reachable(today).values_list("pk", flat=True))
    mailing.deliveries.all().delete()
    lease_id = claims.new_lease("w")
    for person in people:
        Delivery.objects.create(
            mailing=mailing, subscriber=person, state=Delivery.State.SENDING, lease_id=lease_id
        )
    rows = mailing.deliveries.values_list("pk", "subscriber")
    assert written == {person for pk, person in rows if Ledger(lease_id).ready(pk)}


def test_what_is_still_pending_is_the_same_wherever_it_is_asked():
    make_people(1)
    mailing = open_mailing()
    now, found = timezone.now(), []
    waits = [
        (Delivery.State.QUEUED, None),
        (Delivery.State.QUEUED, now),
        (Delivery.State.SENDING, None),
        (Delivery.State.DEFERRED, now),
    ]
    waits += [(Delivery.State.UNCERTAIN, now)]
    rests = [
        (state, None)
        for state in (
            Delivery.State.UNCERTAIN,
            Delivery.State.SENT,
            Delivery.State.REFUSED,
            Delivery.State.SKIPPED,
        )
    ]
    for state, due_at in waits + rests:
        mailing.deliveries.update(state=state, due_at=due_at)
        pending = mailing.deliveries.pending().exists()
        assert bool(status.progress(mailing).remaining) == pending
        assert scheduling.finish(mailing.pk) is not pending
        Mailing.objects.update(state=Mailing.State.SENDING)
        found.append(pending)
    assert found == [True] * len(waits) + [False] * len(rests)


@pytest.mark.parametrize("state", [Delivery.State.QUEUED, Delivery.State.DEFERRED])
def test_whoever_is_erased_while_their_mail_is_put_off_holds_no_mailing_up(state):
    person = make_people(1)[0]
    mailing = open_mailing()
    mailing.deliveries.update(state=state, due_at=timezone.now() + DAY)
    erasure.erase(person)
    assert scheduling.finish(mailing.pk)
    row = mailing.deliveries.get()
    assert (row.state, row.reply, row.due_at) == (Delivery.State.SKIPPED, "erased", None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_what_a_person_decides_to_send_again_in_that_moment_is_not_left_behind():
    publisher = get_user_model().objects.create_superuser("pia", "pia@example.org", "pw")
    make_people(1)
    mailing = open_mailing()
    mailing.deliveries.update(state=Delivery.State.UNCERTAIN, uncertain_count=2)
    line = SomebodyElse(lambda: scheduling.finish(mailing.pk))
    with transaction.atomic():
        control.resolve(mailing, send_again=True, by=publisher)
        line.until_they_wait_for_us()
    assert line.outcome() is False
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.SENDING
    assert mailing.deliveries.pending().exists()
