"""When the next tip comes to a subscriber."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from subscribers.models import Subscriber
from tips.schedule.slots import Timetable


def next_tip(subscriber: Subscriber) -> datetime | None:
    """Return the moment of the first slot of which a subscriber gets the tip, or None."""
    after = timezone.now()
    if subscriber.paused_until:
        begins = timezone.make_aware(datetime.combine(subscriber.paused_until, time()))
        after = max(after, begins - timedelta(microseconds=1))
    return next((slot.at for slot in Timetable.load().after(after) if not slot.skipped), None)
