"""What a subscriber sees and changes by themselves, behind a link that was mailed to them on request."""

import logging
from datetime import datetime, time, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from shield import request_origin
from shield.rate_limits import FixedWindow
from subscribers import tasks, tokens
from subscribers.models import LinkRequest, Subscriber, Suppression
from subscribers.people import erasure, personal_data, subscriptions, suppressions
from subscribers.public.forms import AddressForm
from subscribers.public.preference_forms import EraseForm, MoveForm, NameForm, PauseForm
from subscribers.public.responses import (
    SeeOther,
    behind_a_link,
    dead_link,
    handle_public_form,
    object_for_token,
    public_form,
)
from tips.schedule.slots import Timetable

logger = logging.getLogger(__name__)

# Why somebody who is on the list gets nothing all the same, in words for themselves.
SILENCE = {
    Suppression.Reason.UNSUBSCRIBED: "it was unsubscribed; sign up anew to get the tips",
    Suppression.Reason.BOUNCED: "mail to it came back to us",
    Suppression.Reason.COMPLAINED: "a mail of ours was reported as unwanted",
    Suppression.Reason.BLOCKED: "we have blocked it",
    Suppression.Reason.ERASED: "it was erased",
}

MOVES = FixedWindow("moves of a subscriber", 3, timedelta(days=1))
DOWNLOADS = FixedWindow("downloads of a subscriber", 10, timedelta(hours=1))


@public_form
def ask(request):
    """Show the form that asks for a link to one's preferences, or take it."""

    def take(form):
        link_request = subscriptions.request(
            form.cleaned_data["address"],
            kind=LinkRequest.Kind.LINK,
            region=request_origin.region(request),
            wording_version=None,
        )
        tasks.nudge(tasks.send_link_mail, link_request)

    return handle_public_form(
        request, AddressForm, "subscribers/preferences_ask.html", take, "subscribers:asked"
    )


@require_safe
def asked(request):
    """Say what comes next, to everybody alike."""
    return render(request, "subscribers/preferences_sent.html")


@behind_a_link
def preferences(request, token):
    """Show what is kept of a subscriber and what they may change; a POST changes one thing.

    The link belongs to an address: whoever has it by now is the subscriber, so that a change of address ends
    the links mailed to the old one.
    """
    link_request = object_for_token(LinkRequest, tokens.Purpose.PREFERENCES, token)
    subscriber = (
        link_request and Subscriber.objects.filter(address_folded=link_request.address_folded).first()
    )
    if subscriber is None:
        return dead_link(request)
    if request.method != "POST":
        return _show(request, subscriber)
    is_member = subscriber.state == Subscriber.State.CONFIRMED
    acts = {**_FOR_ALL, **_FOR_MEMBERS} if is_member else _FOR_ALL
    act = acts.get(request.POST.get("do"))
    # They left in another window, say: the page shows how things stand.
    return act(request, subscriber) if act else SeeOther(request.path)


@behind_a_link
def move(request, token):
    """Show one button to the owner of a new address; pressing it sends the tips there from now on."""
    link_request = object_for_token(LinkRequest, tokens.Purpose.MOVE, token)
    if link_request is None:
        return dead_link(request)
    if request.method == "POST":
        subscriber = subscriptions.move(link_request)
        if subscriber is None:
            return dead_link(request)
        tasks.nudge_service_mails(subscriber)
        return SeeOther(request.path)
    is_done = subscriptions.moved_by(link_request) is not None
    if not is_done and not subscriptions.can_move(link_request):
        return dead_link(request)
    return render(request, "subscribers/move.html", {"is_done": is_done})


def _rename(request, subscriber):
    form = NameForm(request.POST)
    if not form.is_valid():
        return _show(request, subscriber, name_form=form)
    subscriptions.rename(subscriber, form.cleaned_data["first_name"])
    return _done(request, "name")


def _pause(request, subscriber):
    form = PauseForm(request.POST)
    if not form.is_valid():
        return _show(request, subscriber, pause_form=form)
    subscriptions.pause(subscriber, form.cleaned_data["until"])
    return _done(request, "pause")


def _resume(request, subscriber):
    subscriptions.pause(subscriber, None)
    return _done(request, "resume")


def _ask_to_move(request, subscriber):
    form = MoveForm(request.POST, address_folded=subscriber.address_folded)
    if form.is_valid() and not MOVES.spend(subscriber.pk):
        form.add_error("address", "You have asked for three changes of address today. Please try tomorrow.")
    if not form.is_valid():
        return _show(request, subscriber, move_form=form)
    link_request = subscriptions.ask_to_move(
        subscriber, form.cleaned_data["address"], request_origin.region(request)
    )
    tasks.nudge(tasks.send_link_mail, link_request)
    return _done(request, "move")


def _leave(request, subscriber):
    subscriptions.leave(subscriber, "left by the preferences")
    tasks.nudge_service_mails(subscriber)
    return _done(request, "leave")


def _download(request, subscriber):
    if not DOWNLOADS.spend(subscriber.pk):
        problem = "You have downloaded your data ten times within an hour. Please wait a little."
        return _show(request, subscriber, problem=problem, status=429)
    logger.info("%s: their data was downloaded by the link.", subscriber)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return HttpResponse(personal_data.as_json(subscriber), content_type="application/json", headers=headers)


def _erase(request, subscriber):
    form = EraseForm(request.POST)
    if not form.is_valid():
        return _show(request, subscriber, erase_form=form)
    receipt = erasure.erase(subscriber)
    return SeeOther(reverse("subscribers:erased", args=[receipt.number]))


_FOR_ALL = {"data": _download, "erase": _erase}
_FOR_MEMBERS = {
    "name": _rename,
    "pause": _pause,
    "resume": _resume,
    "move": _ask_to_move,
    "leave": _leave,
}


def _done(request, what):
    return SeeOther(f"{request.path}?done={what}")


def _show(request, subscriber, *, problem="", status=200, **refused):
    """Show the page; ``refused`` has the form that was not taken, if any, by its name in the template."""
    forms = {
        "name_form": NameForm(initial={"first_name": subscriber.first_name}),
        "pause_form": PauseForm(),
        "move_form": MoveForm(address_folded=subscriber.address_folded),
        "erase_form": EraseForm(),
        **refused,
    }
    for form in refused.values():
        # The browser goes to the first slip by itself, also without a script.
        form.fields[next(iter(form.errors))].widget.attrs["autofocus"] = True
    today = timezone.localdate()
    context = {
        **forms,
        "subscriber": subscriber,
        "is_member": subscriber.state == Subscriber.State.CONFIRMED,
        "is_paused": subscriber.is_paused(today),
        "silence": [SILENCE[reason] for reason in sorted(suppressions.reasons(subscriber.address))],
        "next_tip": _next_tip(subscriber),
        "undo_token": _undo_token(subscriber),
        "problem": problem,
        "is_refused": bool(refused),
        "done": "" if refused or problem else request.GET.get("done", ""),
    }
    status = 422 if refused else status
    return render(request, "subscribers/preferences.html", context, status=status)


def _next_tip(subscriber):
    """Return the moment of the first slot of which a subscriber gets the tip, or None."""
    after = timezone.now()
    if subscriber.paused_until:
        begins = timezone.make_aware(datetime.combine(subscriber.paused_until, time()))
        after = max(after, begins - timedelta(microseconds=1))
    slots = (slot for slot in Timetable.load().after(after) if not slot.skipped)
    return next((slot.at for slot in slots), None)


def _undo_token(subscriber):
    """Return the token of the link that undoes a leaving, for as long as its button offers that; or ""."""
    left_at = subscriber.left_at
    if left_at is None or left_at < timezone.now() - tokens.LIFETIMES[tokens.Purpose.UNDO]:
        return ""
    return tokens.make(tokens.Purpose.UNDO, subscriptions.leaving(subscriber))
