"""The verbs that move a tip from draft to readers and back. Those that save its text are in ``editing``.

Each takes the tip as the caller saw it, and ``by``, who does it. Each checks that the tip's state allows it
and that this person may, writes only if the tip still is what the caller saw, so that of two people who act
at once the second is told, leaves a line in the tip's history, and returns a sentence that says what
followed. What is refused raises a kind of Refused whose text says what to do next.
"""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from desk.errors import NotPermitted, WrongState, require_reason
from desk.log import log
from tips.dates import short
from tips.models import Contribution, Tip, TipAction, TipState
from tips.permissions import APPROVE, APPROVE_OWN_TEXT, PUBLISH, permit, permit_change
from tips.publishing import consequences, preconditions, preflight
from tips.publishing.editing import writers

# Where reasons are kept.
_HISTORY = "the tip's history"


@transaction.atomic
def submit(tip: Tip, *, by: User) -> str:
    """Hand a draft in for review."""
    permit_change(by, tip, "submit")
    preconditions.require_state(tip, TipState.DRAFT, verb="submitted")
    sentence = "Submitted for review."
    changes = {"state": TipState.IN_REVIEW, "review_began_at": None}
    return preconditions.write_if_unchanged(tip, by, TipAction.SUBMITTED, sentence, **changes)


def may_take_back(user: User, tip: Tip) -> bool:
    """Tell whether a person may make a draft of a tip again that they handed in: until its review began."""
    is_own = tip.author_id == user.pk and user.has_perm("tips.change_tip")
    return is_own and tip.state == TipState.IN_REVIEW and tip.review_began_at is None


@transaction.atomic
def take_back(tip: Tip, *, by: User) -> str:
    """Make a draft again of a tip that its author handed in, as long as no editor has begun to review it.

    A slot that it holds stays held, and is at risk until the tip is approved.
    """
    if tip.author_id != by.pk or not by.has_perm("tips.change_tip"):
        raise NotPermitted(f"You may not take “{tip}” back. Its author may, or an editor sends it back.")
    preconditions.require_state(tip, TipState.IN_REVIEW, verb="taken back")
    current = Tip.objects.select_for_update(of=("self",)).filter(pk=tip.pk)
    if any(current.values_list("review_began_at", flat=True)):
        raise WrongState(f"An editor has begun to review “{tip}”. Ask for it to be sent back.")
    sentence = "Taken back: it is a draft again."
    return preconditions.write_if_unchanged(tip, by, TipAction.TAKEN_BACK, sentence, state=TipState.DRAFT)


def begin_review(tip: Tip, *, by: User) -> None:
    """Note that an editor has begun to review a tip: it is theirs now, and its author takes it back no more.

    To be called whenever somebody has a tip open to work on it; all but the first time, nothing happens.
    """
    is_ready = tip.state == TipState.IN_REVIEW and tip.review_began_at is None
    if not is_ready or tip.author_id == by.pk or not by.has_perm(APPROVE):
        return
    now = timezone.now()
    waiting = Tip.objects.filter(pk=tip.pk, state=TipState.IN_REVIEW, review_began_at=None)
    with transaction.atomic():
        if waiting.update(review_began_at=now):
            log(by, tip, TipAction.REVIEW_BEGAN, "Began to review it.")
    tip.review_began_at = now


def send_back(tip: Tip, reason: str, *, by: User) -> str:
    """Give a tip that waits for review, or for its day, back to its author, with a reason.

    A slot that it holds stays held, and is at risk until the tip is approved again.
    """
    permit(by, APPROVE, "send tips back")
    sentence = f"Sent back: {require_reason(reason, 'what its author should change', _HISTORY)}"
    with preconditions.unchanged(tip, by) as session:
        preconditions.refuse_public(tip, "sent back")
        preconditions.require_state(tip, TipState.IN_REVIEW, TipState.APPROVED, verb="sent back")
        keeps = tip.state == TipState.APPROVED and tip.publish_at is not None
        changes = {"state": TipState.DRAFT, "pinned": tip.pinned or keeps}
        preconditions.write_if_unchanged(tip, by, TipAction.SENT_BACK, sentence, **changes)
        if not keeps:
            return consequences.follow(tip, "Sent back.")
        session.record(f"sent “{tip}” back", besides=[tip])
        at_risk = f"Its slot, {short(tip.moment)}, is at risk until it is approved again."
        return consequences.follow(tip, f"Sent back. {at_risk}")


def approve(tip: Tip, *, by: User, override: str = "") -> str:
    """Let a reviewed tip appear: at the moment it is planned for, else when the queue says.

    Without a day it goes to the end of the queue; planned for a moment that has passed, to its front. An
    undated one is public at once. Under FOUR_EYES nobody approves what they wrote part of; who has the
    right to may, with a reason in ``override``.
    """
    permit(by, APPROVE, "approve tips")
    with preconditions.unchanged(tip, by) as session:
        preconditions.require_state(tip, TipState.IN_REVIEW, verb="approved")
        preconditions.refuse_dated_and_undated(tip)
        own = _require_ready(tip, override, by=by)
        changes: dict[str, object] = {"state": TipState.APPROVED, "approved_at": session.now}
        changes["review_began_at"] = tip.review_began_at or session.now
        at, planned, order = tip.publish_at, tip.publish_at, None
        if planned and planned > session.now:
            changes["pinned"] = True
        elif not tip.undated:
            at, order, _ = session.forecast().approved(tip)
            changes |= {"publish_at": at, "pinned": False}
        sentence = f"Approved for {short(at)}." if at else "Approved, undated: public at once."
        if order and planned:
            sentence += f" Its slot, {short(planned)}, had passed; it goes to the front of the queue."
        sentence = preconditions.write_if_unchanged(tip, by, TipAction.APPROVED, sentence + own, **changes)
        Contribution.objects.filter(tip=tip).delete()
        if tip.undated:
            return sentence
        session.reschedule(order)
        return sentence + session.record(f"approved “{tip}” for {short(tip.moment)}", besides=[tip])


def may_approve_next(user: User, tip: Tip) -> bool:
    """Tell whether a person may approve a tip once it is in review, by themselves and without a reason."""
    return user.has_perm(APPROVE) and not _is_own(user, tip)


def may_override(user: User, tip: Tip) -> bool:
    """Tell whether a tip waits for somebody else's approval, and a reason lets this person give it."""
    return tip.state == TipState.IN_REVIEW and _is_own(user, tip) and user.has_perm(APPROVE_OWN_TEXT)


def _is_own(user: User, tip: Tip) -> bool:
    return settings.FOUR_EYES and user.pk in writers(tip)


def _require_ready(tip: Tip, override: str, *, by: User) -> str:
    """Raise where a tip has faults, or ``by`` wrote it and gives no reason; return the reason's sentence."""
    preflight.require(tip)
    if not _is_own(by, tip):
        return ""
    if not override.strip():
        reason = f"You wrote part of “{tip}” since it was last approved"
        raise WrongState(f"{reason}: somebody else must approve it, or a publisher, with a reason.")
    if not by.has_perm(APPROVE_OWN_TEXT):
        raise NotPermitted("You may not approve what you wrote yourself. Ask another editor, or a publisher.")
    return f" Approved by one of its writers: {require_reason(override, 'why', _HISTORY)}"


def schedule(tip: Tip, when: datetime, *, by: User) -> str:
    """Pin a tip that is not public to a moment. ``when`` is an aware datetime in the future, a slot's or not.

    Planned is not approved: only an approved tip appears at its moment.
    """
    permit(by, APPROVE, "plan tips")
    with preconditions.unchanged(tip, by) as session:
        preconditions.refuse_public(tip, "given another day")
        preconditions.require_state(tip, *{*TipState} - {TipState.WITHDRAWN}, verb="planned")
        preconditions.refuse_past(when, session.now)
        session.forecast().refuse_taken(tip, when)
        sentence = f"Planned for {short(when)}."
        changes = {"publish_at": when, "undated": False, "pinned": True}
        preconditions.write_if_unchanged(tip, by, TipAction.PLANNED, sentence, **changes)
        session.reschedule()
        followed = session.record(f"planned “{tip}” for {short(when)}", besides=[tip])
        return consequences.follow(tip, sentence + followed)


def publish_now(tip: Tip, *, by: User, override: str = "") -> str:
    """Put a tip that is reviewed, or approved for later, before readers at once; the queue moves up.

    On a tip that is not approved yet this approves it, with ``override`` as there.
    """
    permit(by, PUBLISH, "publish tips at once")
    with preconditions.unchanged(tip, by) as session:
        if tip.state != TipState.APPROVED:
            permit(by, APPROVE, "approve tips")
        preconditions.refuse_public(tip, "published again")
        preconditions.require_state(tip, TipState.IN_REVIEW, TipState.APPROVED, verb="published")
        if tip.undated:
            raise WrongState(f"“{tip}” is marked as undated: approve it, and it is public at once.")
        own = "" if tip.state == TipState.APPROVED else _require_ready(tip, override, by=by)
        was = f" It was planned for {short(tip.publish_at)}." if tip.publish_at else ""
        sentence = f"Published at once.{was}{own}"
        at = session.now.replace(microsecond=0)
        changes = {"state": TipState.APPROVED, "publish_at": at, "pinned": False, "approved_at": session.now}
        preconditions.write_if_unchanged(tip, by, TipAction.PUBLISHED, sentence, **changes)
        Contribution.objects.filter(tip=tip).delete()
        session.reschedule()
        return sentence + session.record(f"published “{tip}” at once", besides=[tip])


def withdraw(tip: Tip, reason: str, *, by: User) -> str:
    """Take an approved tip away from readers, or from its slot, with a reason.

    A public tip keeps its day, so that it can be reinstated there. One that was never public loses it: its
    slot is free for the rest of the queue, and nobody is told that there was something.
    """
    permit(by, PUBLISH, "withdraw tips")
    reason = require_reason(reason, "why it is withdrawn", _HISTORY)
    with preconditions.unchanged(tip, by) as session:
        preconditions.require_state(tip, TipState.APPROVED, verb="withdrawn")
        changes: dict[str, object] = {"state": TipState.WITHDRAWN}
        if tip.is_published:
            preconditions.write_if_unchanged(tip, by, TipAction.WITHDRAWN, f"Withdrawn: {reason}", **changes)
            return consequences.follow(tip, "Withdrawn.")
        outcome = f"Withdrawn before its day, {short(tip.moment)}"
        changes |= {"publish_at": None, "pinned": False}
        preconditions.write_if_unchanged(tip, by, TipAction.WITHDRAWN, f"{outcome}: {reason}", **changes)
        session.reschedule()
        followed = session.record(f"withdrew “{tip}”", besides=[tip])
        return consequences.follow(tip, f"{outcome}.{followed}")


@transaction.atomic
def reinstate(tip: Tip, *, by: User) -> str:
    """Bring a withdrawn tip back: to readers at its old day if it was public, else as a draft."""
    permit(by, PUBLISH, "reinstate tips")
    preconditions.require_state(tip, TipState.WITHDRAWN, verb="reinstated")
    if was_public(tip):
        day = f"at its old day, {short(tip.publish_at)}" if tip.publish_at else "undated, as it was"
        sentence, state = f"Reinstated {day}.", TipState.APPROVED
    else:
        sentence, state = "Reinstated as a draft; it had not been public.", TipState.DRAFT
    return preconditions.write_if_unchanged(tip, by, TipAction.REINSTATED, sentence, state=state)


def was_public(tip: Tip) -> bool:
    """Tell whether a withdrawn tip had been before readers: then ``withdraw`` left it its day."""
    return tip.undated or tip.publish_at is not None
