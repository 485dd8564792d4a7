"""What the database tells of the site: queues, mails, the next slot, backups. A handful of cheap queries."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from django.db import DatabaseError
from django.db.models import Count, Min, Model, QuerySet, Sum
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from subscribers.delivery import heartbeat
from subscribers.models import Delivery, DeliveryCount, LinkRequest, Mailing, OutgoingMail, ServiceMail
from tips.models import Edition
from tips.schedule import verdict
from tips.schedule.slots import Timetable
from tipsite.backup import runs
from tipsite.metrics.registry import Sample
from tipsite.worker.other_queues import other_queues

Row = TypeVar("Row", bound=Model)
_State = Delivery.State
_SETTLED = [_State.SENT, _State.REFUSED, _State.SKIPPED, _State.UNCERTAIN, DeliveryCount.HELD]


def samples() -> Iterator[Sample]:
    """Tell all that the database knows; where it is away, that alone."""
    now = timezone.now()
    try:
        found = [*_waiting(now), *_mails(), *_site(now)]
    except DatabaseError:
        found = []
    yield Sample("database_up", "Whether the database answers", bool(found))
    yield from found


def _waiting(now: datetime) -> Iterator[Sample]:
    waiting = OutgoingMail.MailState.WAITING
    sending = Mailing.objects.filter(state=Mailing.State.SENDING)
    queues: dict[str, tuple[int | None, datetime | None]] = {
        "tasks": _tasks(),
        "link_mails": _count(LinkRequest.objects.filter(mail_state=waiting), "asked_at"),
        "service_mails": _count(ServiceMail.objects.filter(mail_state=waiting), "asked_at"),
        "mailings": (_not_settled(sending), sending.aggregate(since=Min("started_at"))["since"]),
    }
    for name, (depth, _) in queues.items():
        yield Sample("queue_depth", "How many wait to be done", depth, {"queue": name})
    words = "For how long the oldest has been waiting, 0 where none does"
    for name, (depth, since) in queues.items():
        age = (now - since).total_seconds() if since and depth else 0
        yield Sample("oldest_waiting_seconds", words, None if depth is None else max(age, 0), {"queue": name})


def _tasks() -> tuple[int | None, datetime | None]:
    """Return how many tasks wait, and since when the oldest does; (None, None) where one engine is away."""
    number, since = _count(DBTaskResult.objects.ready(), "enqueued_at")
    for queue in other_queues():
        if (waiting := queue.waiting()) is None:
            return None, None
        number, since = number + waiting[0], min(filter(None, [since, waiting[1]]), default=None)
    return number, since


def _count(rows: QuerySet[Row], moment: str) -> tuple[int, datetime | None]:
    told = rows.order_by().aggregate(number=Count("pk"), since=Min(moment))
    return told["number"], told["since"]


def _not_settled(sending: QuerySet[Mailing]) -> int:
    """Return how many mails of mailings on their way are still to be sent, by the counts of triggers."""
    settled = DeliveryCount.objects.filter(mailing__in=sending.values("pk"), kind__in=_SETTLED)
    audience = sending.aggregate(number=Sum("audience"))["number"] or 0
    return max(0, audience - (settled.aggregate(number=Sum("number"))["number"] or 0))


def _mails() -> Iterator[Sample]:
    """Tell the mails of all mailings by what became of them, from the counts that triggers keep."""
    words = "Mails of mailings, by what became of them"
    counts = DeliveryCount.objects.order_by("kind").values_list("kind").annotate(Sum("number"))
    for kind, number in counts:
        yield Sample("mails", words, number, {"outcome": kind})


def _site(now: datetime) -> Iterator[Sample]:
    slot = verdict.next_slot(Timetable.load(), now)
    yield Sample(
        "next_slot_timestamp_seconds",
        "When the next tip is due, in Unix time",
        slot.at.timestamp() if slot else None,
    )
    words = "Workers that gave a sign of life within a minute"
    yield Sample("workers", words, heartbeat.alive(now).count())
    standing = runs.standing(now)
    age = runs.age(standing.verified, now)
    words = "The age of the newest backup that was read back"
    yield Sample("backup_age_seconds", words, None if age is None else age.total_seconds())
    # One number, which says of several machines whether they see the same.
    edition = Edition.objects.values_list("number", flat=True).first()
    yield Sample("edition", "Which edition of what readers are served it is", edition)
    yield Sample("backup_failed", "Whether the last backup failed", standing.failed is not None)
