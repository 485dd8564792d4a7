"""What stands in the queue, and in a tip's history, for tests to look at."""

from django.contrib.admin.models import LogEntry

from tests.tips.weeks import at
from tips.models import Tip
from tips.schedule import queue


def lineup():
    """Return {title: weeks from now} of all that hold a slot."""
    numbers = {at(number): number for number in range(-3, 60)}
    return {tip.title: numbers.get(tip.publish_at, tip.publish_at) for tip in queue.waiting()}


def of(title):
    return Tip.objects.get(title=title)


def sentences(tip):
    return list(
        LogEntry.objects.filter(object_id=tip.pk).order_by("-pk").values_list("change_message", flat=True)
    )
