"""When a mailing is prepared, begins and is sent; ``audience`` says who is in it."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from shield import clocks
from subscribers import tipmail
from subscribers.models import Delivery, Mailing
from subscribers.recovery import guard
from tips.dates import short
from tips.models import Tip, TipState

logger = logging.getLogger(__name__)

# It is shown so long before it begins, and certainly stopped within.
GRACE = timedelta(minutes=10)
# A tip that went live longer ago and has no mailing was public before there was any, or was never meant.
LOOK_BACK = timedelta(days=30)
# The clock looks each minute; what it finds later than this was missed.
_PROMPT = timedelta(minutes=2)
_TAKEN_BACK = "Bring it back and resume; or cancel, and send a correction to those who have it."
_BEGUN = [Mailing.State.BUILDING, Mailing.State.SENDING]
# A mailing that was cancelled by itself, before it began: its tip may come back.
_MAY_RETURN = Q(state=Mailing.State.CANCELLED, ended_at=None)


def window() -> timedelta:
    """Return how long after its moment a mailing may still begin by itself."""
    return timedelta(hours=settings.MAIL_WINDOW_HOURS)


def keep_up(now: datetime) -> None:
    """Prepare the mailings that are due, and bring those that are there in step with their tips.

    For the clock, each minute; safe to run twice, or at once by several.
    """
    prepared = Mailing.objects.filter(state=Mailing.State.PREPARED)
    for mailing in prepared.select_related("tip").defer("html", "text"):
        _follow(mailing, now)
    stop_taken_back()
    for tip in without_mailing(now):
        if tip.publish_at:
            _prepare(tip, tip.publish_at, now)


def without_mailing(now: datetime) -> QuerySet[Tip]:
    """Return the tips that are live at a moment, or soon after, are for mail, and have no mailing yet."""
    ended = Mailing.objects.filter(tip=OuterRef("pk"), kind=Mailing.Kind.TIP).exclude(_MAY_RETURN)
    due = Tip.objects.published_dated(now + GRACE).full().filter(for_mail=True)
    return due.filter(~Exists(ended), publish_at__gte=now - LOOK_BACK).order_by("publish_at", "pk")


def stop_taken_back(tip_id: int | None = None) -> None:
    """Pause the mailings on their way whose tip is not to be mailed any more, or has another moment.

    ``tip_id`` is the one tip to look at; without it, the look is at all. Who sends asks for each person
    anew (``ledger``), so that nothing depends on when this is called.
    """
    begun = Mailing.objects.filter(state__in=_BEGUN, tip_moment__isnull=False)
    if tip_id is not None:
        begun = begun.filter(tip=tip_id)
    is_as_frozen = Q(tip__state=TipState.APPROVED, tip__for_mail=True, tip__publish_at=F("tip_moment"))
    for mailing in begun.exclude(is_as_frozen).select_related("tip").defer("text", "html", "tip__body"):
        reason = f"{obstacle(mailing.tip) or 'The tip has another day now.'} {_TAKEN_BACK}"
        paused = {"state": Mailing.State.PAUSED, "reason": reason, "by": None}
        if Mailing.objects.filter(pk=mailing.pk, state__in=_BEGUN).update(**paused):
            logger.warning("%s is paused: %s", mailing, reason)


def open_due(now: datetime | None = None) -> None:
    """Freeze the mailings whose moment has come.

    While the guard is closed, none is. Who left by the journal has left here before the audience is read.
    What has begun cannot be taken back, so it begins by the database's clock: a machine's own may be fast.
    """
    now = now or clocks.database_now()
    prepared = Mailing.objects.filter(state=Mailing.State.PREPARED, starts_at__lte=now)
    due = list(prepared.values_list("pk", flat=True))
    if due and not guard.why_closed():
        guard.replay_journal()
        for pk in due:
            freeze(pk, now)


def freeze(pk: int, now: datetime | None = None) -> bool:
    """Freeze subject and text of a prepared mailing and begin to open it; return whether this call did so.

    Of all that look at once one does. Where the tip is not to be mailed any more, or it is too late, the
    mailing is cancelled or held instead.
    """
    now = now or timezone.now()
    with transaction.atomic():
        prepared = Mailing.objects.filter(pk=pk, state=Mailing.State.PREPARED, starts_at__lte=now)
        # Whoever changes or withdraws the tip now comes after us, or before. Each locks the tip first.
        tip = Tip.objects.select_for_update().filter(pk__in=prepared.values("tip")).first()
        mailing = prepared.select_for_update().first()
        if tip is None or mailing is None:
            return False
        mailing.tip = tip
        if not _follow(mailing, now):
            return False
        try:
            frozen = tipmail.render_mailing(mailing)
        except Exception as error:
            logger.exception("%s cannot be written", mailing)
            _set(mailing, Mailing.State.HELD, f"Its mail cannot be written ({type(error).__name__}).")
            return False
        begun = {"state": Mailing.State.BUILDING, "started_at": now, "reason": "", **vars(frozen)}
        if mailing.kind == Mailing.Kind.TIP:
            begun["tip_moment"] = mailing.tip.publish_at
        Mailing.objects.filter(pk=pk).update(**begun)
    return True


def finish(pk: int) -> bool:
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


def _is_pending(pk: int) -> bool:
    """Tell whether a mailing has any that are ``pending()``, asked in three parts that have an index each."""
    parts = Q(state="queued", due_at=None), Q(due_at__isnull=False), Q(state="sending")
    return any(Delivery.objects.filter(part, mailing=pk).exists() for part in parts)


def may_have_mailing(tip: Tip) -> bool:
    """Tell whether a tip was ever approved, without which nothing prepares a mailing of it."""
    return bool(tip.approved_at) or tip.state in (TipState.APPROVED, TipState.WITHDRAWN)


def obstacle(tip: Tip) -> str:
    """Return why a tip is not to be mailed, in a sentence for staff, or ""."""
    if tip.state != TipState.APPROVED:
        return f"The tip is {tip.get_state_display().lower()}, not approved."
    if not tip.for_mail:
        return "The tip is marked as not for mail."
    if tip.publish_at is None:
        return "The tip is undated."
    if not tip.has_body:
        return "The tip’s text is missing: there is an excerpt alone."
    return ""


def _follow(mailing: Mailing, now: datetime) -> bool:
    """Bring a prepared mailing in step with its tip; return whether it stays as it is, for its moment."""
    reason = "" if mailing.is_note_alone else obstacle(mailing.tip)
    if mailing.tip_moment and mailing.tip_moment != mailing.tip.publish_at:
        reason = reason or "The tip has another day now."
    if reason:
        _set(mailing, Mailing.State.CANCELLED, reason)
        return False
    publish_at = mailing.tip.publish_at
    if mailing.kind == Mailing.Kind.TIP and publish_at:
        starts_at = begins_at(publish_at, now)
        moved = publish_at > now or starts_at < mailing.starts_at
        if moved and starts_at != mailing.starts_at:
            Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.PREPARED).update(starts_at=starts_at)
            return False
    if now > mailing.starts_at + window():
        _set(mailing, Mailing.State.HELD, _too_late(mailing.starts_at))
        return False
    return True


def begins_at(publish_at: datetime, now: datetime) -> datetime:
    """Return when a mailing begins that is prepared at ``now``, of a tip that is live from ``publish_at``."""
    late = now - publish_at
    if late <= timedelta():
        return publish_at
    # Published at once, the grace follows the verb; found late, it begins with being shown.
    return publish_at + GRACE if late <= _PROMPT else now + GRACE


def _prepare(tip: Tip, publish_at: datetime, now: datetime) -> None:
    state, reason, cause = Mailing.State.PREPARED, "", ""
    if now - publish_at > window():
        state, reason = Mailing.State.HELD, _too_late(publish_at)
    try:
        with transaction.atomic():
            # Asked here, so that nobody opens the guard before the mailing is written.
            if guard.may_have_been_mailed(publish_at):
                state, cause = Mailing.State.HELD, Mailing.Cause.RESTORED
            values: dict[str, object] = {"state": state, "reason": reason, "cause": cause, "by": None}
            values["starts_at"] = begins_at(publish_at, now)
            if not Mailing.objects.filter(_MAY_RETURN, tip=tip, kind=Mailing.Kind.TIP).update(**values):
                Mailing.objects.create(tip=tip, created_at=now, **values)
    except IntegrityError:
        # Another process was quicker, or the tip was changed this moment: the next minute sees it.
        logger.info("Tip %s: its mailing is there already, or the tip is not for mail", tip.pk)


def _set(mailing: Mailing, state: Mailing.State, reason: str) -> None:
    changed = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.PREPARED)
    if changed.update(state=state, reason=reason, by=None):
        logger.warning("%s is %s: %s", mailing, state.label.lower(), reason)


def _too_late(moment: datetime) -> str:
    return f"It should have begun on {short(moment)}, more than {settings.MAIL_WINDOW_HOURS} hours ago."
