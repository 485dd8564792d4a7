"""Leaving, thinking better of it, and what remains of somebody who was erased."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from subscribers import tokens
from subscribers.models import Erasure, Subscriber
from subscribers.people import erasure, subscriptions
from subscribers.public.form_handling import behind_a_link, id_in_token
from subscribers.public.forms import AddressForm


@behind_a_link(AddressForm)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button; a POST leaves at once, from the button or from a mail program (RFC 8058).

    The body of the POST is never read: whatever its form, it can only mean one thing. The answer is the same
    whoever the link belongs to, and whatever became of them since.
    """
    public_id = id_in_token(token, tokens.Purpose.LEAVE)
    if request.method != "POST":
        return render(request, "subscribers/unsubscribe.html")
    context = {
        "undo_token": tokens.make(tokens.Purpose.UNDO, _leave(public_id)),
        "undo_minutes": tokens.LIFETIMES[tokens.Purpose.UNDO].seconds // 60,
    }
    return render(request, "subscribers/left.html", context)


def _leave(public_id: str) -> str:
    """Take whoever has a public id off the list; return the name of this leaving (see ``subscriptions``).

    Where nobody was on the list, no leaving has that name: a forwarded mail revives nobody who left by
    themselves. That takes about as long.
    """
    subscriber = Subscriber.objects.confirmed().filter(public_id=public_id).first()
    if subscriber and subscriptions.leave(subscriber):
        return subscriptions.leaving(subscriber)
    subscriptions.rehearse_leaving()
    return subscriptions.no_leaving()


@behind_a_link(AddressForm)
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button, which undoes a leaving, and no other than the one that the link is for."""
    name = id_in_token(token, tokens.Purpose.UNDO, tokens.Purpose.UNDO_BY_MAIL)
    if request.method == "POST":
        if subscriptions.undo_leaving(name):
            return render(request, "subscribers/undo.html", {"is_undone": True})
    elif subscriptions.may_undo(name):
        return render(request, "subscribers/undo.html")
    raise Http404("There is no such leaving any more.")


@behind_a_link(AddressForm)
@require_safe
def erased(request: HttpRequest, number: str) -> HttpResponse:
    """Show the receipt of an erasure: how much each place held, and that nothing is left but a hash."""
    receipt = get_object_or_404(Erasure, number=number.upper())
    context = {"receipt": receipt, "places": erasure.described(receipt), "time_zone": settings.TIME_ZONE}
    return render(request, "subscribers/erased.html", context)
