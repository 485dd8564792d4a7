"""Alerts of slots in which no tip appears, with a driven clock."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from subscribers.models import Subscriber
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, at, tuesdays, week
from tips import dates
from tips.models import Tip, TipState
from tips.publishing import editing, workflow
from tips.schedule import queue, slot_changes
from tipsite.alerts import slot_alerts
from tipsite.models import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _site(time_machine, settings):
    time_machine.move_to(NOON, tick=False)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    tuesdays(from_date=NOON.date())


@pytest.fixture
def ed():
    return make_person("ed", "Editor")


@pytest.fixture
def run(time_machine):
    """A function that lets the clock run up to a moment in steps, and returns what was sent, by subject."""

    def run(end, step=3 * HOUR, start=None):
        now = start or timezone.now()
        first = len(mail.outbox)
        while now < end:
            time_machine.move_to(now, tick=False)
            slot_alerts.send_alerts(now)
            now += step
        time_machine.move_to(end, tick=False)
        slot_alerts.send_alerts(end)
        return [message.subject for message in mail.outbox[first:]]

    return run


def approved(title, by):
    tip = make_tip(title, state=TipState.IN_REVIEW, publish_at=None)
    workflow.approve(tip, by=by)
    return tip


def planned(title, number, by, state=TipState.IN_REVIEW):
    tip = make_tip(title, state=state, publish_at=None)
    queue.pin(tip, week(number), by=by, seen=None)
    return tip


def titles():
    return [tip.title for tip in Tip.objects.published().order_by("publish_at")]


def test_three_tips_appear_and_each_gap_is_told_of_twice(ed, run, time_machine):
    planned("Never approved", 2, ed, state=TipState.DRAFT)
    for title in "ABC":
        approved(title, ed)
    shown, sent = "", []
    for number in (1, 3, 4):
        sent += run(at(number) - MINUTE)
        assert "".join(titles()) == shown
        time_machine.move_to(at(number), tick=False)
        shown += "ABC"[len(shown)]
        assert "".join(titles()) == shown
    sent += run(at(7) + DAY)
    when = {number: dates.zoned(at(number)) for number in range(1, 8)}
    assert sent == [
        f"At risk: {when[2]}",
        f"At risk: {when[2]}",
        f"Missed: {when[2]}",
        *(f"Free: {when[number]}" for number in (5, 5, 6, 6, 7, 7)),
    ]
    assert titles() == ["A", "B", "C"]


def test_a_tip_approved_nine_hours_late_goes_live_in_the_next_slot(ed, run):
    late = planned("Late", 1, ed)
    run(at(1) + 9 * HOUR)
    workflow.approve(late, by=ed)
    assert titles() == []
    assert [tip.publish_at for tip in queue.waiting()] == [at(2)]
    assert run(at(2)) == []
    assert titles() == ["Late"]


@pytest.mark.parametrize(("days", "count"), [(6, 0), (4.9, 1), (2.1, 1), (1.9, 2), (0.1, 2)])
def test_an_alert_is_due_five_and_two_days_before(ed, run, days, count):
    assert len(run(at(1) - timedelta(days=days))) == count


@pytest.mark.parametrize(
    ("hours", "kind"),
    [(100, Notice.Kind.SLOT_EARLY), (40, Notice.Kind.SLOT_LATE), (1, Notice.Kind.SLOT_LATE)],
)
def test_a_late_worker_sends_only_the_nearest(ed, run, hours, kind):
    assert len(run(at(1) - MINUTE, start=at(1) - hours * HOUR)) == (
        2 if kind == Notice.Kind.SLOT_EARLY else 1
    )
    assert Notice.objects.order_by("pk")[0].kind == kind


def test_of_a_slot_that_passed_while_the_worker_was_off_only_that_is_told(ed, run):
    planned("Never approved", 1, ed)
    assert run(at(1) + HOUR, start=at(1) + HOUR) == [f"Missed: {dates.zoned(at(1))}"]


def test_a_free_slot_that_passes_was_told_of_before(ed, run):
    assert run(at(1) + DAY, start=at(1) + HOUR) == []


def test_a_skipped_week_raises_none(ed, run):
    slot_changes.skip(week(1), "Holidays", by=ed, seen=None)
    assert run(at(1) + HOUR) == []


def test_a_slot_that_becomes_unsafe_in_the_last_two_days_is_told_within_a_minute(ed, run):
    tip = approved("A", ed)
    assert run(at(1) - DAY) == []
    tip.body = "<p>Reworded.</p>"
    editing.revise(tip, ["body"], by=ed)
    assert run(at(1) - DAY + 3 * MINUTE, MINUTE) == [f"At risk: {dates.zoned(at(1))}"]


def test_each_time_it_becomes_unsafe_again_there_is_one_more_alert(ed, run):
    tip = approved("A", ed)
    now = at(1) - DAY
    assert run(now) == []
    for number in range(3):
        workflow.send_back(tip, "Too long.", by=ed)
        assert len(run(now + (number + 0.3) * HOUR, MINUTE)) == 1
        workflow.submit(tip, by=ed)
        workflow.approve(tip, by=ed)
        assert run(now + (number + 0.6) * HOUR, MINUTE) == []
    assert run(at(1) + HOUR) == []


def test_a_moved_slot_is_told_of_before_its_own_moment(ed, run):
    friday = at(1) + 3 * DAY
    slot_changes.move_slot(week(1), friday, "Conference", by=ed, seen=None)
    assert run(friday - 5 * DAY - MINUTE) == []
    told = f"Free: {dates.zoned(friday)}"
    assert run(friday).count(told) == 2


def test_the_mail_says_which_slot_what_is_wrong_and_what_to_do(ed, run):
    planned("Listen <first>", 1, ed)
    run(at(1) - 4 * DAY)
    (message,) = mail.outbox
    assert message.to == ["ed@example.org"]
    assert "Tue 10 Mar, 07:00 in New York" in message.subject
    assert "“Listen <first>” is planned for Tue 10 Mar, 07:00, but is still in review." in message.body
    assert "What to do: Approve it, or let another tip take the slot." in message.body
    assert "/admin/tips/tip/calendar/" in message.body
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_where_nobody_can_be_told_the_log_says_so_once(run, caplog):
    run(at(1) - 3 * DAY)
    assert mail.outbox == []
    assert [record.message[:17] for record in caplog.records] == ["Nobody hears of “"]


def test_a_mail_that_fails_is_tried_again_until_it_goes_out(ed, run, monkeypatch, caplog):
    real, failures = EmailMessage.send, [SMTPServerDisconnected("gone"), ConnectionRefusedError()]

    def send(message, *args, **kwargs):
        if failures:
            raise failures.pop()
        return real(message, *args, **kwargs)

    monkeypatch.setattr(EmailMessage, "send", send)
    assert len(run(at(1) - 4 * DAY, MINUTE, start=at(1) - 4 * DAY - 20 * MINUTE)) == 1
    assert failures == []
    assert Notice.objects.get().attempts == 3
    assert "could not be sent; it is tried again" in caplog.text


def test_a_minute_of_the_clock_is_cheap(django_assert_max_num_queries, run):
    run(at(1) - 4 * DAY)
    with django_assert_max_num_queries(8):
        slot_alerts.send_alerts(at(1) - 4 * DAY + MINUTE)


def test_a_tip_that_no_mail_brings_is_told_of_as_the_desk_tells_it(ed, run):
    tip = approved("Quiet", ed)
    Tip.objects.filter(pk=tip.pk).update(for_mail=False)
    assert run(at(1) - 3 * DAY) == []
    Subscriber.objects.create(address="anna@example.org")
    assert run(at(1) - DAY, step=DAY) == [f"Not safe: {dates.zoned(at(1))}"] * 2
    assert "“Quiet” goes live on Tue 10 Mar, 07:00, but nobody gets it by mail" in mail.outbox[-1].body
    assert "What to do: A Publisher lifts the mark" in mail.outbox[-1].body
