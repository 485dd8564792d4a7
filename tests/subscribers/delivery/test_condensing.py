"""What ended long ago: counts and one set say what the rows said."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscribers.delivery import audience, condensing, counting, repeated_refusals
from subscribers.mail import service_mails
from subscribers.mailings import reach, status, timeline
from subscribers.models import BounceReport, Delivery, DeliveryCount, Mailing, Receivers, RepeatedRefusal
from subscribers.models.receivers import PART
from subscribers.people import erasure, personal_data, receivers
from tests.subscribers.making import HELD, make_begun, make_mailing, open_mailing
from tests.tips.people import make_person
from tips import dates

SENT, REFUSED, SKIPPED = Delivery.State.SENT, Delivery.State.REFUSED, Delivery.State.SKIPPED
UNCERTAIN = {"state": Delivery.State.UNCERTAIN, "uncertain_count": 1, "due_at": timezone.now()}


def ended(*rows, days=91, **fields):
    """Make a mailing that ended so many days ago, with deliveries; return it with their people, in order."""
    at = timezone.now() - timedelta(days=days)
    mailing = make_begun(Mailing.State.SENT, rows, ended_at=at, **fields)
    return mailing, [row.subscriber for row in mailing.deliveries.order_by("pk")]


def condense():
    return condensing.condense_old(timezone.now())


def said_of(mailing):
    """Return all that pages say of a mailing as a whole."""
    mailing.refresh_from_db()
    counts = DeliveryCount.objects.of([mailing.pk])[mailing.pk]
    return +counts, status.progress(mailing).counts, reach.Reach.of(mailing).both


@pytest.mark.django_db
def test_what_ended_long_ago_keeps_its_numbers_and_who_got_it():
    gone = {"state": REFUSED, "complained_at": timezone.now()}
    mailing, people = ended(SENT, SENT, gone, SKIPPED, UNCERTAIN)
    recent, _ = ended(days=89)
    BounceReport.objects.create(delivery=mailing.deliveries.first(), kind="other", source="a", digest="b")
    before = said_of(mailing)
    assert condense() == 5
    assert not mailing.deliveries.exists()
    assert not BounceReport.objects.exists()
    assert said_of(mailing) == before
    got = [receivers.have_any(person.pk, [mailing.pk]) for person in people]
    assert got == [True, True, False, False, True]
    recent.refresh_from_db()
    assert (mailing.condensed_at is None, recent.condensed_at) == (False, None)
    assert condense() == 0
    counting.look_after(timezone.now())
    assert (counting.differences(), said_of(mailing)) == ({}, before)


@pytest.mark.django_db
def test_what_a_person_has_still_to_decide_on_is_left_alone():
    mailing, people = ended(REFUSED, HELD)
    assert condense() == 0
    mailing.deliveries.held().update(state=SENT)
    row = mailing.deliveries.get(state=REFUSED)
    RepeatedRefusal.objects.create(subscriber=people[0], delivery=row, evidence="x")
    assert condense() == 1
    assert list(mailing.deliveries.all()) == [row]
    assert RepeatedRefusal.objects.exists()
    assert said_of(mailing)[0] == {REFUSED: 1, SENT: 1}
    assert repeated_refusals.FEWEST_REFUSALS * repeated_refusals.WINDOW < condensing.KEEP_ROWS


@pytest.mark.django_db
def test_a_day_takes_so_many_and_the_next_one_goes_on(monkeypatch):
    monkeypatch.setattr(condensing, "MOST", 3)
    mailing, people = ended(*[SENT] * 5)
    before = said_of(mailing)
    done = []
    for _ in range(3):
        done.append(condense())
        assert said_of(mailing) == before
    assert done == [3, 2, 0]
    assert receivers.between(mailing.pk, 0, Mailing.ALL) == [person.pk for person in people]


@pytest.mark.django_db
def test_what_another_worker_has_in_hand_is_asked_for_again(monkeypatch):
    mailing, _ = ended(SENT, SENT)
    with monkeypatch.context() as locked:
        # What it returns where the mailing's row is locked.
        locked.setattr(condensing, "_condense", lambda *of: 0)
        assert condense() == 0
    assert condense() == 2
    assert not mailing.deliveries.exists()


@pytest.mark.django_db
def test_a_correction_goes_to_those_in_the_set():
    mailing, people = ended(SENT, REFUSED, SENT, SENT)
    condense()
    # Of one the row is left, as where a condensing was cut short.
    Delivery.objects.create(mailing=mailing, subscriber=people[0], state=SENT)
    assert timeline.absence(mailing, people[2], "typed").startswith("They got it.")
    erasure.erase(people[3])
    correction = open_mailing(tip=mailing.tip, kind=Mailing.Kind.CORRECTION, corrects=mailing, note="Sorry.")
    got = correction.deliveries.order_by("subscriber").values_list("subscriber", flat=True)
    assert list(got) == [people[0].pk, people[2].pk]
    assert correction.audience == 2
    assert audience.extend(correction.pk) is False


@pytest.mark.django_db
def test_my_data_and_erasure_read_and_clear_the_set():
    mailing, (person, other) = ended(SENT, SENT)
    condense()
    (told,) = json.loads(personal_data.as_json(person))["tips_sent_long_ago"]
    assert (told["tip"], told["mailing_number"], told["came_as"]) == (mailing.tip.title, mailing.pk, "tip")
    pk = person.pk
    assert erasure.erase(person).places["deliveries"] == 1
    assert [receivers.mailings_of(each) for each in (pk, other.pk)] == [[], [mailing.pk]]
    assert said_of(mailing)[0] == {SENT: 2}


@pytest.mark.django_db
def test_whoever_comes_back_is_not_welcomed_with_a_tip_that_they_had():
    mailing, (person, other) = ended(SENT, REFUSED)
    Mailing.objects.filter(pk=mailing.pk).update(ended_at=timezone.now() - timedelta(days=100))
    condense()
    named = []
    for each in (person, other):
        mail = each.service_mails.create(kind="welcome")
        named.append(service_mails._tip_for(mail, each))
    assert named == [None, mailing.tip]


@pytest.mark.django_db
def test_pages_say_that_the_rows_are_gone_and_show_what_is_kept(client):
    mailing, (person, _) = ended(SENT, REFUSED)
    condense()
    client.force_login(make_person("pat", "Publisher"))
    ledger = client.get(f"/admin/subscribers/mailing/{mailing.pk}/ledger/").content.decode()
    assert "It ended more than 90 days ago" in ledger
    page = client.get(f"/admin/subscribers/subscriber/{person.pk}/change/").content.decode()
    assert mailing.tip.title in page
    assert "None was sent yet" not in client.get("/admin/subscribers/subscriber/").content.decode()
    # A welcome of the year before is not the last mail.
    welcomed = {"mail_state": "sent", "mailed_at": timezone.now() - timedelta(days=400)}
    person.service_mails.create(kind="welcome", **welcomed)
    mailing.refresh_from_db()
    page = client.get("/admin/subscribers/subscriber/").content.decode()
    assert dates.short(mailing.started_at) in page
    assert dates.short(welcomed["mailed_at"]) not in page
    assert list(receivers.latest([person.pk])) == [person.pk]


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.sets(st.integers(1, 3 * PART), max_size=40), min_size=1, max_size=3),
    after=st.integers(0, 3 * PART),
    up_to=st.integers(0, 3 * PART),
    erased=st.integers(1, 3 * PART),
)
def test_sets_answer_as_rows_would(parts, after, up_to, erased):
    Receivers.objects.all().delete()
    one, other = _mailings()
    rows = set().union(*parts)
    for part in parts:
        receivers.add(one, part)
    receivers.add(other, {erased, 7})
    for _ in range(2):
        assert receivers.between(one, 0, Mailing.ALL) == sorted(rows)
        assert receivers.between(one, after, up_to) == sorted(each for each in rows if after < each <= up_to)
        for each in (*sorted(rows)[:5], after + 1, erased):
            assert receivers.have_any(each, [one]) == (each in rows)
            assert (one in receivers.mailings_of(each)) == (each in rows)
        assert receivers.forget(erased) in (0, 1, 2)
        rows.discard(erased)
    assert receivers.mailings_of(erased) == []


def _mailings():
    known = list(Mailing.objects.order_by("pk").values_list("pk", flat=True)[:2])
    return known if len(known) == 2 else [make_mailing().pk, make_mailing().pk]
