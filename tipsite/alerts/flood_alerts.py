"""What staff are told by mail when far more forms are sent to the site than people send.

The shield notes that a flood is active. However long a flood lasts and however often it comes back, staff get
one mail in 24 hours.
"""

import math
from datetime import datetime, timedelta
from functools import partial

from django.core.mail import EmailMessage
from django.urls import reverse

from shield import flood
from subscribers.mail.link_mails import LONGEST_WAIT
from subscribers.mail.outbox import OVERALL
from subscribers.models import LinkRequest
from tipsite.alerts import notices
from tipsite.models import Notice


def send_alert(now: datetime) -> None:
    """Tell staff of a flood, unless they were told. Run each minute."""
    if flood.is_active():
        recent = Notice.objects.filter(kind=Notice.Kind.FLOOD, created_at__gt=now - timedelta(hours=24))
        notice = recent.last() or Notice(kind=Notice.Kind.FLOOD, occasion=now.isoformat())
        notices.send_once(notice, partial(_mail, now), now)


def _mail(now: datetime) -> EmailMessage:
    waiting = _waiting()
    context = {
        "forms": LinkRequest.objects.filter(asked_at__gt=now - timedelta(hours=1)).count(),
        "waiting": waiting,
        "per_minute": OVERALL.amount,
        "hours": math.ceil(waiting / (OVERALL.amount * 60)),
        "longest": LONGEST_WAIT // timedelta(hours=1),
    }
    page = reverse("admin:subscribers_linkrequest_changelist")
    # Whoever may look at the typed addresses can also tell people from machines.
    return notices.mail_to_staff("flood_alert", "subscribers.view_linkrequest", page, **context)


def _waiting() -> int:
    return LinkRequest.objects.filter(mail_state=LinkRequest.MailState.WAITING).count()
