"""The counts of deliveries and of the list: their parts put together, and held against what is there."""

import logging
from collections import Counter
from datetime import datetime

from django.db import connection, transaction

from subscribers.models import DeliveryCount, SubscriberCount
from subscribers.triggers import LIVE, LIVE_PEOPLE

logger = logging.getLogger(__name__)

# In one statement, which sees one moment: a count changes in the transaction that changes its deliveries.
_DIFFERENCES = f"""
SELECT mailing_id, kind, SUM(number) FROM ({LIVE} UNION ALL
SELECT mailing_id, kind, -number FROM subscribers_deliverycount
WHERE shard <> {DeliveryCount.CONDENSED}) both_counts
GROUP BY mailing_id, kind HAVING SUM(number) <> 0
"""
_ADD = """
INSERT INTO subscribers_deliverycount (mailing_id, kind, shard, number) VALUES (%s, %s, 0, %s)
ON CONFLICT (mailing_id, kind, shard)
DO UPDATE SET number = subscribers_deliverycount.number + excluded.number
"""
_MORE_PEOPLE = f"""
SELECT ({LIVE_PEOPLE}) - COALESCE((SELECT SUM(number) FROM subscribers_subscribercount), 0)
"""
_ADD_PEOPLE = """
INSERT INTO subscribers_subscribercount (shard, number) VALUES (0, %s)
ON CONFLICT (shard) DO UPDATE SET number = subscribers_subscribercount.number + excluded.number
"""


def differences() -> dict[tuple[int, str], int]:
    """Return {(mailing, kind): how many more there are than the counts say}; nothing where they are true."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        return {(mailing_id, kind): int(number) for mailing_id, kind, number in cursor.fetchall()}


def more_people() -> int:
    """Return how many more confirmed subscribers there are than the count says; 0 where it is true."""
    with connection.cursor() as cursor:
        cursor.execute(_MORE_PEOPLE)
        return int(cursor.fetchone()[0])


def look_after(now: datetime) -> None:
    """Put the parts of each count together, and count anew what is not true.

    For the clock, each day; safe to run twice. A count goes wrong only where somebody has written into the
    database past its triggers.
    """
    put_together()
    with transaction.atomic(), connection.cursor() as cursor:
        if wrong := differences():
            logger.error("Counts of deliveries were not true, and are counted anew: %s", wrong)
            cursor.executemany(_ADD, [(*key, number) for key, number in wrong.items()])
        if more := more_people():
            logger.error("The count of the list was not true, and is counted anew: %s", more)
            cursor.execute(_ADD_PEOPLE, [more])


def put_together() -> None:
    """Put the parts of connections into one each; the part of one that counts just now stays."""
    with transaction.atomic(), connection.cursor() as cursor:
        parts = list(DeliveryCount.objects.select_for_update(skip_locked=True).filter(shard__gt=0))
        sums: Counter[tuple[int, str]] = Counter()
        for part in parts:
            sums[part.mailing_id, part.kind] += part.number
        DeliveryCount.objects.filter(pk__in=[part.pk for part in parts]).delete()
        cursor.executemany(_ADD, [(*key, number) for key, number in sums.items() if number])
        of_people = list(SubscriberCount.objects.select_for_update(skip_locked=True).exclude(shard=0))
        SubscriberCount.objects.filter(pk__in=[part.pk for part in of_people]).delete()
        if of_people:
            cursor.execute(_ADD_PEOPLE, [sum(part.number for part in of_people)])
