"""What subscribers see and change by themselves, behind a link that was mailed to them on request."""

import logging
from contextlib import suppress
from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from shield.rate_limits import FixedWindow
from subscribers import tokens
from subscribers.mail import link_mails
from subscribers.models import LinkRequest, Subscriber, Suppression
from subscribers.people import erasure, personal_data, subscriptions, suppressions
from subscribers.people.next_tip import next_tip
from subscribers.public.form_handling import (
    SeeOther,
    behind_a_link,
    handle_public_form,
    link_request_of,
    public_form,
    sent_from,
)
from subscribers.public.forms import AddressForm, EraseForm, MoveForm, NameForm, PauseForm, SubscriberForm

logger = logging.getLogger(__name__)

# Why somebody who is on the list gets nothing all the same, in words for themselves.
SILENCE: dict[str, str] = {
    Suppression.Reason.UNSUBSCRIBED: "it was unsubscribed; sign up anew to get the tips",
    Suppression.Reason.BOUNCED: "mail to it came back to us",
    Suppression.Reason.COMPLAINED: "a mail of ours was reported as unwanted",
    Suppression.Reason.BLOCKED: "we have blocked it",
    Suppression.Reason.ERASED: "it was erased",
}
FORMS = {"name": NameForm, "pause": PauseForm, "move": MoveForm, "erase": EraseForm}

# What anybody may do by the page, and what those on the list may do besides.
_FOR_ALL, _FOR_MEMBERS = ("data", "erase"), ("name", "pause", "resume", "move", "leave")
MOVES = FixedWindow("moves of a subscriber", 3, timedelta(days=1))
# As long as such a link lives, and so for good.
_ONCE = FixedWindow("change by a letter", 1, 2 * tokens.LIFETIMES[tokens.Purpose.PREFERENCES_ONCE])
DOWNLOADS = FixedWindow("downloads of a subscriber", 10, timedelta(hours=1))


@public_form
def ask(request: HttpRequest) -> HttpResponse:
    """Show the form that asks for a link to one's preferences, or take it."""

    def take(form: AddressForm) -> None:
        address = form.cleaned_data["address"]
        where = sent_from(request, address)
        subscriptions.request(address, kind=LinkRequest.Kind.LINK, wording_version=None, **where)

    template = "subscribers/preferences_ask.html"
    return handle_public_form(request, AddressForm, template, take, "subscribers/preferences_sent.html")


@behind_a_link(AddressForm)
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is kept of a subscriber and what they may change; a POST changes one thing.

    The link belongs to an address. Whoever has that address by now is the subscriber, so that a change of
    address ends the links mailed to the old one. A link in a letter about something else, which may be
    forwarded, is good for one change.
    """
    subscriber, link_request = _whose(token)
    is_spent = link_request is None and _ONCE.is_spent(token)
    if request.method != "POST":
        return _show(request, subscriber, is_spent=is_spent)
    do, is_member = request.POST.get("do", ""), subscriber.state == Subscriber.State.CONFIRMED
    if is_spent or (do not in _FOR_ALL and not (is_member and do in _FOR_MEMBERS)):
        # They left in another window, for example: the page shows the present state.
        return SeeOther(request.path)
    form = FORMS.get(do, SubscriberForm)(request.POST, subscriber=subscriber)
    if not form.is_valid():
        return _show(request, subscriber, form)
    if link_request:
        link_mails.prove_mailbox(link_request)
    elif do != "data" and not _ONCE.spend(token):
        return SeeOther(request.path)
    return _act(request, subscriber, do, form) or SeeOther(f"{request.path}?done={do}")


def _whose(token: str) -> tuple[Subscriber, LinkRequest | None]:
    """Return whose preferences a link opens, and the request that it answers, if any. Raises Http404."""
    with suppress(tokens.InvalidToken):
        name = tokens.read(tokens.Purpose.PREFERENCES_ONCE, token)
        if subscriber := subscriptions.found_at_address(name):
            return subscriber, None
    link_request = link_request_of(token, tokens.Purpose.PREFERENCES)
    return get_object_or_404(Subscriber, address_folded=link_request.address_folded), link_request


@behind_a_link(AddressForm)
def move(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button to the owner of a new address; pressing it sends the tips there from now on."""
    link_request = link_request_of(token, tokens.Purpose.MOVE)
    if request.method == "POST":
        if subscriptions.move(link_request) is None:
            raise Http404("The request cannot move anybody.")
        return SeeOther(request.path)
    is_done = subscriptions.moved_by(link_request) is not None
    if not is_done and not subscriptions.can_move(link_request):
        raise Http404("The request can move nobody any more.")
    return render(request, "subscribers/move.html", {"is_done": is_done})


def _act(request: HttpRequest, subscriber: Subscriber, do: str, form: SubscriberForm) -> HttpResponse | None:
    """Do what a button asks for; return its own answer, or None where the page says that it was done."""
    match do:
        case "name":
            subscriptions.rename(subscriber, form.cleaned_data["first_name"])
        case "pause" | "resume":
            # The form that ends a pause has no day.
            subscriptions.pause(subscriber, form.cleaned_data.get("until"))
        case "move":
            if not MOVES.spend(subscriber.pk):
                problem = "You have asked for three changes of address today. Please try tomorrow."
                form.add_error("address", problem)
                return _show(request, subscriber, form)
            address = form.cleaned_data["address"]
            subscriptions.ask_to_move(subscriber, address, **sent_from(request, address))
        case "leave":
            subscriptions.leave(subscriber, "left by the preferences")
        case "erase":
            return SeeOther(reverse("subscribers:erased", args=[erasure.erase(subscriber).number]))
        case "data":
            return _download(request, subscriber)
    return None


def _download(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    if not DOWNLOADS.spend(subscriber.pk):
        problem = "You have downloaded your data ten times within an hour. Please wait a little."
        return _show(request, subscriber, problem=problem)
    logger.info("%s: their data was downloaded by the link.", subscriber)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return HttpResponse(personal_data.as_json(subscriber), content_type="application/json", headers=headers)


def _show(
    request: HttpRequest,
    subscriber: Subscriber,
    refused: SubscriberForm | None = None,
    problem: str = "",
    *,
    is_spent: bool = False,
) -> HttpResponse:
    """Show the page, with the form that was refused (422) or the sentence of a problem (429), if any.

    By a link that ``is_spent`` nothing can be changed any more.
    """
    if refused:
        # The browser goes to the first slip by itself, also without a script.
        refused.fields[next(iter(refused.errors))].widget.attrs["autofocus"] = True
    context: dict[str, object] = {
        f"{name}_form": refused if isinstance(refused, form_class) else form_class(subscriber=subscriber)
        for name, form_class in FORMS.items()
    }
    reasons = sorted(suppressions.reasons(subscriber.address))
    is_member = subscriber.state == Subscriber.State.CONFIRMED
    context |= {"is_member": is_member, "is_paused": subscriber.is_paused(timezone.localdate())}
    context |= {"subscriber": subscriber, "undo_token": _undo_token(subscriber)}
    context |= {"silence": [SILENCE[reason] for reason in reasons], "next_tip": next_tip(subscriber)}
    done = "" if refused or problem else request.GET.get("done", "")
    context |= {"problem": problem, "is_refused": bool(refused), "done": done, "is_spent": is_spent}
    context |= {"form": AddressForm()} if is_spent else {}
    status = 422 if refused else 429 if problem else 200
    return render(request, "subscribers/preferences.html", context, status=status)


def _undo_token(subscriber: Subscriber) -> str:
    """Return the token of the link that undoes a leaving, for as long as its button offers that; or ""."""
    since = timezone.now() - tokens.LIFETIMES[tokens.Purpose.UNDO]
    is_offered = subscriber.left_at is not None and subscriber.left_at >= since
    return tokens.make(tokens.Purpose.UNDO, subscriptions.leaving(subscriber)) if is_offered else ""
