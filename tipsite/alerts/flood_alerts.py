"""What staff are told when far more forms are sent to the site than people send.

The shield notes that a flood is active; each minute the clock asks. However long a flood lasts and
however often it comes back, that is one mail in 24 hours.
"""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse

from shield import flood
from subscribers.models import LinkRequest
from tipsite.alerts import emails, notices
from tipsite.models import Notice

ONE_IN = timedelta(hours=24)
# Whoever may look at what was typed can also tell people from machines.
_PERMISSION = "subscribers.view_linkrequest"
_PREFIX = "flood "


def send_alarm(now):
    """Tell staff of a flood, unless they were told. Run each minute."""
    if not flood.is_active():
        return
    latest = Notice.objects.filter(key__startswith=_PREFIX, created_at__gt=now - ONE_IN).last()
    if latest is None or not latest.sent_at:
        key = latest.key if latest else f"{_PREFIX}{now:%Y-%m-%d %H:%M}"
        notices.send_once(key, lambda: _mail(now), now)


def _mail(now):
    forms = LinkRequest.objects.filter(asked_at__gt=now - timedelta(hours=1)).count()
    desk = settings.SITE_URL + reverse("admin:subscribers_linkrequest_changelist")
    return emails.flood_alarm(forms, _waiting(), notices.staff(_PERMISSION), desk)


def _waiting():
    return LinkRequest.objects.filter(mail_state=LinkRequest.MailState.WAITING).count()
