"""Who is in a mailing: the rows of its audience in the ledger, written in short transactions."""

import json
import time

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from subscribers.models import Mailing, Subscriber
from subscribers.people import receivers

# Subscribers looked at in one transaction: whoever leaves meanwhile waits for no more than this.
CHUNK = 10_000
# Those who confirmed later get the welcome, which names the newest tip; whoever got that needs no mail.
_AUDIENCE = """
INSERT INTO subscribers_delivery
(mailing_id, subscriber_id, state, tries, reply, refusal, uncertain_count, suppressed, second_chance)
SELECT %s, s.id, 'queued', 0, '', '', 0, FALSE, FALSE FROM subscribers_subscriber s
WHERE s.id > %s AND s.id <= %s AND s.state = 'confirmed' AND s.joined_at <= %s
AND (s.paused_until IS NULL OR s.paused_until <= %s)
AND NOT EXISTS (SELECT 1 FROM subscribers_suppression x WHERE x.address_hash = s.address_hash)
AND NOT EXISTS (SELECT 1 FROM subscribers_delivery w WHERE w.tip_id = %s AND w.subscriber_id = s.id)
"""
# A correction goes to those who have what it corrects, or who may have it.
_RECEIVED = """
AND EXISTS (SELECT 1 FROM subscribers_delivery r WHERE r.mailing_id = %s AND r.subscriber_id = s.id
AND r.state IN ('sent', 'uncertain'))
"""
# Or so says the set of receivers, where the rows of that were condensed.
_AMONG_SQLITE = "AND s.id IN (SELECT value FROM json_each(%s))"
_AMONG_POSTGRESQL = "AND s.id IN (SELECT value::bigint FROM json_array_elements_text(%s::json))"
# A hash mixes them: an imported list may hold thousands of one domain in a row.
_MIXED = "ORDER BY s.address_hash ON CONFLICT (mailing_id, subscriber_id) DO NOTHING"


def extend_due(stop: object = False) -> bool:
    """Write the next rows of the mailings that are being opened; return whether there were any mailings.

    Any process may go on where another one ended. ``stop`` is asked between two of its short transactions.
    """
    building = list(Mailing.objects.filter(state=Mailing.State.BUILDING).values_list("pk", flat=True))
    for pk in building:
        began = time.monotonic()
        while extend(pk) and not stop:
            # SQLite has one writer at a time, and serves those who wait in no order: leave them a gap.
            if connection.vendor == "sqlite" and not connection.in_atomic_block:
                time.sleep(min(time.monotonic() - began, 0.1))
            began = time.monotonic()
    return bool(building)


def extend(pk: int) -> bool:
    """Write rows for the next subscribers, in the order of their ids; return whether there are more to come.

    So each index grows at its end, and a long list costs each person what a short one does. The mailing is
    locked: a welcome that names the same tip takes that lock too, and either sees what the other did.
    """
    with transaction.atomic():
        building = Mailing.objects.select_for_update().filter(pk=pk, state=Mailing.State.BUILDING)
        mailing = building.defer("text", "html").first()
        if mailing is None:
            return False
        ids = Subscriber.objects.filter(pk__gt=mailing.audience_up_to).order_by("pk")
        last = ids.values_list("pk", flat=True)[CHUNK - 1 : CHUNK].first()
        count = _insert(mailing, last or Mailing.ALL)
        state = Mailing.State.BUILDING if last else Mailing.State.SENDING
        Mailing.objects.filter(pk=pk).update(
            audience=F("audience") + count, audience_up_to=last or Mailing.ALL, state=state
        )
    return last is not None


def _insert(mailing: Mailing, last: int) -> int:
    """Write the rows of the subscribers up to an id who have none yet; return how many."""
    today = connection.ops.adapt_datefield_value(timezone.localdate())
    started_at = connection.ops.adapt_datetimefield_value(mailing.started_at)
    values = [mailing.pk, mailing.audience_up_to, last, started_at, today, mailing.tip_id]
    values += [mailing.corrects_id] if mailing.corrects_id else []
    with connection.cursor() as cursor:
        cursor.execute(f"{_AUDIENCE} {_RECEIVED if mailing.corrects_id else ''} {_MIXED}", values)
        count = cursor.rowcount
        if mailing.corrects_id:
            # After the rows: what is condensed in between is in the set by now, and the rest has its row.
            ids = receivers.between(mailing.corrects_id, mailing.audience_up_to, last)
            among = _AMONG_SQLITE if connection.vendor == "sqlite" else _AMONG_POSTGRESQL
            cursor.execute(f"{_AUDIENCE} {among} {_MIXED}", [*values[:-1], json.dumps(ids)])
            count += cursor.rowcount
        return count
