"""From a tip to a mailing, and from a mailing to the rows of its audience."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from subscribers import tipmail
from subscribers.models import Delivery, Mailing, Subscriber
from subscribers.recovery import guard
from tips.dates import in_words
from tips.models import Tip, TipState

logger = logging.getLogger(__name__)


# It is shown so long before it begins, and certainly stopped within.
GRACE = timedelta(minutes=10)
# A tip that went live longer ago and has no mailing was public before there was any, or was never meant.
LOOK_BACK = timedelta(days=30)
# The clock looks each minute; what it finds later than this was missed.
_PROMPT = timedelta(minutes=2)
# Subscribers looked at in one transaction: whoever leaves meanwhile waits for no more than this.
CHUNK = 10_000
# A mailing that was cancelled by itself, before it began: its tip may come back.
_MAY_RETURN = Q(state=Mailing.State.CANCELLED, ended_at=None)


def window():
    """Return how long after its moment a mailing may still begin by itself."""
    return timedelta(hours=settings.MAIL_WINDOW_HOURS)


def keep_up(now):
    """Prepare the mailings that are due, and bring those that are there in step with their tips.

    For the clock, each minute; safe to run twice, or at once by several.
    """
    for mailing in (
        Mailing.objects.filter(state=Mailing.State.PREPARED).select_related("tip").defer("html", "text")
    ):
        _follow(mailing, now)
    _pause_what_was_withdrawn()
    ended = Mailing.objects.filter(tip=OuterRef("pk"), kind=Mailing.Kind.TIP).exclude(_MAY_RETURN)
    due = Tip.objects.published_dated(now + GRACE).full().filter(for_mail=True)
    for tip in due.filter(~Exists(ended), publish_at__gte=now - LOOK_BACK).order_by("publish_at", "pk"):
        _prepare(tip, now)


def open_due(now=None):
    """Freeze the mailings whose moment has come; return whether there were any.

    While the guard is closed none is. Who left by the journal has left here before the audience is read.
    """
    now = now or timezone.now()
    due = list(
        Mailing.objects.filter(state=Mailing.State.PREPARED, starts_at__lte=now).values_list("pk", flat=True)
    )
    if not due or guard.why_closed():
        return False
    guard.replay_journal()
    frozen = [freeze(pk, now) for pk in due]
    return any(frozen)


def freeze(pk, now=None):
    """Freeze subject and text of a prepared mailing and begin to open it; return whether this call did so.

    Of all that look at once one does. Where the tip is not to be mailed any more, or it is too late, the
    mailing is cancelled or held instead.
    """
    now = now or timezone.now()
    with transaction.atomic():
        prepared = Mailing.objects.filter(pk=pk, state=Mailing.State.PREPARED, starts_at__lte=now)
        mailing = prepared.select_for_update().first()
        if mailing is None:
            return False
        # Whoever changes or withdraws the tip now comes after us, or before.
        mailing.tip = Tip.objects.select_for_update().get(pk=mailing.tip_id)
        if not _follow(mailing, now):
            return False
        try:
            frozen = tipmail.render(mailing.tip, mailing.kind, mailing.note)
        except Exception as error:
            logger.exception("%s cannot be written", mailing)
            _set(mailing, Mailing.State.HELD, f"Its mail cannot be written ({type(error).__name__}).")
            return False
        Mailing.objects.filter(pk=pk).update(
            state=Mailing.State.BUILDING,
            started_at=now,
            subject=frozen.subject,
            text=frozen.text,
            html=frozen.html,
            reason="",
        )
    return True


def extend_due(stop=False):
    """Make the next rows of the mailings that are being opened; return whether there were any to make.

    Any process may go on where another one ended. ``stop`` is asked between two of its short transactions.
    """
    some = False
    for pk in Mailing.objects.filter(state=Mailing.State.BUILDING).values_list("pk", flat=True):
        some = True
        began = time.monotonic()
        while extend(pk) and not stop:
            # SQLite has one writer at a time, and serves who waits in no order: leave them a gap.
            if connection.vendor == "sqlite" and not connection.in_atomic_block:
                time.sleep(min(time.monotonic() - began, 0.1))
            began = time.monotonic()
    return some


def extend(pk):
    """Make rows for the next subscribers, in the order of their ids; return whether there are more to come.

    So each index grows at its end, and a long list costs each person what a short one does. The mailing is
    locked: a welcome that names the same tip takes that lock too, and either sees what the other did.
    """
    with transaction.atomic():
        mailing = Mailing.objects.select_for_update().filter(pk=pk, state=Mailing.State.BUILDING)
        mailing = mailing.defer("text", "html").first()
        if mailing is None:
            return False
        ids = Subscriber.objects.filter(pk__gt=mailing.audience_up_to).order_by("pk")
        last = ids.values_list("pk", flat=True)[CHUNK - 1 : CHUNK].first()
        made = _insert(mailing, Mailing.ALL if last is None else last)
        values = (
            {"audience_up_to": last}
            if last
            else {"audience_up_to": Mailing.ALL, "state": Mailing.State.SENDING}
        )
        Mailing.objects.filter(pk=pk).update(audience=F("audience") + made, **values)
    return last is not None


def finish(pk):
    """Note that a mailing is sent, if nothing of it is pending; return whether this call did so.

    Idle senders ask it each second, so the lock comes only where it looks as if all were done.
    """
    if _is_pending(pk):
        return False
    with transaction.atomic():
        running = Mailing.objects.select_for_update().filter(pk=pk, state=Mailing.State.SENDING)
        # Whoever has decided meanwhile that an uncertain one is sent again had this lock before us.
        if not running.values_list("pk").first() or _is_pending(pk):
            return False
        done = {"state": Mailing.State.SENT, "ended_at": timezone.now(), "trouble": "", "reason": ""}
        return bool(Mailing.objects.filter(pk=pk).update(**done))


def _is_pending(pk):
    """Tell whether a mailing has any that are ``pending()``, asked in three parts that have an index each."""
    rows = Delivery.objects.filter(mailing=pk)
    parts = Q(state="queued", due_at=None), Q(due_at__isnull=False), Q(state="sending")
    return any(rows.filter(part).exists() for part in parts)


def obstacle(tip):
    """Return why a tip is not to be mailed, in a sentence for staff, or ""."""
    if tip.state != TipState.APPROVED:
        return f"The tip is {tip.get_state_display().lower()}, not approved."
    if not tip.for_mail:
        return "The tip is marked as not for mail."
    if tip.publish_at is None:
        return "The tip is undated."
    if not tip.has_body:
        return "The tip is a teaser; its text is not here yet."
    return ""


def _follow(mailing, now):
    """Bring a prepared mailing in step with its tip; return whether it stays as it is, for its moment."""
    if reason := obstacle(mailing.tip):
        _set(mailing, Mailing.State.CANCELLED, reason)
        return False
    if mailing.kind == Mailing.Kind.TIP:
        starts_at = _moment(mailing.tip, now)
        moved = mailing.tip.publish_at > now or starts_at < mailing.starts_at
        if moved and starts_at != mailing.starts_at:
            Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.PREPARED).update(starts_at=starts_at)
            return False
    if now > mailing.starts_at + window():
        _set(mailing, Mailing.State.HELD, _too_late(mailing.starts_at))
        return False
    return True


def _moment(tip, now):
    """Return when the mailing of a tip begins that is prepared now."""
    late = now - tip.publish_at
    if late <= timedelta():
        return tip.publish_at
    # Published at once, the grace follows the verb; found late, it begins with being shown.
    return tip.publish_at + GRACE if late <= _PROMPT else now + GRACE


def _prepare(tip, now):
    state, reason = Mailing.State.PREPARED, ""
    if now - tip.publish_at > window():
        state, reason = Mailing.State.HELD, _too_late(tip.publish_at)
    values = {"state": state, "reason": reason, "starts_at": _moment(tip, now), "by": None}
    if Mailing.objects.filter(_MAY_RETURN, tip=tip, kind=Mailing.Kind.TIP).update(**values):
        return
    try:
        with transaction.atomic():
            Mailing.objects.create(tip=tip, created_at=now, **values)
    except IntegrityError:
        # Another process was quicker, or the tip was changed this moment: the next minute sees it.
        logger.info("Tip %s: its mailing is there already, or the tip is not for mail", tip.pk)


def _pause_what_was_withdrawn():
    begun = Mailing.objects.filter(state__in=[Mailing.State.BUILDING, Mailing.State.SENDING])
    gone = begun.exclude(tip__state=TipState.APPROVED)
    reason = "The tip was withdrawn while its mail went out. Reinstate it and resume, or cancel."
    gone.update(state=Mailing.State.PAUSED, reason=reason, by=None)


def _set(mailing, state, reason):
    changed = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.PREPARED)
    if changed.update(state=state, reason=reason, by=None):
        logger.warning("%s is %s: %s", mailing, Mailing.State(state).label.lower(), reason)


def _too_late(moment):
    hours = settings.MAIL_WINDOW_HOURS
    return f"It should have begun on {in_words(moment)}, more than {hours} hours ago."


def _insert(mailing, last):
    """Write the rows of the subscribers up to an id who have none yet; return how many."""
    today = connection.ops.adapt_datefield_value(timezone.localdate())
    started_at = connection.ops.adapt_datetimefield_value(mailing.started_at)
    values = [mailing.pk, mailing.audience_up_to, last, started_at, today, mailing.tip_id]
    others = ""
    if mailing.corrects_id:
        others = _RECEIVED
        values.append(mailing.corrects_id)
    with connection.cursor() as cursor:
        cursor.execute(f"{_AUDIENCE} {others} {_MIXED}", values)
        return cursor.rowcount


# Those who confirmed later get the welcome, which names the newest tip; whoever got that needs no mail.
_AUDIENCE = """
INSERT INTO subscribers_delivery
(mailing_id, subscriber_id, state, tries, reply, uncertain_count, suppressed, second_chance)
SELECT %s, s.id, 'queued', 0, '', 0, FALSE, FALSE FROM subscribers_subscriber s
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
# A hash mixes them: an imported list may hold thousands of one domain in a row.
_MIXED = "ORDER BY s.address_hash ON CONFLICT (mailing_id, subscriber_id) DO NOTHING"
