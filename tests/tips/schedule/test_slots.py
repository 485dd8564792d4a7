from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate
from django.utils import timezone

from tests.tips.making import make_tip
from tests.tips.weeks import NOON, TODAY, at, tuesdays, week
from tips import dates
from tips.models import SlotException, SlotRule, TipState
from tips.schedule import slots
from tips.schedule.slots import Standing

NEW_YORK, BERLIN, SYDNEY = map(ZoneInfo, ["America/New_York", "Europe/Berlin", "Australia/Sydney"])


# --- From rules to slots ----------------------------------------------------------------------------


def table(*rules, exceptions=()):
    """Return the timetable of some (from_date, weekday, time, zone)."""
    names = ("from_date", "weekday", "time", "zone")
    return slots.Timetable([SlotRule(**dict(zip(names, rule, strict=True))) for rule in rules], exceptions)


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, SYDNEY])
def test_tuesday_seven_stays_so_for_104_weeks(zone):
    weekly = table((date(2026, 1, 1), 1, time(7), zone.key))
    coming = list(islice(weekly.after(datetime(2026, 3, 1, tzinfo=UTC)), 104))
    assert {f"{slot.at.astimezone(zone):%A %H:%M}" for slot in coming} == {"Tuesday 07:00"}
    assert {following.day - one.day for one, following in pairwise(coming)} == {timedelta(days=7)}
    # The change nights are among them: the moments are not all a week of hours apart.
    assert len({following.at - one.at for one, following in pairwise(coming)}) == 3


@pytest.mark.parametrize(
    ("zone", "at_time", "change", "expected"),
    [
        (NEW_YORK, time(2, 30), date(2026, 3, 8), "03:00"),
        (BERLIN, time(2, 30), date(2026, 3, 29), "03:00"),
        (SYDNEY, time(2, 30), date(2026, 10, 4), "03:00"),
    ],
)
def test_a_slot_on_a_change_night_is_the_first_minute_after_the_jump(zone, at_time, change, expected):
    sundays = table((date(2026, 1, 1), 6, at_time, zone.key))
    assert f"{sundays.slot(change).at.astimezone(zone):%H:%M}" == expected
    assert f"{sundays.slot(change + timedelta(days=7)).at.astimezone(zone):%H:%M}" == "02:30"


def test_each_day_has_the_slot_of_the_rule_in_force():
    both = table(
        (date(2026, 4, 1), 3, time(8), "Europe/Berlin"), (date(2026, 1, 1), 1, time(7), "America/New_York")
    )
    days = [slot.day for slot in both.between(date(2025, 12, 1), date(2026, 4, 10))]
    assert days[0] == date(2026, 1, 6)
    assert days[-3:] == [date(2026, 3, 31), date(2026, 4, 2), date(2026, 4, 9)]
    assert both.slot(date(2026, 4, 7)) is None
    assert both.moment(date(2026, 4, 7)) == datetime(2026, 4, 7, 6, tzinfo=UTC)


def test_days_before_the_first_rule_have_no_slot_and_the_settings_time(settings):
    late = table((date(2026, 1, 1), 1, time(9), "Europe/Berlin"))
    assert list(late.between(date(2020, 1, 1), date(2025, 12, 31))) == []
    assert late.moment(date(2025, 12, 30)) == dates.moment(date(2025, 12, 30))


def test_without_rules_there_are_no_slots():
    assert list(table().after(datetime(2026, 1, 1, tzinfo=UTC))) == []


# --- The first rule ---------------------------------------------------------------------------------


def seed():
    SlotRule.objects.all().delete()
    slots.seed(sender=None, using="default")
    return SlotRule.objects.get()


@pytest.mark.django_db
def test_the_first_rule_comes_from_the_settings(settings, time_machine):
    settings.SLOT_WEEKDAY, settings.SLOT_TIME, settings.TIME_ZONE = "friday", time(9, 15), "Europe/Berlin"
    time_machine.move_to(NOON)
    rule = seed()
    assert (rule.weekday, rule.time, rule.zone) == (4, time(9, 15), "Europe/Berlin")


@pytest.mark.django_db
def test_it_is_made_after_a_migration_and_only_once(settings):
    assert SlotRule.objects.count() == 1
    settings.SLOT_WEEKDAY = "friday"
    slots.seed(sender=None, using="default")
    assert SlotRule.objects.get().weekday == 1
    assert slots.seed in [receiver[1]() for receiver in post_migrate.receivers]


@pytest.mark.django_db
@pytest.mark.parametrize(("hour", "first"), [(6, TODAY), (12, TODAY + timedelta(days=1))])
def test_a_slot_that_had_passed_before_the_site_began_was_not_missed(time_machine, hour, first):
    time_machine.move_to(NOON.replace(hour=hour))
    assert seed().from_date == first
    standings = {row.standing for row in slots.calendar(week(-9), week(9))}
    assert standings == {Standing.FREE}


@pytest.mark.django_db
def test_a_weekday_that_is_none_is_named(settings):
    settings.SLOT_WEEKDAY = "caturday"
    with pytest.raises(ImproperlyConfigured, match="'caturday', which is no day of the week"):
        seed()


# --- What stands in each slot -----------------------------------------------------------------------


@pytest.fixture
def _tuesdays(db, time_machine):
    time_machine.move_to(NOON, tick=False)
    tuesdays(from_date=week(-6))


@pytest.fixture
def _lineup(_tuesdays):
    """One slot of each kind: six weeks back, five ahead."""
    make_tip("Published", publish_at=at(-6))
    make_tip("Late", publish_at=at(-5) + timedelta(days=1))
    make_tip("Never approved", state=TipState.DRAFT, publish_at=at(-4), pinned=True)
    make_tip("Gone", state=TipState.WITHDRAWN, publish_at=at(-3))
    now = timezone.now()
    for day in (week(-2), week(3)):
        SlotException.objects.create(day=day, kind="skip", reason="Holidays", at=now)
    make_tip("Safe", publish_at=at(1))
    make_tip("Planned", state=TipState.IN_REVIEW, publish_at=at(2), pinned=True)
    make_tip("Only wished for", state=TipState.DRAFT, publish_at=at(4))
    make_tip("Beside", publish_at=at(5) + timedelta(days=1), pinned=True)


@pytest.mark.usefixtures("_lineup")
def test_the_calendar_says_how_each_slot_stands():
    rows = slots.calendar(week(-9), week(5))
    assert [(row.standing.value, row.tip and row.tip.title) for row in rows] == [
        ("published", "Published"),
        ("published", "Late"),
        ("missed", "Never approved"),
        ("published", "Gone"),
        ("skipped", None),
        ("missed", None),
        ("missed", None),
        ("safe", "Safe"),
        ("at_risk", "Planned"),
        ("skipped", None),
        ("free", None),
        ("free", None),
    ]
    assert [row.sentence for row in rows][:9] == [
        "“Published” was published.",
        "“Late” was published on Wednesday, 28 January 2026, 07:00 EST.",
        "Nothing was published: “Never approved” was planned, and not approved in time.",
        "“Gone” was published, and withdrawn since.",
        "Skipped: Holidays",
        "Nothing was published.",
        "Nothing was published.",
        "“Safe” is approved.",
        "“Planned” is planned, but is still in review.",
    ]
    assert [tip.title for tip in rows[-1].others] == ["Beside"]


@pytest.mark.usefixtures("_lineup")
def test_the_next_slots_begin_with_the_coming_one():
    rows = slots.ahead(count=3)
    assert [row.slot.day for row in rows] == [week(1), week(2), week(3)]
    assert [row.is_unsafe for row in rows] == [False, True, False]


@pytest.mark.usefixtures("_lineup")
def test_the_calendar_asks_as_many_questions_for_any_number_of_tips(django_assert_num_queries):
    with django_assert_num_queries(3):
        slots.calendar(week(-6), week(13))
    for number in range(30):
        make_tip(publish_at=at(6) + timedelta(weeks=number))
    with django_assert_num_queries(3):
        assert str(slots.calendar(week(-60), week(60))[-1].tip)


@pytest.mark.usefixtures("_tuesdays")
def test_a_slot_without_rules_is_no_gap():
    SlotRule.objects.all().delete()
    assert (slots.calendar(week(-3), week(3)), slots.ahead()) == ([], [])
