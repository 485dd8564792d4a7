"""Moments that the clock leaves out, or shows twice, wherever staff type one."""

from datetime import date, time

import pytest
from django.core.exceptions import ValidationError

from tips.admin.fields import SlotField
from tips.models import SlotRule


def test_the_day_of_a_tip_is_refused_in_these_words(settings):
    settings.TIME_ZONE = "America/New_York"
    with pytest.raises(ValidationError, match="leaves out 02:30 on Sun 14 Mar 2027"):
        SlotField().clean(["2027-03-14", "02:30"])


def test_a_weekly_slot_that_some_week_does_not_have_is_refused(desk):
    asked = {"from_date": "2031-01-01", "weekday": 6, "time": "02:30", "zone": "America/New_York"}
    page = desk.post("/admin/tips/tip/calendar/rule/", {**asked, "seen": 0}).content.decode()
    assert "leaves out 02:30 on Sun 9 Mar 2031. Choose 01:59 or 03:00." in page
    assert SlotRule.objects.count() == 1


def test_a_slot_is_not_moved_to_such_a_moment(client, editor, settings, time_machine):
    settings.TIME_ZONE = "America/New_York"
    time_machine.move_to("2027-03-09 12:00+00:00")
    client.force_login(editor)
    SlotRule.objects.update(from_date=date(2026, 1, 6), weekday=2, time=time(7), zone="America/New_York")
    sent = {
        "verb": "move",
        "date": "2027-03-14",
        "time": "02:30",
        "reason": "A fair",
        "seen": 0,
    }
    page = client.post("/admin/tips/tip/calendar/2027-03-10/", sent).content.decode()
    assert "leaves out 02:30 on Sun 14 Mar" in page
