"""The verbs that move a tip from draft to readers and back. Those that save its text are in ``editing``.

Each takes the tip as the caller saw it, and ``by``, who does it. Each checks that the tip's state allows it
and that this person may, writes only if the tip still is what the caller saw, so that of two people who act
at once the second is told, leaves a line in the tip's history, and returns a sentence that says what
followed. What is refused raises a kind of Refused whose text says what to do next.
"""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from desk.errors import NotPermitted, WrongState
from tips.dates import in_words
from tips.models import Contribution, TipAction, TipState
from tips.permissions import APPROVE, APPROVE_OWN_TEXT, PUBLISH, may_change, permit
from tips.publishing import preconditions, preflight
from tips.publishing.editing import writers
from tips.schedule import queue_lock


def submit(tip, *, by):
    """Hand a draft in for review."""
    if not may_change(by, tip):
        raise NotPermitted(f"You may not submit “{tip}”. Ask its author or an editor to do it.")
    preconditions.require_state(tip, TipState.DRAFT, verb="submitted")
    with transaction.atomic():
        preconditions.lock_unchanged(tip, timezone.now())
        preconditions.write_if_unchanged(
            tip, by, TipAction.SUBMITTED, "Submitted for review.", state=TipState.IN_REVIEW
        )
    return "Submitted for review."


def send_back(tip, reason, *, by):
    """Give a tip that waits for review, or for its day, back to its author, with a reason.

    A slot that it holds stays held, and is at risk until the tip is approved again.
    """
    permit(by, APPROVE, "send tips back")
    reason = preconditions.require_reason(reason, "what its author should change")
    with queue_lock.queue_session(by) as session:
        preconditions.lock_unchanged(tip, session.now)
        preconditions.refuse_public(tip, "sent back")
        preconditions.require_state(tip, TipState.IN_REVIEW, TipState.APPROVED, verb="sent back")
        keeps = tip.state == TipState.APPROVED and tip.publish_at is not None
        preconditions.write_if_unchanged(
            tip,
            by,
            TipAction.SENT_BACK,
            f"Sent back: {reason}",
            state=TipState.DRAFT,
            pinned=tip.pinned or keeps,
        )
        if keeps:
            session.record(f"sent “{tip}” back", besides=[tip])
            return f"Sent back. Its slot, {in_words(tip.publish_at)}, is at risk until it is approved again."
        return "Sent back."


def approve(tip, *, by, override=""):
    """Let a reviewed tip appear: at the moment it is planned for, else when the queue says.

    Without a day it goes to the end of the queue; planned for a moment that has passed, to its front. An
    undated one is public at once. Under FOUR_EYES nobody approves what they wrote part of; who has the
    right to may, with a reason in ``override``.
    """
    permit(by, APPROVE, "approve tips")
    with queue_lock.queue_session(by) as session:
        preconditions.lock_unchanged(tip, session.now)
        preconditions.require_state(tip, TipState.IN_REVIEW, verb="approved")
        preflight.require(tip)
        if tip.undated and tip.publish_at:
            raise preconditions.both_dated_and_undated(tip)
        own = _four_eyes(tip, override, by=by)
        approved = {"state": TipState.APPROVED, "approved_at": session.now}
        if tip.undated:
            sentence = f"Approved, undated: public at once.{own}"
            preconditions.write_if_unchanged(tip, by, TipAction.APPROVED, sentence, **approved)
            followed = ""
        elif tip.publish_at and tip.publish_at > session.now:
            if not tip.pinned:
                session.refuse_taken(tip, tip.publish_at)
            sentence = f"Approved for {in_words(tip.publish_at)}.{own}"
            preconditions.write_if_unchanged(tip, by, TipAction.APPROVED, sentence, pinned=True, **approved)
            session.reschedule()
            followed = session.record(f"approved “{tip}” for {in_words(tip.publish_at)}", besides=[tip])
        else:
            sentence, followed = _into_the_queue(session, tip, own, approved)
        Contribution.objects.filter(tip=tip).delete()
        return sentence + followed


def _into_the_queue(session, tip, own, approved):
    """Approve a tip that has no moment to come: to the end of the queue, or, being late, to its front."""
    late = tip.publish_at
    order = session.floating()
    order = [tip, *order] if late else [*order, tip]
    at = session.places(order)[tip.pk]
    missed = f" Its slot, {in_words(late)}, had passed; it goes to the front of the queue." if late else ""
    sentence = f"Approved for {in_words(at)}.{missed}{own}"
    preconditions.write_if_unchanged(
        tip, session.by, TipAction.APPROVED, sentence, publish_at=at, pinned=False, **approved
    )
    session.reschedule(order)
    return sentence, session.record(f"approved “{tip}” for {in_words(at)}", besides=[tip])


def may_override(user, tip):
    """Tell whether a tip waits for somebody else's approval, and a reason lets this person give it."""
    return tip.state == TipState.IN_REVIEW and _is_own(user, tip) and user.has_perm(APPROVE_OWN_TEXT)


def _is_own(user, tip):
    return settings.FOUR_EYES and user.pk in writers(tip)


def _four_eyes(tip, override, *, by):
    """Raise unless somebody else wrote the text, or a reason overrides that; return the reason's sentence."""
    if not _is_own(by, tip):
        return ""
    if not override.strip():
        raise WrongState(
            f"You wrote part of “{tip}” since it was last approved, so somebody else must approve it."
            " A publisher may do so all the same, with a reason."
        )
    if not by.has_perm(APPROVE_OWN_TEXT):
        raise NotPermitted("You may not approve what you wrote yourself. Ask another editor, or a publisher.")
    return f" Approved by one of its writers: {preconditions.require_reason(override, 'why')}"


def schedule(tip, when, *, by):
    """Pin a tip that is not public to a moment. ``when`` is an aware datetime in the future, a slot's or not.

    Planned is not approved: only an approved tip appears at its moment.
    """
    permit(by, APPROVE, "plan tips")
    with queue_lock.queue_session(by) as session:
        preconditions.lock_unchanged(tip, session.now)
        preconditions.refuse_public(tip, "given another day")
        preconditions.require_state(
            tip, TipState.DRAFT, TipState.IN_REVIEW, TipState.APPROVED, verb="planned"
        )
        preconditions.refuse_past(when, session.now)
        session.refuse_taken(tip, when)
        sentence = f"Planned for {in_words(when)}."
        preconditions.write_if_unchanged(
            tip, by, TipAction.PLANNED, sentence, publish_at=when, undated=False, pinned=True
        )
        session.reschedule()
        return sentence + session.record(f"planned “{tip}” for {in_words(when)}", besides=[tip])


def publish_now(tip, *, by, override=""):
    """Put a tip that is reviewed, or approved for later, before readers at once; the queue moves up.

    On a tip that is not approved yet this approves it, with ``override`` as there.
    """
    permit(by, PUBLISH, "publish tips at once")
    with queue_lock.queue_session(by) as session:
        preconditions.lock_unchanged(tip, session.now)
        own = ""
        if tip.state != TipState.APPROVED:
            permit(by, APPROVE, "approve tips")
        preconditions.refuse_public(tip, "published again")
        preconditions.require_state(tip, TipState.IN_REVIEW, TipState.APPROVED, verb="published")
        if tip.undated:
            raise WrongState(
                f"“{tip}” is marked as undated: approve it, and it is public at once, without a day."
            )
        if tip.state != TipState.APPROVED:
            preflight.require(tip)
            own = _four_eyes(tip, override, by=by)
        was = f" It was planned for {in_words(tip.publish_at)}." if tip.publish_at else ""
        at = session.now.replace(microsecond=0)
        changes = {"state": TipState.APPROVED, "publish_at": at, "pinned": False, "approved_at": session.now}
        preconditions.write_if_unchanged(
            tip, by, TipAction.PUBLISHED, f"Published at once.{was}{own}", **changes
        )
        Contribution.objects.filter(tip=tip).delete()
        session.reschedule()
        return f"Published at once.{was}{own}{session.record(f'published “{tip}” at once', besides=[tip])}"


def withdraw(tip, reason, *, by):
    """Take an approved tip away from readers, or from its slot, with a reason.

    A public tip keeps its day, so that it can be reinstated there. One that was never public loses it: its
    slot is free for the rest of the queue, and nobody is told that there was something.
    """
    permit(by, PUBLISH, "withdraw tips")
    reason = preconditions.require_reason(reason, "why it is withdrawn")
    with queue_lock.queue_session(by) as session:
        preconditions.lock_unchanged(tip, session.now)
        preconditions.require_state(tip, TipState.APPROVED, verb="withdrawn")
        if tip.is_published:
            preconditions.write_if_unchanged(
                tip, by, TipAction.WITHDRAWN, f"Withdrawn: {reason}", state=TipState.WITHDRAWN
            )
            return "Withdrawn."
        was = in_words(tip.publish_at)
        changes = {"state": TipState.WITHDRAWN, "publish_at": None, "pinned": False}
        preconditions.write_if_unchanged(
            tip, by, TipAction.WITHDRAWN, f"Withdrawn before its day, {was}: {reason}", **changes
        )
        session.reschedule()
        return f"Withdrawn before its day, {was}.{session.record(f'withdrew “{tip}”', besides=[tip])}"


def reinstate(tip, *, by):
    """Bring a withdrawn tip back: to readers at its old day if it was public, else as a draft."""
    permit(by, PUBLISH, "reinstate tips")
    with transaction.atomic():
        preconditions.lock_unchanged(tip, timezone.now())
        preconditions.require_state(tip, TipState.WITHDRAWN, verb="reinstated")
        if was_public(tip):
            day = f"at its old day, {in_words(tip.publish_at)}" if tip.publish_at else "undated, as it was"
            sentence, state = f"Reinstated {day}.", TipState.APPROVED
        else:
            sentence, state = "Reinstated as a draft; it had not been public.", TipState.DRAFT
        preconditions.write_if_unchanged(tip, by, TipAction.REINSTATED, sentence, state=state)
        return sentence


def was_public(tip):
    """Tell whether a withdrawn tip had been before readers: then ``withdraw`` left it its day."""
    return tip.undated or tip.publish_at is not None
