"""Leaving, and thinking better of it."""

from django.shortcuts import render

from subscribers import subscriptions, tokens
from subscribers.models import Subscriber
from subscribers.views.pages import behind_a_link, dead_link


@behind_a_link
def unsubscribe(request, token):
    """Show one button; a POST leaves at once, from the button or from a mail program (RFC 8058).

    What the POST's body says is never read: whatever its form, it can only mean one thing.
    """
    try:
        handle = tokens.read(tokens.Purpose.LEAVE, token)
    except tokens.InvalidToken:
        return dead_link(request)
    if request.method != "POST":
        return render(request, "subscribers/unsubscribe.html")
    # Of somebody who was erased nothing is left to do, and nothing else to say.
    if subscriber := Subscriber.objects.filter(handle=handle).first():
        subscriptions.leave(subscriber)
    return render(request, "subscribers/left.html")
