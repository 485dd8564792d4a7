"""What staff are told by mail when the weekly mail stands still.

A mailing that paused itself is told of once, and once more each time that it was resumed and paused itself
again; a mailing that is held because it was missed likewise. What a person stopped or paused needs no mail.
The closed restore guard is told of once for each database in which it closed.
"""

from datetime import datetime
from functools import partial

from django.core.mail import EmailMessage
from django.urls import reverse

from subscribers.mailings import status
from subscribers.models import DatabaseIdentity, Mailing
from subscribers.recovery import guard
from tipsite.alerts import notices
from tipsite.models import Notice

_KINDS = {Mailing.State.PAUSED: Notice.Kind.MAILING_PAUSED, Mailing.State.HELD: Notice.Kind.MAILING_HELD}
_GUARD_ADVICE = (
    "if this is the real site, a Publisher opens the page below and says so; if it is a copy, leave it as it"
    " is, or take its mail settings away."
)


def send_alerts(now: datetime) -> None:
    """Tell those who manage mailings of each one that stands still by itself. Run each minute."""
    still = Mailing.objects.filter(state__in=_KINDS, by=None).select_related("tip").defer("text", "html")
    for mailing in still.order_by("pk"):
        notices.send_once(_notice(mailing), partial(_of_mailing, mailing, now), now)
    if closure := guard.why_closed():
        database = DatabaseIdentity.objects.order_by("pk").first() or DatabaseIdentity(name="")
        notice = Notice(kind=Notice.Kind.GUARD_CLOSED, about=database.name, occasion=str(database.counter))
        context = {"sentence": closure.sentence, "advice": _GUARD_ADVICE}
        notices.send_once(notice, partial(_mail, reverse("admin:safe"), **context), now)


def _notice(mailing: Mailing) -> Notice:
    # Each resume and each release begins another stretch of the mailing.
    began = (mailing.state == Mailing.State.PAUSED and mailing.watched_from) or mailing.starts_at
    kind = _KINDS[Mailing.State(mailing.state)]
    return Notice(kind=kind, about=str(mailing.pk), occasion=began.isoformat())


def _of_mailing(mailing: Mailing, now: datetime) -> EmailMessage:
    standing = status.describe(mailing, now)
    advice = standing.advice[:1].lower() + standing.advice[1:]
    page = reverse("admin:subscribers_mailing_change", args=[mailing.pk])
    return _mail(page, sentence=standing.sentence, advice=advice, tip=mailing.tip)


_mail = partial(notices.mail_to_staff, "mailing_alert", guard.PERMISSION)
