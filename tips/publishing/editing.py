"""The verbs that save a tip's text: by whom it was written decides who may approve it.

They take and return what the verbs of ``publishing`` do.
"""

from desk.errors import NotPermitted, WrongState
from desk.log import log
from tips.dates import in_words
from tips.models import TEXTS, Contribution, Tip, TipAction, TipState
from tips.permissions import APPROVE, CHANGE_ANY, may_change, permit
from tips.publishing import preconditions
from tips.schedule import queue_lock


def start(tip, *, by):
    """Save a new tip as a draft of the person who writes it. One that has a day is planned for it."""
    if not by.has_perm("tips.add_tip"):
        raise NotPermitted("You may not write tips. Ask a publisher to give you the right.")
    with queue_lock.queue_session(by) as session:
        tip.author, tip.state = by, TipState.DRAFT
        _plan_as_asked(session, tip, None)
        tip.save(by=by)
        Contribution.objects.create(tip=tip, user=by)
        _fill_around(session, tip, None)
    return "Saved as a draft."


def revise(tip, names, *, by):
    """Save the fields of a tip that a form has changed, named in ``names``, as they stand on ``tip``.

    A changed text (``TEXTS``) makes ``by`` one of its writers, and sends an approved tip that is not public
    yet back to review; its slot stays held, and is at risk until the tip is approved again. What readers
    can see already is corrected at once, which needs the right to change others' tips. A changed day pins
    the tip to it, or, taken away, gives its slot back.
    """
    names = set(names) & {field.name for field in Tip._meta.concrete_fields}
    with queue_lock.queue_session(by) as session:
        before = Tip.objects.select_for_update(of=("self",)).filter(pk=tip.pk).first()
        if before is None or before.state != tip.state:
            raise preconditions.overtaken(tip)
        if not may_change(by, before):
            raise NotPermitted(f"You may not change “{before}”. Ask its author or an editor to do it.")
        for name in {"publish_at", "undated"} - names:
            setattr(tip, name, getattr(before, name))
        tip.pinned = before.pinned
        tip.compute()
        texts = [name for name in TEXTS if getattr(before, name) != getattr(tip, name)]
        texts = [name for name in texts if name in names or name == "excerpt"]
        changed = names | {"excerpt", "updated_at"}
        sentence = ""
        if texts:
            Contribution.objects.get_or_create(tip=tip, user=by)
            sentence = _reviewed_again(tip, before, by, ", ".join(texts))
            changed |= {"state", "pinned"}
        if names & {"publish_at", "undated"}:
            _plan_as_asked(session, tip, before)
            changed |= {"publish_at", "undated", "pinned"}
        tip.save(update_fields=changed, by=by)
        if sentence:
            action = TipAction.CORRECTED if before.is_published else TipAction.BACK_IN_REVIEW
            log(by, tip, action, sentence)
        followed = _fill_around(session, tip, before)
        return f"{sentence}{followed}".strip()


def _reviewed_again(tip, before, by, texts):
    """Send an approved tip whose text changed back to review; return what that means, in a sentence."""
    if before.is_published:
        permit(by, CHANGE_ANY, "correct what readers can see")
        return f"Corrected while public: {texts}."
    if before.state != TipState.APPROVED:
        return ""
    tip.state, tip.pinned = TipState.IN_REVIEW, before.publish_at is not None
    at_risk = f", and its slot, {in_words(before.publish_at)}, is at risk until then" if tip.pinned else ""
    return f"Back in review, since its text changed ({texts}). It appears only when approved again{at_risk}."


def _plan_as_asked(session, tip, before):
    """Turn the day that a form holds into a pin, where somebody wrote or took away one."""
    was = (before.publish_at, before.undated) if before else (None, False)
    if (tip.publish_at, tip.undated) == was:
        return
    permit(session.by, APPROVE, "plan tips")
    if before:
        preconditions.refuse_public(before, "given another day")
    if tip.state == TipState.APPROVED:
        raise WrongState(f"“{tip}” is approved. Give it another day by the verb of that name.")
    if tip.undated and tip.publish_at:
        raise preconditions.both_dated_and_undated(tip)
    if tip.publish_at and tip.publish_at != was[0]:
        preconditions.refuse_past(tip.publish_at, session.now)
        session.refuse_taken(tip, tip.publish_at)
    tip.pinned = tip.publish_at is not None


def _fill_around(session, tip, before):
    """Let the queue close its ranks where a tip has taken or left a place; say what followed."""
    was = (before.state, before.pinned, before.publish_at) if before else (TipState.DRAFT, False, None)
    if (tip.state, tip.pinned, tip.publish_at) == was:
        return ""
    session.reschedule()
    if before and before.state != tip.state:
        change = f"sent “{tip}” back to review by changing its text"
    elif tip.pinned:
        change = f"planned “{tip}” for {in_words(tip.publish_at)}"
    else:
        change = f"took “{tip}” from its slot"
    return session.record(change, besides=[tip])


def delete(tip, *, by):
    """Delete a tip that was never approved; a slot that it held is free."""
    if not (by.has_perm("tips.delete_tip") and may_change(by, tip)):
        raise NotPermitted(f"You may not delete “{tip}”. Ask its author or an editor to do it.")
    with queue_lock.queue_session(by) as session:
        preconditions.lock_unchanged(tip, session.now)
        if tip.state not in (TipState.DRAFT, TipState.IN_REVIEW):
            raise WrongState(f"“{tip}” cannot be deleted: readers may know its address. Withdraw it instead.")
        held, name = tip.pinned, str(tip)
        tip.delete()
        if held:
            session.reschedule()
            return f"“{name}” is deleted.{session.record(f'deleted “{name}”, which held a slot')}"
        return f"“{name}” is deleted."


def writers(tip):
    """Return the ids of those who wrote part of a tip since it was last approved.

    A tip that nobody is known to have written on, and that was never approved, is its author's.
    """
    known = set(tip.contributions.values_list("user", flat=True))
    if not known and tip.author_id and tip.approved_at is None:
        return {tip.author_id}
    return known
