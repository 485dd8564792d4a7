"""The verbs that save a tip's text: by whom it was written decides who may approve it.

They take and return what the verbs of ``workflow`` do.
"""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.utils import timezone

from desk.errors import NotPermitted, WrongState
from desk.log import log
from tips.dates import short
from tips.models import WRITTEN, Contribution, Tip, TipAction, TipState
from tips.permissions import APPROVE, CHANGE_ANY, permit, permit_change
from tips.publishing import preconditions
from tips.schedule.queue_lock import QueueSession, queue_session


def start(tip: Tip, *, by: User) -> str:
    """Save a new tip as a draft of the person who writes it. A tip that has a day is planned for it."""
    if not by.has_perm("tips.add_tip"):
        raise NotPermitted("You may not write tips. Ask a publisher to give you the right.")
    with queue_session(by) as session:
        tip.author, tip.state = by, TipState.DRAFT
        _plan_as_asked(session, tip, Tip())
        tip.save(by=by)
        Contribution.objects.create(tip=tip, user=by)
        _reschedule_around(session, tip, Tip())
    return "Saved as a draft."


def revise(tip: Tip, names: Iterable[str], *, by: User) -> str:
    """Save the fields of a tip that a form has changed, named in ``names``, as they stand on ``tip``.

    A changed text (``WRITTEN``) makes ``by`` one of its writers, and sends an approved tip that is not public
    yet back to review; its slot stays held, and is at risk until the tip is approved again. What readers
    can see already is corrected at once, which needs the right to change others' tips. A changed day pins
    the tip to it, or, taken away, gives its slot back. Returns what followed; the empty text where nothing
    did.
    """
    names = set(names) & {field.name for field in Tip._meta.concrete_fields}
    with queue_session(by) as session:
        before = Tip.objects.select_for_update(of=("self",)).filter(pk=tip.pk).first()
        if before is None or before.state != tip.state:
            raise preconditions.overtaken(tip)
        permit_change(by, before)
        for name in {"publish_at", "undated"} - names:
            setattr(tip, name, getattr(before, name))
        tip.pinned = before.pinned
        tip.compute()
        changed, sentence = names | {"excerpt", "updated_at"}, ""
        texts = [name for name in WRITTEN if name in changed and getattr(before, name) != getattr(tip, name)]
        if texts:
            Contribution.objects.get_or_create(tip=tip, user=by)
            sentence = _reviewed_again(tip, before, by, ", ".join(texts).replace("_", " "))
            if before.state == TipState.IN_REVIEW and before.author_id != by.pk:
                # Whoever works on it reviews it, also where no script says that the page is open.
                tip.review_began_at = before.review_began_at or session.now
            changed |= {"state", "pinned", "review_began_at"}
        if names & {"publish_at", "undated"}:
            _plan_as_asked(session, tip, before)
            changed |= {"publish_at", "undated", "pinned"}
        tip.save(update_fields=changed, by=by)
        return f"{sentence}{_reschedule_around(session, tip, before)}".strip()


def _reviewed_again(tip: Tip, before: Tip, by: User, texts: str) -> str:
    """Send an approved tip whose text changed back to review; note that in the log, and return it."""
    if before.is_published:
        permit(by, CHANGE_ANY, "correct what readers can see")
        return log(by, tip, TipAction.CORRECTED, f"Corrected while public: {texts}.")
    if before.state != TipState.APPROVED:
        return ""
    tip.state, tip.pinned = TipState.IN_REVIEW, before.publish_at is not None
    # An editor has it in hand already.
    tip.review_began_at = timezone.now()
    at_risk = f", and its slot, {short(before.moment)}, is at risk until then" if tip.pinned else ""
    sentence = f"Back in review, since its text changed ({texts}). It appears only when approved again"
    return log(by, tip, TipAction.BACK_IN_REVIEW, f"{sentence}{at_risk}.")


def _plan_as_asked(session: QueueSession, tip: Tip, before: Tip) -> None:
    """Turn the day that a form holds into a pin, where somebody wrote or took away one."""
    if (tip.publish_at, tip.undated) == (before.publish_at, before.undated):
        return
    permit(session.by, APPROVE, "plan tips")
    preconditions.refuse_public(before, "given another day")
    if tip.state == TipState.APPROVED:
        raise WrongState(f"“{tip}” is approved. Give it another day by the verb of that name.")
    preconditions.refuse_dated_and_undated(tip)
    if tip.publish_at and tip.publish_at != before.publish_at:
        preconditions.refuse_past(tip.publish_at, session.now)
        session.forecast().refuse_taken(tip, tip.publish_at)
    tip.pinned = tip.publish_at is not None


def _reschedule_around(session: QueueSession, tip: Tip, before: Tip) -> str:
    """Let the queue close its gaps where a tip has taken or left a place; say what followed."""
    if (tip.state, tip.pinned, tip.publish_at) == (before.state, before.pinned, before.publish_at):
        return ""
    session.reschedule()
    if before.state != tip.state:
        change = f"sent “{tip}” back to review by changing its text"
    elif tip.pinned:
        change = f"planned “{tip}” for {short(tip.moment)}"
    else:
        change = f"took “{tip}” from its slot"
    return session.record(change, besides=[tip])


def delete(tip: Tip, *, by: User) -> str:
    """Delete a tip that was never approved; a slot that it held is free."""
    permit_change(by, tip, "delete")
    if not by.has_perm("tips.delete_tip"):
        raise NotPermitted(f"You may not delete “{tip}”. Ask its author or an editor to do it.")
    with preconditions.unchanged(tip, by) as session:
        if tip.state not in (TipState.DRAFT, TipState.IN_REVIEW):
            raise WrongState(f"“{tip}” cannot be deleted: readers may know its address. Withdraw it instead.")
        held, sentence = tip.pinned, f"“{tip}” is deleted."
        tip.delete()
        if held:
            session.reschedule()
            sentence += session.record(f"deleted “{tip}”, which held a slot")
        return sentence


def writers(tip: Tip) -> set[int]:
    """Return the ids of those who wrote part of a tip since it was last approved.

    A tip that nobody is known to have written on, and that was never approved, is its author's.
    """
    known = set(tip.contributions.values_list("user", flat=True))
    return {tip.author_id} if not known and tip.author_id and tip.approved_at is None else known
