from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate

from tests.tips.weeks import NOON, TODAY, week
from tips import dates
from tips.models import SlotRule
from tips.schedule import slot_states, slots
from tips.schedule.slot_states import SlotState

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
    standings = {row.state for row in slot_states.between(week(-9), week(9))}
    assert standings == {SlotState.FREE}


@pytest.mark.django_db
def test_a_weekday_that_is_none_is_named(settings):
    settings.SLOT_WEEKDAY = "caturday"
    with pytest.raises(ImproperlyConfigured, match="'caturday', which is no day of the week"):
        seed()
