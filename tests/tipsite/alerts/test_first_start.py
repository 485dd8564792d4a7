from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from tests.tips.people import make_person
from tests.tips.weeks import tuesdays
from tipsite.worker import clock

# The day before a slot in which nothing stands.
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_an_owner_who_has_just_started_the_site_has_ten_minutes_before_the_first_alarm(
    settings, time_machine
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    time_machine.move_to(MONDAY, tick=False)
    tuesdays(from_date=MONDAY.date())
    make_person("ed", "Editor")
    for minute in range(10):
        clock.tick(MONDAY + timedelta(minutes=minute))
    assert mail.outbox == []
    clock.tick(MONDAY + timedelta(minutes=10))
    [alarm] = mail.outbox
    assert alarm.subject.startswith("Free: Tue 3 Mar")
