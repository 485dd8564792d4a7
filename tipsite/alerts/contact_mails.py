"""Mails to staff about what people wrote to the owner.

Three messages an hour are mailed one by one, to be answered from the mail program. What comes beyond that,
and what looks like spam, stands in one notice an hour.
"""

from datetime import datetime, timedelta
from functools import partial

from django.core.mail import EmailMessage
from django.urls import reverse

from shield import scoring
from subscribers.models import ContactMessage
from tipsite.alerts import notices
from tipsite.models import Notice

MOST, PER = 3, timedelta(hours=1)
PERMISSION = "subscribers.change_contactmessage"
# So many are read in one minute of the clock, and named in one notice.
_AT_ONCE, _NAMED = 50, 5


def send_due(now: datetime) -> None:
    """Tell staff of the messages of which they were not told. Run each minute."""
    untold = ContactMessage.objects.filter(told_at=None).order_by("pk")
    heap = []
    for message in untold[:_AT_ONCE]:
        if message.points < scoring.SUSPICIOUS and _may_go_alone(message, now):
            notice = Notice(kind=Notice.Kind.MESSAGE, about=str(message.pk))
            if notices.send_once(notice, partial(_mail, message), now):
                _told([message], now)
        else:
            heap.append(message)
    recent = Notice.objects.filter(kind=Notice.Kind.MESSAGES, created_at__gt=now - PER, sent_at__isnull=False)
    if heap and not recent.exists():
        notice = Notice(kind=Notice.Kind.MESSAGES, about=str(heap[0].pk))
        if notices.send_once(notice, partial(_notice, heap), now):
            _told(heap, now)


def _may_go_alone(message: ContactMessage, now: datetime) -> bool:
    alone = Notice.objects.filter(kind=Notice.Kind.MESSAGE, created_at__range=(now - PER, now + PER))
    # One that the mail server did not take is tried again.
    return alone.exclude(about=str(message.pk)).count() < MOST


def _told(messages: list[ContactMessage], now: datetime) -> None:
    ContactMessage.objects.filter(pk__in=[each.pk for each in messages]).update(told_at=now)


def _mail(message: ContactMessage) -> EmailMessage | None:
    current = ContactMessage.objects.filter(pk=message.pk).first()
    if current is None:
        return None
    path = reverse("admin:subscribers_contactmessage_change", args=[current.pk])
    mail = notices.mail_to_staff("message", PERMISSION, path, message=current)
    mail.reply_to = [current.address]
    return mail


def _notice(heap: list[ContactMessage]) -> EmailMessage:
    spam = [message for message in heap if message.points >= scoring.SUSPICIOUS]
    others = [message for message in heap if message.points < scoring.SUSPICIOUS]
    path = reverse("admin:subscribers_contactmessage_changelist")
    counts = {"count": len(others), "spam": len(spam)}
    return notices.mail_to_staff("messages", PERMISSION, path, **counts, named=others[:_NAMED])
