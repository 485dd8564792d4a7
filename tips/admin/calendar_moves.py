"""The moves of the calendar: one tip to another place, by a button, a page or a drag; and undoing a change.

What was refused comes back as one line. A move is refused as well where the tip is not as the page showed it;
one that takes back what stood asks first.
"""

from collections.abc import Callable
from datetime import date
from functools import partial

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse

from desk.errors import Overtaken, WrongState
from desk.foresight import Foresight
from desk.pages import Context, StaffRequest, page
from desk.verbs import foreseen_field, refusals_told
from tips.admin.calendar import doubles_line, require_editor, to_calendar
from tips.admin.pages import tip_or_404
from tips.models import PLANS, Tip
from tips.publishing import queue_steps
from tips.schedule import coming_weeks, queue, queue_lock, slots, undo
from tips.schedule.forecast import Forecast, floats


class SeenForm(forms.Form):
    """What was sent from a page that showed a version of the queue."""

    seen = forms.IntegerField(min_value=0)


class MoveForm(SeenForm):
    """One move, as any of the pages' forms, or a drag, sends it; ``stamp`` is the tip as it was shown."""

    verb = forms.CharField()
    tip = forms.ModelChoiceField(Tip.objects.for_lists())
    stamp = forms.CharField(required=False)
    other = forms.ModelChoiceField(Tip.objects.for_lists(), required=False)
    day = forms.DateField(required=False)


# --- Moves --------------------------------------------------------------------------------------------


def move_view(request: StaffRequest) -> HttpResponse:
    """Do one move of a tip, and lead back to where it was pressed."""
    require_editor(request)
    if request.method != "POST":
        return to_calendar()
    sent = request.POST.dict()
    # A button alone says it all: its verb, its tip, and that tip as it was shown.
    sent |= dict(zip(("verb", "tip", "stamp", "day"), sent.get("move", "").split(), strict=False))
    form = MoveForm(sent)
    if not form.is_valid() or form.cleaned_data["verb"] not in MOVES:
        messages.error(request, "Nothing was moved: choose a tip and where it goes.")
        return to_calendar()
    tip, verb = form.cleaned_data["tip"], form.cleaned_data["verb"]
    with refusals_told(request):
        said, asks = _move(form.cleaned_data, request.user, request.POST.get(foreseen_field(verb), ""))
        if asks:
            return _ask(request, form, asks)
        messages.success(request, said)
        if verb in ("place", "pin") and tip.state in PLANS and (line := doubles_line(tip)):
            messages.warning(request, f"Have we run this before? {line}.")
        # The focus stays on the arrow that was pressed.
        return to_calendar(f"#{verb if verb in _STEPS else 'tip'}-{tip.pk}")
    # Without a fragment: the line that says why stands at the top, and must be seen.
    return to_calendar()


def _ask(request: StaffRequest, form: MoveForm, foreseen: Foresight) -> HttpResponse:
    """Show what a move would take back, and send the same move again once that is confirmed."""
    asked = form.cleaned_data
    sent = {name: form.data.get(name, "") for name in MoveForm.base_fields}
    sent[foreseen_field(asked["verb"])] = foreseen.key
    context: Context = {"opts": Tip._meta, "original": asked["tip"], "described": str(asked["tip"])}
    context |= {"foreseen": foreseen, "form": forms.Form(), "seen": sent}
    context["leave_url"] = reverse("admin:tips_calendar")
    return page(request, "desk/verb", foreseen.question, **context)


def _move(asked: Context, by: User, foreseen: str) -> tuple[str, Foresight | None]:
    """Do a move, if its tip is as it was shown; return what ``as_foreseen`` returns."""
    move, needed = MOVES[asked["verb"]]
    target = [asked[needed]] if needed else []
    if not all(target):
        raise WrongState(
            "Choose a week first. Nothing was moved."
            if needed == "day"
            else "Choose a tip to swap with first. Nothing was moved."
        )
    press = {"pin": "Pin it", "unpin": "Unpin it", "swap": "Swap them"}.get(asked["verb"], "Move it")
    return as_foreseen(
        asked["tip"],
        asked["stamp"],
        lambda tip: move(tip, *target, by=by, seen=asked["seen"]),
        press,
        by,
        foreseen,
    )


def as_foreseen(
    tip: Tip, stamp: str, then: Callable[[Tip], str], press: str, by: User, foreseen: str
) -> tuple[str, Foresight | None]:
    """Move a tip that is as the page showed it, by its stamp; return what followed.

    An empty stamp stands for a page that showed none. Where the move takes back what stood, and the person
    has not seen just that (``foreseen`` is its key), nothing is moved, and the Foresight to ask with is
    returned as well. Raises Overtaken.
    """
    with transaction.atomic():
        # From here on nobody saves a tip, nor moves one.
        queue_lock.lock()
        current = Tip.objects.for_lists().filter(pk=tip.pk).first()
        if current is None or stamp not in ("", current.stamp):
            raise Overtaken(f"Not done: “{tip}” was changed since you looked. Look at it again.")
        before = Forecast.load()
        said = then(tip)
        seen = queue_steps.changed(by, tip, before, Forecast.load(before.now), press)
        if seen.asks and seen.key != foreseen:
            transaction.set_rollback(True)
            return "", seen
    return said, None


def place(tip: Tip, day: date, *, by: User, seen: int) -> str:
    """Bring a tip to the slot of a day, as a drag does; return what followed.

    Onto a tip that floats in the queue, a floating tip takes its place in the order; onto anything else, it
    is pinned, so that a slot before it may stay free.
    """
    slot, waiting = slots.Timetable.load().slot(day), queue.waiting()
    floating = [other for other in waiting if floats(other)]
    there = next((other for other in waiting if slot and other.publish_at == slot.at), None)
    if there is None or there == tip or not {tip, there} <= set(floating):
        return queue.pin(tip, day, by=by, seen=seen)
    later = floating.index(tip) < floating.index(there)
    after, before = (there, None) if later else (None, there)
    return queue.move(tip, by=by, seen=seen, after=after, before=before)


def step(tip: Tip, *, later: bool, by: User, seen: int) -> str:
    """Bring a tip one slot on or back, past skipped ones and what others are pinned to."""
    forecast = Forecast.load()
    if tip not in forecast.holding:
        raise WrongState(f"“{tip}” has no slot yet. Choose one for it first.")
    slot = forecast.beside(tip, later=later)
    if slot is None:
        raise WrongState(f"“{tip}” has the first slot that it can have.")
    return place(tip, slot.day, by=by, seen=seen)


_STEPS = ("earlier", "later")
# What each move calls, and the field that it needs besides the tip.
MOVES: dict[str, tuple[Callable[..., str], str | None]] = {
    "place": (place, "day"),
    "pin": (queue.pin, "day"),
    "swap": (queue.swap, "other"),
    "unpin": (queue.unpin, None),
    "front": (queue.to_front, None),
    "earlier": (partial(step, later=False), None),
    "later": (partial(step, later=True), None),
}


def undo_view(request: StaffRequest) -> HttpResponse:
    """Take the last change of the calendar back, if nobody changed anything since."""
    require_editor(request)
    form = SeenForm(request.POST)
    if request.method == "POST" and form.is_valid():
        with refusals_told(request):
            messages.success(request, undo.undo(by=request.user, seen=form.cleaned_data["seen"]))
    return to_calendar()


# --- A page for one tip -------------------------------------------------------------------------------


def tip_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask to which week a tip shall go, or with which other it shall trade places."""
    require_editor(request)
    seen, tip = queue.version(), tip_or_404(request, pk)
    context: Context = {"seen": seen, "tip": tip}
    context["weeks"] = coming_weeks.plan(request.user).open
    waiting = queue.waiting()
    context["others"] = [other for other in waiting if other != tip]
    context["is_queued"] = tip in waiting
    return page(request, "tips/calendar_tip", f"A week for “{tip}”", **context)
