"""What people do with mailings: stop, release, pause, resume, cancel, correct, resolve; send after a restore.

Each verb takes the mailing and ``by``, the person who does it. It checks that this person may and that the
mailing's state allows it, and returns a sentence that says what followed. A refusal raises a kind of Refused
whose text says what to do next. States are changed by conditional UPDATEs: of two people who act at once,
one is refused.
"""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken, WrongState
from desk.log import log
from desk.names import person
from subscribers.delivery import scheduling
from subscribers.models import Delivery, Mailing, MailingAction, RepeatedRefusal, Suppression
from subscribers.people import suppressions
from subscribers.recovery import guard
from tips.dates import short
from tips.permissions import APPROVE, PUBLISH

# To open the guard is to let mail go, as these verbs do.
MANAGE = guard.PERMISSION
_AT_ONCE = 500


def stop(mailing: Mailing, *, by: User) -> str:
    """Hold a prepared mailing until a publisher releases it. It is certain to work until the mailing begins.

    Whoever may start the mail of a tip, by approving or publishing it, may stop it.
    """
    if not may_stop(by, mailing):
        _permit(by, "stop mailings")
    reason = f"Stopped by {person(by)}."
    _change(mailing, "stopped", by, [Mailing.State.PREPARED], state=Mailing.State.HELD, reason=reason)
    then = "Release it to send it after all, or cancel it."
    if not by.has_perm(MANAGE):
        then = "A publisher can release it to send it after all, or cancel it."
    return log(by, mailing, MailingAction.STOPPED, f"Stopped before it began. {then}")


def may_stop(user: User, mailing: Mailing) -> bool:
    """Tell whether a person may stop a mailing before it begins: a publisher, or who may start such a one."""
    starts = mailing.kind == Mailing.Kind.TIP and (user.has_perm(APPROVE) or user.has_perm(PUBLISH))
    return starts or user.has_perm(MANAGE)


def release(mailing: Mailing, *, by: User) -> str:
    """Let a held mailing begin: at once, or with its tip where the tip is not public yet."""
    _permit(by, "release mailings")
    _require_no_doubt(mailing)
    return _release(mailing, MailingAction.RELEASED, by)


def _release(mailing: Mailing, action: MailingAction, by: User) -> str:
    _require_mailable(mailing, "It cannot be sent.")
    now = timezone.now()
    values = {"starts_at": max(mailing.tip.publish_at or now, now), "reason": "", "cause": ""}
    _change(mailing, "released", by, [Mailing.State.HELD], state=Mailing.State.PREPARED, **values)
    when = "when the tip goes live" if mailing.starts_at > now else "now"
    return log(by, mailing, action, f"Released. It begins {when}.")


def pause(mailing: Mailing, reason: str = "", *, by: User) -> str:
    """Pause a mailing that is being sent; what is on its way to the mail server this moment still goes."""
    _permit(by, "pause mailings")
    reason = f"Paused by {person(by)}. {reason}".strip()[:300]
    begun = [Mailing.State.BUILDING, Mailing.State.SENDING]
    _change(mailing, "paused", by, begun, state=Mailing.State.PAUSED, reason=reason)
    return log(by, mailing, MailingAction.PAUSED, reason)


def resume(mailing: Mailing, *, by: User) -> str:
    """Let a paused mailing go on.

    Deliveries that were refused in the window that stopped the mailing are queued again, and their
    suppressions are lifted; deliveries that were put off are tried now. People who left according to the
    journal are taken off the list first.
    """
    _permit(by, "resume mailings")
    _require_no_doubt(mailing)
    return _resume(mailing, MailingAction.RESUMED, "Resumed.", by)


def send_to_untried(mailing: Mailing, *, by: User) -> str:
    """Let a mailing that a restore has paused go on to those who were never tried, as far as is known.

    Those who were tried count as sent.
    """
    _permit(by, "resume mailings")
    _require_doubt(mailing)
    with transaction.atomic():
        count = mailing.deliveries.held().update(state=Delivery.State.SENT, sent_at=timezone.now())
        sentence = f"It goes on to those who were never tried. {_counted(count, 'taken for sent')}"
        return _resume(mailing, MailingAction.SENT_TO_UNTRIED, sentence, by, second_chance=False)


def send_to_all(mailing: Mailing, *, by: User) -> str:
    """Let a mailing that a restore has paused or held go to everybody, whoever may have it already."""
    _permit(by, "resume mailings")
    _require_doubt(mailing)
    if mailing.state == Mailing.State.HELD:
        return _release(mailing, MailingAction.SENT_TO_ALL, by)
    with transaction.atomic():
        now = timezone.now()
        count = mailing.deliveries.held().update(due_at=now, due_set_at=now)
        sentence = f"It goes on to all. {_counted(count, 'sent once more')}"
        return _resume(mailing, MailingAction.SENT_TO_ALL, sentence, by)


def _resume(
    mailing: Mailing, action: MailingAction, sentence: str, by: User, *, second_chance: bool = True
) -> str:
    _require_mailable(mailing, "It cannot go on.")
    tip_moment = mailing.tip.publish_at
    if mailing.tip_moment and tip_moment and tip_moment > timezone.now():
        raise WrongState(f"It cannot go on before its tip goes live, on {short(tip_moment)}.")
    _replay_journal()
    with transaction.atomic():
        row = Mailing.objects.select_for_update().get(pk=mailing.pk)
        state = Mailing.State.SENDING if row.audience_up_to == Mailing.ALL else Mailing.State.BUILDING
        count = _second_chance(row) if second_chance and row.state == Mailing.State.PAUSED else 0
        now = timezone.now()
        values = {"watched_from": now, "tripped_from": None, "reason": "", "cause": "", "trouble": ""}
        if mailing.tip_moment:
            # Its tip may have another day by now, and whoever resumes it has seen that.
            values["tip_moment"] = tip_moment
        _change(mailing, "resumed", by, [Mailing.State.PAUSED], state=state, **values)
        row.deliveries.filter(state=Delivery.State.DEFERRED).update(
            due_at=now, due_set_at=now, first_tried_at=None
        )
    tried = f" {count} that were refused are tried again, and none of them is suppressed for it."
    return log(by, mailing, action, f"{sentence}{tried if count else ''}")


def cancel(mailing: Mailing, *, by: User) -> str:
    """End a mailing that is not sent; who has not got it gets none."""
    _permit(by, "cancel mailings")
    values = {"reason": f"Cancelled by {person(by)}.", "cause": "", "ended_at": timezone.now(), "trouble": ""}
    _change(mailing, "cancelled", by, Mailing.UNFINISHED, state=Mailing.State.CANCELLED, **values)
    return log(by, mailing, MailingAction.CANCELLED, "Cancelled. Who has not got it gets none.")


def correct(mailing: Mailing, note: str, *, by: User) -> Mailing:
    """Prepare a correction of a mailing, to those who received it and are still here; return the correction.

    Its text is the tip's as it stands when the correction begins, under ``note``, which says what was wrong.
    Of a tip that is not to be mailed any more, since it was withdrawn or re-dated, it has the note alone.
    Like every mailing it is shown for ten minutes first.
    """
    _permit(by, "correct mailings")
    if not (note := note.strip()):
        raise WrongState("Say what was wrong: the correction begins with it.")
    with transaction.atomic():
        # Somebody may take the mailing up again meanwhile, to send what was uncertain.
        row = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if row.state in Mailing.UNFINISHED or row.started_at is None:
            raise WrongState("Only what was sent can be corrected. If it still goes on, cancel it first.")
        if mailing.corrections.filter(state__in=Mailing.UNFINISHED).exists():
            raise WrongState("A correction of this mailing is on its way already. Cancel it first.")
        correction = Mailing(tip=mailing.tip, corrects=mailing, note=note, by=by)
        correction.kind, correction.starts_at = Mailing.Kind.CORRECTION, timezone.now() + scheduling.GRACE
        now, moment = timezone.now(), mailing.tip.publish_at
        obstacle = scheduling.obstacle(mailing.tip)
        correction.tip_moment = moment if moment and moment <= now and not obstacle else None
        correction.save()
    alone = f" It has the note alone. {obstacle}".rstrip() if correction.is_note_alone else ""
    log(
        by, correction, MailingAction.CORRECTED, f"Prepared as a correction; it begins in ten minutes.{alone}"
    )
    return correction


def resolve(mailing: Mailing, *, send_again: bool, by: User, only: Delivery | None = None) -> str:
    """Decide on the deliveries that were uncertain twice: send them once more, or count them as sent.

    ``only`` is the one Delivery to decide on; without it, the decision is on all.
    """
    _permit(by, "decide on uncertain deliveries")
    if send_again:
        _replay_journal()
    with transaction.atomic():
        row = Mailing.objects.select_for_update().get(pk=mailing.pk)
        held = row.deliveries.held()
        if only:
            held = held.filter(pk=only.pk)
        if not held.exists():
            raise Overtaken("Nothing is left to decide: somebody was quicker, or it came back by itself.")
        if not send_again:
            count = held.update(state=Delivery.State.SENT, sent_at=timezone.now())
            return log(by, mailing, MailingAction.COUNTED_AS_SENT, _counted(count, "taken for sent"))
        if row.state not in Mailing.SENDS_AGAIN:
            raise WrongState("This mailing is over. Correct it instead, if they should hear of it.")
        if row.corrections.filter(state__in=Mailing.UNFINISHED).exists():
            raise WrongState("Cancel the correction first, which is for these too, or count them as sent.")
        now = timezone.now()
        count = held.update(due_at=now, due_set_at=now)
        if row.state == Mailing.State.SENT:
            values = {"state": Mailing.State.SENDING, "ended_at": None}
            _change(mailing, "taken up again", by, [Mailing.State.SENT], **values)
    return log(by, mailing, MailingAction.SENT_AGAIN, _counted(count, "sent once more"))


def _second_chance(mailing: Mailing) -> int:
    """Queue again what was refused in the window that stopped it, lift its suppressions; return how many."""
    if mailing.tripped_from is None:
        return 0
    refused = mailing.deliveries.filter(state=Delivery.State.REFUSED, settled_at__gte=mailing.tripped_from)
    deliveries = list(refused.exclude(refusal=Delivery.Refusal.EXPIRED).select_related("subscriber"))
    for delivery in deliveries:
        if delivery.suppressed and delivery.subscriber:
            suppressions.lift(delivery.subscriber.address_hash, Suppression.Reason.BOUNCED)
    pks = [delivery.pk for delivery in deliveries]
    batches = [pks[first : first + _AT_ONCE] for first in range(0, len(pks), _AT_ONCE)]
    # First of all: who decides on them locks them before their deliveries, too.
    for batch in batches:
        RepeatedRefusal.objects.filter(delivery__in=batch).delete()
    queued = {"state": Delivery.State.QUEUED, "refusal": "", "due_at": None, "settled_at": None}
    # What was put off before it was refused has all its time again.
    queued["first_tried_at"] = None
    for batch in batches:
        mailing.deliveries.filter(pk__in=batch).update(**queued, suppressed=False, second_chance=True)
    return len(pks)


def _replay_journal() -> None:
    # While the guard is closed no mail goes out; whoever opens it replays the journal.
    if not guard.why_closed():
        guard.replay_journal()


def _permit(user: User, action: str) -> None:
    if not user.has_perm(MANAGE):
        raise NotPermitted(f"You may not {action}. Ask a publisher to do it.")


def _require_no_doubt(mailing: Mailing) -> None:
    if mailing.cause == Mailing.Cause.RESTORED:
        words = "It may have gone out before this database was restored. Say on its page who gets it:"
        raise WrongState(f"{words} nobody, those who were never tried, or all.")


def _require_doubt(mailing: Mailing) -> None:
    if mailing.cause != Mailing.Cause.RESTORED:
        raise WrongState("No restore has stopped it. Look again at what can be done with it.")


def _require_mailable(mailing: Mailing, refusal: str) -> None:
    if not mailing.is_note_alone and (reason := scheduling.obstacle(mailing.tip)):
        raise WrongState(f"{refusal} {reason}")


def _change(mailing: Mailing, done: str, by: User, states: Collection[str], **values: object) -> None:
    """Change a mailing that is in one of some states, and the caller's copy of it; else raise."""
    values["by"] = by
    if not Mailing.objects.filter(pk=mailing.pk, state__in=states).update(**values):
        state = Mailing.objects.values_list("state", flat=True).get(pk=mailing.pk)
        label = Mailing.State(state).label.lower()
        if state != mailing.state:
            raise Overtaken(f"It cannot be {done}: meanwhile it is {label}. Look again.")
        raise WrongState(f"It cannot be {done}: it is {label}.")
    for name, value in values.items():
        setattr(mailing, name, value)


def _counted(count: int, done: str) -> str:
    return f"{count} uncertain deliver{'y is' if count == 1 else 'ies are'} {done}."
