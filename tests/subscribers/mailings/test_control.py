"""From a tip to its mailing: when it is prepared, who is in it, and what people do with it."""

from datetime import date, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken, WrongState
from subscribers.delivery import audience, claims, scheduling
from subscribers.delivery.sender import Sender
from subscribers.mail import service_mails
from subscribers.mailings import control, status
from subscribers.mailings.send_test import send_test
from subscribers.models import Delivery, Mailing, ServiceMail, Subscriber, Suppression
from subscribers.people import subscriptions, suppressions
from tests.subscribers.draining import Never, drain
from tests.subscribers.making import HELD, make_mailing, make_people, make_tip, open_mailing
from tests.tips.people import make_person
from tips.models import Tip, TipState
from tipsite.worker import clock

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(noon, moment):
    """Go to a moment and do what the clock and the worker do there."""
    noon.move_to(moment, tick=False)
    scheduling.keep_up(moment)
    scheduling.open_due(moment)
    audience.extend_due()
    return Mailing.objects.first()


def addresses_of(mailing, **which):
    deliveries = mailing.deliveries.filter(**which).select_related("subscriber")
    return {delivery.subscriber.address for delivery in deliveries}


# --- When ------------------------------------------------------------------------------------------


def test_it_is_shown_ten_minutes_before_its_slot_and_begins_at_it(noon):
    make_people(3)
    slot = noon.now + HOUR
    make_tip(slot)
    assert at(noon, slot - 11 * MINUTE) is None
    mailing = at(noon, slot - 10 * MINUTE)
    assert (mailing.state, mailing.starts_at, mailing.subject) == (Mailing.State.PREPARED, slot, "")
    assert at(noon, slot - MINUTE).state == Mailing.State.PREPARED
    mailing = at(noon, slot)
    assert (mailing.state, mailing.audience, mailing.started_at) == (Mailing.State.SENDING, 3, slot)
    assert mailing.subject
    assert at(noon, slot + MINUTE) == mailing
    assert Mailing.objects.count() == 1


def test_what_is_published_at_once_has_the_same_grace(noon):
    make_tip(noon.now)
    assert at(noon, noon.now + MINUTE).starts_at == noon.now + 10 * MINUTE
    assert at(noon, noon.now + 9 * MINUTE).state == Mailing.State.PREPARED
    assert at(noon, noon.now + 10 * MINUTE).state == Mailing.State.SENDING


def test_after_a_night_without_a_worker_it_is_shown_first_and_then_sent(noon):
    make_tip(noon.now)
    late = noon.now + 9 * HOUR
    assert at(noon, late).starts_at == late + 10 * MINUTE
    assert at(noon, late + 10 * MINUTE).state == Mailing.State.SENDING


def test_what_missed_its_window_is_held_for_a_person(noon, publisher):
    make_people(2)
    make_tip(noon.now)
    mailing = at(noon, noon.now + 25 * HOUR)
    assert mailing.state == Mailing.State.HELD
    assert "more than 24 hours ago" in mailing.reason
    assert at(noon, noon.now + 26 * HOUR).state == Mailing.State.HELD
    control.release(mailing, by=publisher)
    assert at(noon, noon.now + 26 * HOUR).state == Mailing.State.SENDING


def test_one_that_was_prepared_and_never_begun_is_held_too(noon):
    slot = noon.now + 5 * MINUTE
    make_tip(slot)
    at(noon, noon.now)
    assert at(noon, slot + 25 * HOUR).state == Mailing.State.HELD
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"for_mail": False},
        {"undated": True, "publish_at": None},
        {"body": "", "excerpt": "Soon."},
        {"state": TipState.IN_REVIEW, "pinned": True},
        {"state": TipState.WITHDRAWN},
    ],
    ids=["not for mail", "undated", "teaser", "in review", "withdrawn"],
)
def test_no_mailing_is_made_of(noon, fields):
    make_tip(**{"at": noon.now} | fields) if "publish_at" not in fields else make_tip(noon.now, **fields)
    assert at(noon, noon.now + MINUTE) is None


def test_the_database_refuses_a_mailing_of_a_tip_that_is_not_for_mail(noon):
    tip = make_tip(for_mail=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mailing.objects.bulk_create([Mailing(tip=tip)])
    other = make_mailing()
    with pytest.raises(IntegrityError), transaction.atomic():
        Mailing.objects.filter(pk=other.pk).update(tip=tip)
    Tip.objects.filter(pk=other.tip_id).update(for_mail=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mailing.objects.filter(pk=other.pk).update(state=Mailing.State.BUILDING)
    assert at(noon, noon.now + MINUTE).state == Mailing.State.CANCELLED


def test_it_follows_a_tip_that_gets_another_day_and_one_that_comes_back(noon):
    slot, week = noon.now + 5 * MINUTE, timedelta(days=7)
    tip = make_tip(slot)
    at(noon, noon.now)
    Tip.objects.filter(pk=tip.pk).update(publish_at=slot + week)
    assert at(noon, slot).starts_at == slot + week
    Tip.objects.filter(pk=tip.pk).update(state=TipState.DRAFT, pinned=True)
    assert at(noon, slot + week).state == Mailing.State.CANCELLED
    Tip.objects.filter(pk=tip.pk).update(state=TipState.APPROVED, publish_at=slot + 2 * week)
    assert at(noon, slot + 2 * week - MINUTE).state == Mailing.State.PREPARED
    assert at(noon, slot + 2 * week).state == Mailing.State.SENDING
    assert Mailing.objects.count() == 1


def test_it_follows_a_tip_that_is_published_at_once_after_all(noon):
    slot = noon.now + 5 * MINUTE
    tip = make_tip(slot)
    at(noon, noon.now)
    Tip.objects.filter(pk=tip.pk).update(publish_at=slot + timedelta(days=7))
    at(noon, slot)
    Tip.objects.filter(pk=tip.pk).update(publish_at=slot + MINUTE)
    assert at(noon, slot + 2 * MINUTE).starts_at == slot + 11 * MINUTE
    assert at(noon, slot + 11 * MINUTE).state == Mailing.State.SENDING


def test_a_second_mail_never_follows_a_tip_that_was_withdrawn_and_reinstated(noon, publisher):
    make_people(1)
    tip = make_tip(noon.now)
    at(noon, noon.now)
    mailing = at(noon, noon.now + 10 * MINUTE)
    Tip.objects.filter(pk=tip.pk).update(state=TipState.WITHDRAWN)
    assert at(noon, noon.now + 11 * MINUTE).state == Mailing.State.PAUSED
    with pytest.raises(WrongState, match="withdrawn"):
        control.resume(mailing, by=publisher)
    control.cancel(mailing, by=publisher)
    Tip.objects.filter(pk=tip.pk).update(state=TipState.APPROVED)
    assert at(noon, noon.now + 12 * MINUTE).state == Mailing.State.CANCELLED
    assert Mailing.objects.count() == 1


def test_the_clock_prepares_it(noon):
    make_tip(noon.now + MINUTE)
    clock.tick(noon.now)
    assert Mailing.objects.get().state == Mailing.State.PREPARED


# --- Who -------------------------------------------------------------------------------------------


def test_it_goes_to_those_who_are_here_and_awake(noon, monkeypatch):
    monkeypatch.setattr(audience, "CHUNK", 2)
    people = make_people(8)
    subscriptions.leave(people[1])
    suppressions.suppress(people[2].address_hash, Suppression.Reason.BOUNCED)
    subscriptions.pause(people[3], timezone.localdate() + timedelta(days=1))
    subscriptions.pause(people[4], timezone.localdate())
    Subscriber.objects.filter(pk=people[5].pk).update(joined_at=noon.now + HOUR)
    mailing = open_mailing()
    expected = {people[n].address for n in (0, 4, 6, 7)}
    assert addresses_of(mailing) == expected
    assert mailing.audience == 4


def test_whoever_was_welcomed_with_the_tip_does_not_get_it_again(noon):
    early, late = make_people(2)
    tip = make_tip(noon.now)
    service_mails.prepare(ServiceMail.objects.create(kind=ServiceMail.Kind.WELCOME, subscriber=early))
    mailing = open_mailing(tip=tip)
    assert addresses_of(mailing) == {late.address}
    # And the other way: who is in the mailing is not noted as welcomed with it.
    service_mails.prepare(ServiceMail.objects.create(kind=ServiceMail.Kind.WELCOME, subscriber=late))
    assert not Delivery.objects.filter(tip=tip, subscriber=late).exists()


def test_another_process_goes_on_where_one_died_while_opening(noon, monkeypatch):
    monkeypatch.setattr(audience, "CHUNK", 3)
    make_people(10)
    mailing = make_mailing()
    assert scheduling.freeze(mailing.pk)
    assert not scheduling.freeze(mailing.pk)
    assert audience.extend(mailing.pk)
    assert Mailing.objects.get().state == Mailing.State.BUILDING
    audience.extend_due()
    mailing = Mailing.objects.get()
    assert (mailing.state, mailing.audience) == (Mailing.State.SENDING, 10)
    assert mailing.deliveries.values("subscriber").distinct().count() == 10


def test_its_text_is_frozen_when_it_begins(noon, mail_server):
    make_people(1)
    mailing = open_mailing()
    Tip.objects.update(title="Something else", body="<p>Changed.</p>")
    drain()
    message = mail_server.taken[0].message
    assert "Something else" not in message["Subject"]
    assert "Greet whoever comes in" in message.get_body(["plain"]).get_content()
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.SENT


# --- What people do --------------------------------------------------------------------------------


def test_who_may_not_manage_mailings_is_told_so(noon):
    reader = get_user_model().objects.create_user("rita")
    mailing = make_mailing()
    for verb in (control.stop, control.release, control.pause, control.resume, control.cancel):
        with pytest.raises(NotPermitted):
            verb(mailing, by=reader)
    with pytest.raises(NotPermitted):
        control.correct(mailing, "Wrong.", by=reader)
    with pytest.raises(NotPermitted):
        send_test(mailing.tip, "a@example.org", by=reader)


def test_to_stop_it_is_certain_until_it_begins(noon, publisher):
    make_people(1)
    tip = make_tip(noon.now + 5 * MINUTE)
    mailing = at(noon, noon.now)
    assert "Release it" in control.stop(mailing, by=publisher)
    assert at(noon, tip.publish_at).state == Mailing.State.HELD
    assert Delivery.objects.count() == 0
    assert LogEntry.objects.get().user == publisher
    control.release(mailing, by=publisher)
    begun = at(noon, tip.publish_at + MINUTE)
    assert begun.state == Mailing.State.SENDING
    with pytest.raises(Overtaken, match="sending"):
        control.stop(mailing, by=publisher)


def test_it_pauses_and_goes_on_where_it_was(noon, publisher, mail_server, monkeypatch):
    monkeypatch.setattr(claims, "BATCH", 2)
    make_people(6)
    publisher.first_name, publisher.last_name = "Pia", "Lund"
    mailing = open_mailing()
    sender = Sender("w", Never())
    assert sender.run_once()
    control.pause(mailing, "A mistake in it.", by=publisher)
    assert not sender.run_once()
    assert len(mail_server.taken) == 2
    assert Mailing.objects.get().reason == "Paused by Pia Lund. A mistake in it."
    control.resume(mailing, by=publisher)
    sender.close()
    drain()
    assert set(mail_server.recipients.values()) == {1}
    assert len(mail_server.taken) == 6
    with pytest.raises(Overtaken, match="sent"):
        control.cancel(mailing, by=publisher)


def test_a_cancelled_one_sends_nothing_more(noon, publisher, mail_server):
    make_people(3)
    mailing = open_mailing()
    control.cancel(mailing, by=publisher)
    drain()
    assert mail_server.taken == []
    with pytest.raises(WrongState):
        control.resume(mailing, by=publisher)


def test_a_correction_goes_to_those_who_received_the_faulty_one_and_are_still_here(
    noon, publisher, mail_server
):
    people = make_people(5)
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: (
        "550 no" if (stage, who) == ("rcpt", people[0].address) else None
    )
    drain()
    mailing.refresh_from_db()
    subscriptions.leave(people[1])
    newcomer = Subscriber.objects.create(address="new@example.org")
    with pytest.raises(WrongState, match="Say what was wrong"):
        control.correct(mailing, " ", by=publisher)
    correction = control.correct(mailing, "The price was wrong.", by=publisher)
    with pytest.raises(WrongState, match="already"):
        control.correct(mailing, "Once more.", by=publisher)
    mail_server.taken.clear()
    at(noon, correction.starts_at - MINUTE)
    drain()
    assert mail_server.taken == []
    at(noon, correction.starts_at)
    drain()
    assert set(mail_server.recipients) == {person.address for person in people[2:]}
    assert newcomer.address not in mail_server.recipients
    assert "The price was wrong." in mail_server.taken[0].message.get_body(["plain"]).get_content()


def test_a_mailing_is_corrected_or_sent_again_and_never_both(noon, publisher):
    make_people(2)
    mailing = open_mailing()
    mailing.deliveries.update(state=Delivery.State.UNCERTAIN, uncertain_count=2)
    assert scheduling.finish(mailing.pk)
    # As two of them see it who press at the same moment.
    mailing.refresh_from_db()
    correction = control.correct(mailing, "The price was wrong.", by=publisher)
    with pytest.raises(WrongState, match="Cancel the correction first"):
        control.resolve(mailing, send_again=True, by=publisher)
    control.cancel(correction, by=publisher)
    control.resolve(Mailing.objects.get(pk=mailing.pk), send_again=True, by=publisher)
    assert mailing.state == Mailing.State.SENT
    with pytest.raises(WrongState, match="Only what was sent"):
        control.correct(mailing, "The price was wrong.", by=publisher)
    assert Mailing.objects.get(pk=mailing.pk).state == Mailing.State.SENDING


def test_paused_until_is_a_day_of_the_sites_zone(noon):
    person = make_people(1)[0]
    subscriptions.pause(person, date(2999, 1, 1))
    assert open_mailing().audience == 0


# --- After a restore -------------------------------------------------------------------------------


@pytest.fixture
def restored():
    """A mailing that a restore has paused: one person has it, one was tried, and one never."""
    make_people(3)
    mailing = open_mailing()
    mailing.state, mailing.cause = Mailing.State.PAUSED, Mailing.Cause.RESTORED
    mailing.save()
    rows = {each.subscriber.address: each.pk for each in mailing.deliveries.all()}
    mailing.deliveries.filter(pk=rows["reader0@host0.example"]).update(state=Delivery.State.SENT)
    mailing.deliveries.filter(pk=rows["reader1@host1.example"]).update(**HELD)
    return mailing


def test_after_a_restore_it_goes_to_nobody_more(mail_server, publisher, restored):
    control.cancel(restored, by=publisher)
    drain()
    assert mail_server.taken == []
    assert restored.cause == ""


def test_after_a_restore_it_goes_to_those_who_were_never_tried(mail_server, publisher, restored):
    assert "1 uncertain delivery is taken for sent." in control.send_to_untried(restored, by=publisher)
    drain()
    assert list(mail_server.recipients) == ["reader2@host2.example"]
    restored.refresh_from_db()
    assert (restored.state, restored.cause) == (Mailing.State.SENT, "")


def test_after_a_restore_it_goes_to_all(mail_server, publisher, restored):
    control.send_to_all(restored, by=publisher)
    drain()
    assert set(mail_server.recipients) == {"reader1@host1.example", "reader2@host2.example"}


def test_after_a_restore_one_that_had_not_begun_goes_to_all(mail_server, publisher):
    make_people(2)
    held = make_mailing(state=Mailing.State.HELD, cause=Mailing.Cause.RESTORED)
    assert "any of the 2 on the list may have it" in status.describe(held).sentence
    with pytest.raises(WrongState, match="never tried, or all"):
        control.release(held, by=publisher)
    control.send_to_all(held, by=publisher)
    drain()
    assert len(mail_server.taken) == 2


def test_after_a_restore_it_does_not_just_go_on(publisher, restored):
    with pytest.raises(WrongState, match="never tried, or all"):
        control.resume(restored, by=publisher)
    editor = make_person("ann", "Editor")
    for verb in (control.send_to_untried, control.send_to_all):
        with pytest.raises(NotPermitted):
            verb(restored, by=editor)
        with pytest.raises(WrongState, match="No restore"):
            verb(make_mailing(state=Mailing.State.HELD), by=publisher)
