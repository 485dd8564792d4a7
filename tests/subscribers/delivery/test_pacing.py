"""The pace of mailings: nobody holds turns that they do not use, whatever becomes of mailing or clock."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from subscribers.delivery import claims, heartbeat
from subscribers.mailings import control
from subscribers.models import Delivery, Mailing
from tests.subscribers.draining import drain
from tests.subscribers.making import make_people, make_tip, open_mailing

pytestmark = pytest.mark.django_db
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def clock():
    """Stand still, until the test goes on."""
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def a_second_each(settings):
    settings.MAIL_PER_DOMAIN = 60


def go_on(clock, seconds, step=5):
    for _ in range(0, seconds, step):
        clock.shift(step * SECOND)
        drain()


def sent(mailing):
    return mailing.deliveries.filter(state=Delivery.State.SENT).count()


def test_the_correction_of_a_cancelled_mailing_does_not_wait_for_turns_that_nobody_uses(
    mail_server, a_second_each, publisher, clock
):
    make_people(900, domains=1)
    mailing = open_mailing()
    drain()
    go_on(clock, 25)
    reached = sent(mailing)
    assert 25 <= reached <= 31
    control.cancel(mailing, by=publisher)
    correction = control.correct(mailing, "It was wrong.", by=publisher)
    Mailing.objects.filter(pk=correction.pk).update(starts_at=timezone.now())
    drain()
    # What the cancelled one sent last was sent a few seconds ahead.
    go_on(clock, 10)
    assert sent(correction) >= 5
    go_on(clock, 30)
    correction.refresh_from_db()
    assert (correction.state, sent(correction)) == (Mailing.State.SENT, reached)
    assert sent(mailing) == reached


def test_a_paused_mailing_leaves_its_turns_to_another(mail_server, a_second_each, publisher, clock):
    make_people(100, domains=1)
    paused = open_mailing()
    drain()
    control.pause(paused, by=publisher)
    other = open_mailing(tip=make_tip())
    go_on(clock, 30)
    assert sent(other) >= 25
    control.resume(paused, by=publisher)
    go_on(clock, 220)
    assert [sent(paused), sent(other)] == [100, 100]
    assert set(Counter(taken.recipient for taken in mail_server.taken).values()) == {2}


def test_two_mailings_at_once_keep_the_pace_of_a_domain(mail_server, a_second_each, clock):
    make_people(60, domains=1)
    for _ in range(2):
        open_mailing(tip=make_tip())
    counts = []
    for _ in range(30):
        drain()
        counts.append(len(mail_server.taken))
        clock.shift(5 * SECOND)
    assert counts[-1] == 120
    # One a second, and five seconds ahead.
    assert all(count <= 5 * number + 6 for number, count in enumerate(counts))


def test_no_claim_books_more_of_the_sites_pace_than_is_near(settings, clock):
    settings.MAIL_PER_MINUTE = 60
    make_people(50)
    mailing = open_mailing()
    leases = [claims.new_lease(heartbeat.new_worker_id()) for _ in range(4)]
    assert [len(claims.take(lease, mailing.pk).ids) for lease in leases] == [6, 0, 0, 0]
    clock.shift(2 * SECOND)
    assert [len(claims.take(lease, mailing.pk).ids) for lease in leases] == [2, 0, 0, 0]


# --- Clocks that are set -----------------------------------------------------------------------------


@pytest.mark.parametrize("per_domain", [0, 60])
@pytest.mark.parametrize("per_minute", [0, 120])
@pytest.mark.parametrize("jumps", [[-HOUR], [HOUR], [HOUR, -HOUR], [-HOUR, HOUR]], ids=str)
def test_whatever_the_clock_is_set_to_everyone_gets_it_once_and_in_time(
    mail_server, settings, clock, monkeypatch, jumps, per_minute, per_domain
):
    settings.MAIL_PER_DOMAIN, settings.MAIL_PER_MINUTE = per_domain, per_minute
    monkeypatch.setattr("tests.subscribers.draining.time.sleep", lambda seconds: None)
    people = make_people(60, domains=2)
    busy = people[7].address
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: (
        "450 4.2.1 busy" if (stage, who) == ("rcpt", busy) and mail_server.asked[who] < 2 else None
    )
    drain()
    for jump in jumps:
        clock.shift(jump)
        claims.release_from_wrong_clock(timezone.now())
        go_on(clock, 5)
    # At one a second to each of two domains, half a minute is left; what was put off waits for a minute.
    for _ in range(12):
        go_on(clock, 10)
        claims.release_from_wrong_clock(timezone.now())
    assert mail_server.recipients == {person.address: 1 for person in people}
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.SENT


def test_what_was_put_off_by_a_clock_that_was_set_back_goes_now_and_what_was_not_waits():
    mailing = open_mailing()
    now = timezone.now()
    rows = [
        Delivery(mailing=mailing, state=state, due_at=now + HOUR, due_set_at=set_at)
        for set_at in (now, now + HOUR)
        for state in (Delivery.State.QUEUED, Delivery.State.DEFERRED, Delivery.State.UNCERTAIN)
    ]
    Delivery.objects.bulk_create(rows)
    assert claims.release_from_wrong_clock(now) == 3
    left = Delivery.objects.order_by("pk").values_list("due_at", flat=True)
    assert list(left) == [now + HOUR] * 3 + [None, now, now]
    assert claims.release_from_wrong_clock(now) == 0
