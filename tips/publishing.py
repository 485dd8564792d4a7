"""The verbs that move a tip from draft to readers and back.

Each takes the tip as the caller saw it, and ``by``, who does it. Each checks that the tip's state allows it
and that this person may, writes with a conditional UPDATE, so that of two people who act at once the second
is told, and leaves a line in the tip's history. What is refused raises a kind of Refused whose text says
what to do next.
"""

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from tips.models import State, Tip
from tips.refusals import NotPermitted, Overtaken, Refused

CHANGE_ANY = "tips.change_any_tip"
APPROVE = "tips.approve_tip"
PUBLISH = "tips.publish_tip"


class WrongState(Refused, ValueError):
    """The tip is not in a state, or lacks something, that the verb needs."""


def in_words(moment):
    """Return a moment as staff read it: in the site's zone, with the weekday and the zone's name."""
    return date_format(timezone.localtime(moment), "l, j F Y, H:i T")


def may_change(user, tip):
    """Tell whether a person may change a tip's texts: an author their own drafts, an editor everyone's."""
    if not user.has_perm("tips.change_tip"):
        return False
    return user.has_perm(CHANGE_ANY) or (tip.author_id == user.pk and tip.state == State.DRAFT)


def submit(tip, *, by):
    """Hand a draft in for review."""
    if not may_change(by, tip):
        raise NotPermitted(f"You may not submit “{tip}”. Ask its author or an editor to do it.")
    _need(tip, State.DRAFT, verb="submitted")
    _write(tip, by, "Submitted for review.", state=State.IN_REVIEW)


def send_back(tip, reason, *, by):
    """Give a tip that waits for review, or for its day, back to its author, with a reason."""
    _permit(by, APPROVE, "send tips back")
    reason = _reason(reason, "what its author should change")
    _refuse_public(tip, "sent back")
    _need(tip, State.IN_REVIEW, State.APPROVED, verb="sent back")
    _write(tip, by, f"Sent back: {reason}", state=State.DRAFT)


def approve(tip, *, by):
    """Let a reviewed tip appear: at its ``publish_at``, or at once where it is undated."""
    _permit(by, APPROVE, "approve tips")
    _need(tip, State.IN_REVIEW, verb="approved")
    if tip.undated and tip.publish_at:
        raise WrongState(
            f"“{tip}” has a day and is marked as undated. Take one of the two away, then approve it."
        )
    if not tip.undated and not tip.publish_at:
        raise WrongState(
            f"“{tip}” has no day yet. Say when it goes live, or mark it as undated, then approve it."
        )
    if tip.publish_at and tip.publish_at <= timezone.now():
        raise WrongState(
            f"The moment planned for “{tip}”, {in_words(tip.publish_at)}, has passed."
            f" Give it a later one and approve it then, or publish it now."
        )
    sentence = (
        f"Approved for {in_words(tip.publish_at)}."
        if tip.publish_at
        else "Approved, undated: public at once."
    )
    _write(tip, by, sentence, state=State.APPROVED)


def schedule(tip, when, *, by):
    """Say when a tip that is not public goes live. ``when`` is an aware datetime in the future.

    Planned is not approved: only an approved tip appears at its moment.
    """
    _permit(by, APPROVE, "plan tips")
    _refuse_public(tip, "given another day")
    _need(tip, State.DRAFT, State.IN_REVIEW, State.APPROVED, verb="planned")
    if when <= timezone.now():
        raise WrongState(f"{in_words(when)} has passed. Choose a later moment, or publish the tip now.")
    _write(tip, by, f"Planned for {in_words(when)}.", publish_at=when, undated=False)


def publish_now(tip, *, by):
    """Put a tip that is reviewed, or approved for later, before readers at once."""
    _permit(by, PUBLISH, "publish tips at once")
    if tip.state != State.APPROVED:
        _permit(by, APPROVE, "approve tips")
    _refuse_public(tip, "published again")
    _need(tip, State.IN_REVIEW, State.APPROVED, verb="published")
    if tip.undated:
        raise WrongState(
            f"“{tip}” is marked as undated: approve it, and it is public at once, without a day."
        )
    was = f" It was planned for {in_words(tip.publish_at)}." if tip.publish_at else ""
    now = timezone.now().replace(microsecond=0)
    _write(tip, by, f"Published at once.{was}", state=State.APPROVED, publish_at=now)


def withdraw(tip, reason, *, by):
    """Take an approved tip away from readers, or from its slot, with a reason.

    A public tip keeps its day, so that it can be reinstated there. One that was never public loses it: its
    slot is free, and nobody is told that there was something.
    """
    _permit(by, PUBLISH, "withdraw tips")
    reason = _reason(reason, "why it is withdrawn")
    _need(tip, State.APPROVED, verb="withdrawn")
    if tip.is_published:
        _write(tip, by, f"Withdrawn: {reason}", state=State.WITHDRAWN)
    else:
        was = in_words(tip.publish_at)
        _write(tip, by, f"Withdrawn before its day, {was}: {reason}", state=State.WITHDRAWN, publish_at=None)


def reinstate(tip, *, by):
    """Bring a withdrawn tip back: to readers at its old day if it was public, else as a draft."""
    _permit(by, PUBLISH, "reinstate tips")
    _need(tip, State.WITHDRAWN, verb="reinstated")
    if was_public(tip):
        day = f"at its old day, {in_words(tip.publish_at)}" if tip.publish_at else "undated, as it was"
        _write(tip, by, f"Reinstated {day}.", state=State.APPROVED)
    else:
        _write(tip, by, "Reinstated as a draft; it had not been public.", state=State.DRAFT)


def was_public(tip):
    """Tell whether a withdrawn tip had been before readers: then ``withdraw`` left it its day."""
    return tip.undated or tip.publish_at is not None


def _permit(user, permission, what):
    if not user.has_perm(permission):
        raise NotPermitted(f"You may not {what}. Ask an editor to do it.")


def _reason(reason, what):
    reason = " ".join(reason.split())
    if not reason:
        raise WrongState(f"Say {what}: the reason is kept in the tip's history.")
    return reason


_NEXT = {
    State.DRAFT: "is a draft. Submit it for review first.",
    State.IN_REVIEW: "is in review. Approve it or send it back first.",
    State.APPROVED: "is approved already.",
    State.WITHDRAWN: "is withdrawn. Reinstate it first.",
}


def _need(tip, *states, verb):
    if tip.state not in states:
        raise WrongState(f"“{tip}” cannot be {verb}: it {_NEXT[State(tip.state)]}")


def _refuse_public(tip, verb):
    if tip.is_published:
        raise WrongState(
            f"“{tip}” cannot be {verb}: readers can see it already. Correct its text, or withdraw it."
        )


def _write(tip, by, sentence, **changes):
    """Write the changes if the tip's row still is what the caller saw, and log them, or raise Overtaken."""
    seen = {name: getattr(tip, name) for name in ("state", "publish_at", "undated")}
    if seen["publish_at"] is None:
        del seen["publish_at"]
        seen["publish_at__isnull"] = True
    now = timezone.now()
    with transaction.atomic():
        if not Tip.objects.filter(pk=tip.pk, **seen).update(updated_at=now, **changes):
            raise Overtaken(f"Somebody else changed “{tip}” meanwhile. Look at it again before you go on.")
        LogEntry.objects.log_actions(by.pk, [tip], CHANGE, sentence, single_object=True)
    for name, value in {**changes, "updated_at": now}.items():
        setattr(tip, name, value)
