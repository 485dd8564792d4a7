"""What people do with mailings: stop, release, pause, resume, cancel, correct, test; and how far one is.

Each verb takes the mailing and ``by``, who does it, checks that this person may and that the mailing's state
allows it, and returns a sentence that says what followed. What is refused raises a kind of Refused whose text
says what to do next. The states are changed by conditional UPDATEs: of two that act at once one is told.
"""

from dataclasses import dataclass
from datetime import timedelta

from anymail.exceptions import AnymailError
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken, Refused, WrongState
from desk.log import log
from subscribers import tipmail
from subscribers.delivery import scheduling
from subscribers.delivery.verdicts import is_expiry
from subscribers.mailings import preview as mail_preview
from subscribers.models import Delivery, Mailing, MailingAction, Suppression
from subscribers.people import suppressions
from subscribers.recovery import guard
from tips.publishing import preview

# To open the guard is to let mail go, as these verbs do.
MANAGE = guard.PERMISSION
# From how many minutes the pace is taken that the time left is reckoned by.
_RECENTLY = timedelta(minutes=5)
_AT_ONCE = 500


def stop(mailing, *, by):
    """Hold a prepared mailing: it does not begin until somebody releases it. Certain until it begins."""
    _permit(by, "stop mailings")
    _change(
        mailing, [Mailing.State.PREPARED], "stopped", by, state=Mailing.State.HELD, reason=f"Stopped by {by}."
    )
    sentence = "Stopped before it began. Release it to send it after all, or cancel it."
    return log(by, mailing, MailingAction.STOPPED, sentence)


def release(mailing, *, by):
    """Let a held mailing begin at once."""
    _permit(by, "release mailings")
    if reason := scheduling.obstacle(mailing.tip):
        raise WrongState(f"It cannot be sent. {reason}")
    now = timezone.now()
    if mailing.tip.publish_at > now:
        # Stopped before its day: it begins with its tip.
        starts_at, when = mailing.tip.publish_at, "It begins when the tip goes live."
    else:
        starts_at, when = now, "It begins now."
    _change(
        mailing,
        [Mailing.State.HELD],
        "released",
        by,
        state=Mailing.State.PREPARED,
        starts_at=starts_at,
        reason="",
    )
    return log(by, mailing, MailingAction.RELEASED, f"Released. {when}")


def pause(mailing, reason="", *, by):
    """Stop a mailing that is being sent; what is on its way to the mail server this moment still goes."""
    _permit(by, "pause mailings")
    reason = f"Paused by {by}. {reason}".strip()[:300]
    _change(
        mailing,
        [Mailing.State.BUILDING, Mailing.State.SENDING],
        "paused",
        by,
        state=Mailing.State.PAUSED,
        reason=reason,
    )
    return log(by, mailing, MailingAction.PAUSED, reason)


def resume(mailing, *, by):
    """Let a paused mailing go on.

    What was refused in the window that stopped it is queued again, and its suppressions are lifted; what was
    put off is tried now. Who left by the journal has left here before.
    """
    _permit(by, "resume mailings")
    if reason := scheduling.obstacle(mailing.tip):
        raise WrongState(f"It cannot go on. {reason}")
    _bring_in_who_left()
    with transaction.atomic():
        row = Mailing.objects.select_for_update().get(pk=mailing.pk)
        state = Mailing.State.SENDING if row.audience_up_to == Mailing.ALL else Mailing.State.BUILDING
        again = _second_chance(row) if row.state == Mailing.State.PAUSED and row.tripped_from else 0
        now = timezone.now()
        values = {"watched_from": now, "tripped_from": None, "reason": "", "trouble": ""}
        _change(mailing, [Mailing.State.PAUSED], "resumed", by, state=state, **values)
        put_off = row.deliveries.filter(state=Delivery.State.DEFERRED)
        put_off.update(due_at=now, first_tried_at=None)
    sentence = "Resumed."
    if again:
        sentence += f" {again} that were refused are tried again, and none of them is suppressed for it."
    return log(by, mailing, MailingAction.RESUMED, sentence)


def cancel(mailing, *, by):
    """End a mailing that is not sent; who has not got it gets none."""
    _permit(by, "cancel mailings")
    values = {"state": Mailing.State.CANCELLED, "reason": f"Cancelled by {by}."}
    values |= {"ended_at": timezone.now(), "trouble": ""}
    _change(mailing, Mailing.UNFINISHED, "cancelled", by, **values)
    return log(by, mailing, MailingAction.CANCELLED, "Cancelled. Who has not got it gets none.")


def correct(mailing, note, *, by):
    """Prepare a correction of a mailing, to those who received it and are still here; return the Mailing.

    Its text is the tip's as it stands when the correction begins, under ``note``, which says what was wrong.
    It is shown for ten minutes first, as any mailing.
    """
    _permit(by, "correct mailings")
    note = note.strip()
    if not note:
        raise WrongState("Say what was wrong: the correction begins with it.")
    if reason := scheduling.obstacle(mailing.tip):
        raise WrongState(f"No correction can be sent. {reason}")
    with transaction.atomic():
        # Somebody may have it go on meanwhile, to send again what was uncertain.
        row = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if row.state in Mailing.UNFINISHED or row.started_at is None:
            raise WrongState(
                "Only what was sent can be corrected. Cancel the mailing first if it still goes on."
            )
        if mailing.corrections.filter(state__in=Mailing.UNFINISHED).exists():
            raise WrongState("A correction of this mailing is on its way already. Cancel it first.")
        correction = Mailing.objects.create(
            kind=Mailing.Kind.CORRECTION,
            tip=mailing.tip,
            corrects=mailing,
            note=note,
            by=by,
            starts_at=timezone.now() + scheduling.GRACE,
        )
    log(by, correction, MailingAction.CORRECTED, "Prepared as a correction; it begins in ten minutes.")
    return correction


def resolve(mailing, *, send_again, by, only=None):
    """Decide on the deliveries that were uncertain twice: send them once more, or count them as sent.

    ``only`` is the one Delivery that is decided on; without it, all are.
    """
    _permit(by, "decide on uncertain deliveries")
    if send_again:
        _bring_in_who_left()
    with transaction.atomic():
        row = Mailing.objects.select_for_update().get(pk=mailing.pk)
        held = row.deliveries.held()
        if only is not None:
            held = held.filter(pk=only.pk)
        if not held.exists():
            raise Overtaken("Nothing is left to decide: somebody was quicker, or it came back by itself.")
        if not send_again:
            count = held.update(state=Delivery.State.SENT, sent_at=timezone.now())
            return log(by, mailing, MailingAction.COUNTED_AS_SENT, _so_many(count, "taken for sent"))
        if row.state not in Mailing.SENDS_AGAIN:
            raise WrongState("This mailing is over. Correct it instead, if they should hear of it.")
        if row.corrections.filter(state__in=Mailing.UNFINISHED).exists():
            raise WrongState(
                "It is being corrected, for these too. Cancel the correction first, or count them as sent."
            )
        count = held.update(due_at=timezone.now())
        if row.state == Mailing.State.SENT:
            _change(
                mailing,
                [Mailing.State.SENT],
                "taken up again",
                by,
                state=Mailing.State.SENDING,
                ended_at=None,
            )
    return log(by, mailing, MailingAction.SENT_AGAIN, _so_many(count, "sent once more"))


def send_test(tip, to, *, by, mailing=None):
    """Mail a tip as it stands to some addresses, marked as a test; return a sentence.

    Of a ``mailing`` of that tip, it is what it would send now: a correction with its note. The links in it
    unsubscribe nobody, and no row of the ledger tells of it. Before the tip is public, its pictures are shown
    by a preview link that is made for that. Raises Refused where the mail server or the mail service does not
    take it.
    """
    if not (by.has_perm(MANAGE) or (by.has_perm("tips.change_tip") and preview.may_see(by, tip))):
        raise NotPermitted("You may not send tests of this tip. Ask an editor to do it.")
    for address in to:
        try:
            validate_email(address)
        except ValidationError:
            raise WrongState(f"“{address}” is no address. Correct it.") from None
    kind = {"kind": mailing.kind, "note": mailing.note} if mailing else {}
    token = mail_preview.picture_token(tip, by=by)
    for address in to:
        try:
            tipmail.test_message(tip, address, token=token, **kind).send()
        except (OSError, AnymailError, ImproperlyConfigured) as error:
            status = getattr(error, "status_code", None)
            why = f"HTTP {status}" if status else type(error).__name__
            words = f"The mail server did not take the test ({why}). Look at “Is Tuesday safe?”."
            raise Refused(words) from None
    sentence = f"Sent a test of the mail to {len(to)} address{'es' if len(to) > 1 else ''}."
    return log(by, mailing or tip, MailingAction.TESTED, sentence)


@dataclass(frozen=True)
class Progress:
    """How far a mailing is: how many deliveries are in each state, and the time left, if it can be told."""

    states: dict
    remaining: int
    left: timedelta | None

    @property
    def audience(self):
        """How many have a row."""
        return sum(self.states.values())

    @property
    def percent(self):
        """How much is done, in whole percent; not 100 before all is."""
        done = self.audience - self.remaining
        return done * 100 // self.audience if self.audience else 0


def progress(mailing, now=None):
    """Return the Progress of a mailing."""
    now = now or timezone.now()
    rows = mailing.deliveries.order_by()
    counts = dict(rows.values_list("state").annotate(Count("pk")))
    held = rows.held().count()
    states = {state: counts.get(state, 0) for state in Delivery.State}
    pending = (
        Delivery.State.QUEUED,
        Delivery.State.SENDING,
        Delivery.State.DEFERRED,
        Delivery.State.UNCERTAIN,
    )
    remaining = sum(states[state] for state in pending) - held
    left = None
    if mailing.state == Mailing.State.SENDING and remaining:
        since = max(now - _RECENTLY, mailing.started_at)
        recent = rows.filter(settled_at__gt=since, settled_at__lte=now).count()
        if recent:
            left = (now - since) * remaining / recent
    return Progress(states, remaining, left)


def _second_chance(mailing):
    """Queue again what was refused in the window that stopped it, lift its suppressions; return how many."""
    refused = mailing.deliveries.filter(
        state=Delivery.State.REFUSED, settled_at__gte=mailing.tripped_from
    ).select_related("subscriber")
    rows = [row for row in refused if not is_expiry(row.reply)]
    for row in rows:
        if row.suppressed and row.subscriber:
            suppressions.lift(row.subscriber.address_hash, Suppression.Reason.BOUNCED)
    for first in range(0, len(rows), _AT_ONCE):
        some = [row.pk for row in rows[first : first + _AT_ONCE]]
        mailing.deliveries.filter(pk__in=some).update(
            state=Delivery.State.QUEUED, due_at=None, settled_at=None, suppressed=False, second_chance=True
        )
    return len(rows)


def _bring_in_who_left():
    # While the guard is closed nothing goes; to open it brings them in.
    if not guard.why_closed():
        guard.replay_journal()


def _permit(user, what):
    if not user.has_perm(MANAGE):
        raise NotPermitted(f"You may not {what}. Ask a publisher to do it.")


def _change(mailing, states, verb, by, **values):
    """Change a mailing that is in one of some states, and the caller's copy of it; else raise."""
    if not Mailing.objects.filter(pk=mailing.pk, state__in=states).update(by=by, **values):
        now = Mailing.objects.values_list("state", flat=True).get(pk=mailing.pk)
        if now != mailing.state:
            raise Overtaken(
                f"It cannot be {verb}: meanwhile it is {Mailing.State(now).label.lower()}. Look again."
            )
        raise WrongState(f"It cannot be {verb}: it is {Mailing.State(now).label.lower()}.")
    for name, value in {"by": by, **values}.items():
        setattr(mailing, name, value)


def _so_many(count, what):
    return f"{count} uncertain deliver{'y is' if count == 1 else 'ies are'} {what}."
