"""The rows of mailings that ended long ago become counts, and one exact set of who got each.

A million people and a tip a week are fifty million rows a year; the sets take a bit for each. What is lost is
when each mail was sent, and what servers said: nobody asks that after KEEP_ROWS. A mail that comes back still
later changes nothing; a complaint counts by the link to leave in the mail.
"""

from collections import Counter
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from desk.batches import Batches
from subscribers.models import BounceReport, Delivery, DeliveryCount, Mailing, RepeatedRefusal
from subscribers.people import receivers

KEEP_ROWS = timedelta(days=90)
# Deliveries that are condensed in one go, so that the clock goes on with the rest: a day's work for a list of
# a million is done within the week.
MOST = 250_000
# Who has a mailing, or may have it.
RECEIVED = (Delivery.State.SENT, Delivery.State.UNCERTAIN)
_NOT_COUNTED = (Delivery.State.QUEUED, Delivery.State.SENDING)
_ADD = """
INSERT INTO subscribers_deliverycount (mailing_id, kind, shard, number) VALUES (%s, %s, %s, %s)
ON CONFLICT (mailing_id, kind, shard)
DO UPDATE SET number = subscribers_deliverycount.number + excluded.number
"""


def condense_old(now: datetime) -> int:
    """Condense mailings that ended more than KEEP_ROWS ago, at most MOST deliveries; return how many.

    For the clock, each day; safe to run twice, beside another worker, and to be killed at any moment.
    """
    left = MOST
    for pk in list(_due(now).values_list("pk", flat=True)):
        # Nothing may rest on a row that a person was found by.
        kept = Exists(RepeatedRefusal.objects.filter(delivery=OuterRef("pk")))
        rows = Delivery.objects.filter(mailing=pk).exclude(kept)
        # All at once: a cursor would end with the first batch's transaction behind PgBouncer.
        batches = Batches(list(rows.order_by("pk").values_list("pk", flat=True)[:left]), most=2000)
        for batch in batches:
            with batches.transaction():
                left -= _condense(pk, batch)
        # Another worker may have had the mailing, and rows are left.
        if not rows.exists():
            Mailing.objects.filter(pk=pk).update(condensed_at=now)
        if left <= 0:
            break
    return MOST - left


def _due(now: datetime) -> QuerySet[Mailing]:
    """Return the mailings that ended long ago, and of which no person has still to decide anything."""
    held = Exists(Delivery.objects.filter(mailing=OuterRef("pk")).held())
    over = [Mailing.State.SENT, Mailing.State.CANCELLED]
    ended = Mailing.objects.filter(state__in=over, ended_at__lt=now - KEEP_ROWS, condensed_at=None)
    return ended.exclude(started_at=None).exclude(held).order_by("pk")


def _condense(mailing: int, keys: list[int]) -> int:
    """Put deliveries into the counts and the set of their mailing, and delete them; return how many."""
    if not Mailing.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=mailing).exists():
        return 0
    # Reports, rows and the set are locked in the order in which erasing a person takes them.
    reports = BounceReport.objects.filter(delivery__in=keys)
    list(reports.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    rows = list(Delivery.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
    # Of whoever was found by one of them just now, the row stays; nobody finds anything by a locked one.
    found_by = set(RepeatedRefusal.objects.filter(delivery__in=keys).values_list("delivery", flat=True))
    rows = [row for row in rows if row.pk not in found_by]
    received = [row.subscriber_id for row in rows if row.state in RECEIVED and row.subscriber_id is not None]
    receivers.add(mailing, received)
    counts = Counter(row.state for row in rows if row.state not in _NOT_COUNTED)
    counts[DeliveryCount.COMPLAINED] = sum(row.complained_at is not None for row in rows)
    reports.exclude(delivery__in=found_by).delete()
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).delete()
    shard = DeliveryCount.CONDENSED
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, [(mailing, kind, shard, count) for kind, count in counts.items() if count])
    return len(rows)
