"""What staff are told by mail when the weekly mail stands still.

Each minute the clock asks. A mailing that paused itself is told of once, and once more each time that it was
resumed and paused itself again; one that is held because it was missed likewise. What a person stopped or
paused needs no mail. That the guard is closed is told once for each database in which it closed.
"""

from django.conf import settings
from django.urls import reverse

from subscribers.mailings import status
from subscribers.models import DatabaseIdentity, Mailing
from subscribers.recovery import guard
from tipsite.alerts import emails, notices

_STILL = [Mailing.State.PAUSED, Mailing.State.HELD]
WHAT_THE_GUARD_WANTS = (
    "if this is the real site, a Publisher opens the page below and says so; if it is a copy, leave it as"
    " it is, or take its mail settings away."
)


def send_alarms(now):
    """Tell those who manage mailings of each one that stands still by itself. Run each minute."""
    still = Mailing.objects.filter(state__in=_STILL, by=None).select_related("tip").defer("text", "html")
    for mailing in still.order_by("pk"):
        notices.send_once(_key(mailing), lambda mailing=mailing: _of_mailing(mailing, now), now)
    if refusal := guard.refusal():
        notices.send_once(_guard_key(), lambda: _of_guard(refusal), now)


def _key(mailing):
    # Which stretch of it: each resume and each release begins another.
    began = (mailing.state == Mailing.State.PAUSED and mailing.watched_from) or mailing.opens_at
    return f"mailing {mailing.pk}:{mailing.state} {began:%Y-%m-%d %H:%M:%S}"


def _guard_key():
    row = DatabaseIdentity.objects.order_by("pk").first()
    return f"guard {row.name}:{row.counter}" if row else "guard"


def _of_mailing(mailing, now):
    told = status.tell(mailing, now)
    desk = settings.SITE_URL + reverse("admin:subscribers_mailing_change", args=[mailing.pk])
    advice = told.advice[:1].lower() + told.advice[1:]
    return emails.mailing_trouble(told.sentence, advice, _whom(), desk, tip=mailing.tip)


def _of_guard(refusal):
    desk = settings.SITE_URL + reverse("admin:safe")
    return emails.mailing_trouble(refusal, WHAT_THE_GUARD_WANTS, _whom(), desk)


def _whom():
    return notices.staff(guard.PERMISSION)
