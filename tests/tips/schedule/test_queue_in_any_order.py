"""Whatever is done with the queue, in whatever order: nothing is lost, and no slot is held twice."""

from collections import Counter
from contextlib import suppress
from datetime import time, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from desk.errors import Refused
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, at, tuesdays, week
from tips.models import SlotException, Tip, TipState
from tips.publishing import editing, workflow
from tips.schedule import forecast, queue, slot_changes, slots

TITLES = "ABCDEFG"

titles = st.sampled_from(TITLES)
weeks = st.integers(1, 9)
steps = st.one_of(
    st.tuples(
        st.sampled_from(["approve", "submit", "send back", "publish", "withdraw", "reinstate"]), titles
    ),
    st.tuples(st.sampled_from(["front", "unpin", "correct", "delete day"]), titles),
    st.tuples(st.just("move"), titles, st.integers(0, 8)),
    st.tuples(st.sampled_from(["before", "after", "swap"]), titles, titles),
    st.tuples(st.sampled_from(["pin", "schedule"]), titles, weeks),
    st.tuples(st.sampled_from(["skip", "unskip"]), weeks),
    st.tuples(st.just("move slot"), weeks, st.integers(-30, 120)),
    st.tuples(st.just("rule"), weeks, st.integers(0, 6), st.sampled_from(["Asia/Tokyo", "UTC"])),
    st.tuples(st.just("wait"), st.integers(1, 300)),
)


def do(step, by, clock):
    """Do one step; it may be refused."""
    what, *rest = step
    who = {"by": by, "seen": queue.version()}
    tips = [Tip.objects.get(title=each) for each in rest if isinstance(each, str) and each in TITLES]
    match what:
        case "approve" | "submit" | "reinstate":
            getattr(workflow, what)(*tips, by=by)
        case "publish":
            workflow.publish_now(*tips, by=by)
        case "withdraw" | "send back":
            getattr(workflow, what.replace(" ", "_"))(*tips, "Because.", by=by)
        case "correct":
            tips[0].takeaway += "!"
            editing.revise(tips[0], ["takeaway"], by=by)
        case "delete day":
            tips[0].publish_at = None
            editing.revise(tips[0], ["publish_at"], by=by)
        case "front":
            queue.to_front(*tips, **who)
        case "unpin":
            queue.unpin(*tips, **who)
        case "swap":
            queue.swap(*tips, **who)
        case "move":
            queue.move(*tips, position=rest[1], **who)
        case "before" | "after":
            queue.move(tips[0], **{what: tips[1]}, **who)
        case "pin":
            queue.pin(*tips, week(rest[1]), **who)
        case "schedule":
            workflow.schedule(*tips, at(rest[1]) + timedelta(hours=rest[1] % 2), by=by)
        case "skip":
            slot_changes.skip(week(rest[0]), "Holidays", **who)
        case "unskip":
            slot_changes.unskip(week(rest[0]), **who)
        case "move slot":
            slot_changes.move_slot(week(rest[0]), at(rest[0]) + timedelta(hours=rest[1]), "Conference", **who)
        case "rule":
            slot_changes.change_rule(week(rest[0]), rest[1], time(7), rest[2], **who)
        case "wait":
            clock.shift(timedelta(hours=rest[0]))


def look():
    """Return {title: (state, moment, pinned)}."""
    return {tip.title: (tip.state, tip.publish_at, tip.pinned) for tip in Tip.objects.all()}


def check(before, step, now):
    """Hold what must be true after every step, done or refused."""
    after = look()
    assert sorted(after) == list(TITLES), "a tip was lost"
    table = slots.Timetable.load()
    held = Counter(
        moment
        for state, moment, pinned in after.values()
        if moment and moment > now and state != TipState.WITHDRAWN and (pinned or state == TipState.APPROVED)
    )
    assert set(held.values()) <= {1}, "two tips share a moment"
    skipped = {slot.at for slot in table.between(week(-1), week(60)) if slot.skipped}
    assert not skipped & {
        moment for state, moment, pinned in after.values() if state == TipState.APPROVED and not pinned
    }, "a tip stands in a skipped week"
    for title, (state, moment, pinned) in before.items():
        if state == TipState.APPROVED and moment and moment <= now and title not in step:
            assert after[title] == (state, moment, pinned), "a public tip was touched"
        elif pinned and moment > now and title not in step and step[0] not in ("rule", "move slot"):
            assert after[title] == (state, moment, pinned), "a pinned tip was moved"
    # Those that float fill the first slots that they can, without a gap.
    waiting = queue.waiting(now)
    taken = {tip.publish_at for tip in waiting if not forecast.floats(tip)}
    floating = [tip.publish_at for tip in waiting if forecast.floats(tip)]
    free = (slot.at for slot in table.after(now) if not slot.skipped and slot.at not in taken)
    assert floating == [moment for moment, _ in zip(free, floating, strict=False)]


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=st.lists(steps, min_size=5, max_size=20))
def test_no_sequence_of_verbs_loses_a_tip_or_fills_a_slot_twice(script, time_machine):
    time_machine.move_to(NOON, tick=False)
    Tip.objects.all().delete()
    tuesdays()
    SlotException.objects.all().delete()
    by = User.objects.filter(username="ed").first() or make_person("ed", is_superuser=True)
    for number, title in enumerate(TITLES):
        make_tip(title, state=TipState.IN_REVIEW if number < 5 else TipState.DRAFT, publish_at=None)
    for title in TITLES[:3]:
        workflow.approve(Tip.objects.get(title=title), by=by)
    for step in script:
        before = look()
        with suppress(Refused):
            do(step, by, time_machine)
        check(before, step, timezone.now())
