"""What staff are told by mail when so many addresses are refused that nobody is suppressed without them.

They are told once for each time that the question comes up.
"""

from datetime import datetime
from functools import partial

from django.core.mail import EmailMessage
from django.urls import reverse

from subscribers.mailings import refused_addresses
from subscribers.models import RepeatedRefusal
from tipsite.alerts import notices
from tipsite.models import Notice


def send_alert(now: datetime) -> None:
    """Ask staff about those who were refused, unless they were asked. Run each minute."""
    asked = RepeatedRefusal.objects.filter(state=RepeatedRefusal.State.ASKED).order_by("at", "pk")
    if first := asked.first():
        occasion = f"{first.pk} {first.at:%Y-%m-%dT%H:%M:%S}"
        notice = Notice(kind=Notice.Kind.MANY_REFUSED, occasion=occasion)
        notices.send_once(notice, _mail, now)


def _mail() -> EmailMessage:
    question = refused_addresses.question()
    return _to_those_who_decide(reverse("admin:subscribers_refused"), question=question)


_to_those_who_decide = partial(notices.mail_to_staff, "refusal_alert", refused_addresses.DECIDE[0])
