"""Signing up, confirming and leaving. A page that is opened changes nothing; only a pressed button does."""

from datetime import timedelta
from email.utils import parseaddr
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from shield import origins
from shield.budgets import Allowance
from subscribers import subscriptions, tasks, tokens
from subscribers.forms import SignupForm
from subscribers.models import SignupRequest, Subscriber

PER_NETWORK = Allowance("sign-up network", 20, timedelta(hours=1))
# What a sign-up costs whose browser does not say which page it comes from.
COST_OF_UNKNOWN_ORIGIN = 5

_pages_and_buttons = require_http_methods(["GET", "HEAD", "POST"])


class SeeOther(HttpResponseRedirect):
    """303: what follows is to be read, by whatever method one came (RFC 9110, 15.4.4)."""

    status_code = 303


def private(view):
    """Keep a page behind a signed link out of caches, search engines and referrers."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapped


# Cached pages carry the form, so it has no CSRF cookie; the shield judges instead.
@csrf_exempt
@_pages_and_buttons
def subscribe(request):
    """Show the form, or take it. The answer is the same whoever's address it is."""
    if request.method != "POST":
        return _ask(request, SignupForm())
    sender = origins.origin(request)
    if sender is origins.Origin.FOREIGN:
        problem = "That came from another site's page. If you would like the tips, please sign up here."
        return _ask(request, SignupForm(), problem, 403)
    form = SignupForm(request.POST)
    if not form.is_valid():
        form.data = form.renewed()
        return _ask(request, form, status=422)
    cost = COST_OF_UNKNOWN_ORIGIN if sender is origins.Origin.UNKNOWN else 1
    if not PER_NETWORK.spend(origins.network(request), cost):
        problem = "Many sign-ups came from your network just now. Please press the button again in an hour."
        form.data = form.renewed()
        return _ask(request, form, problem, 429)
    signup = subscriptions.request(
        form.cleaned_data["address"],
        first_name=form.cleaned_data["first_name"],
        page=_page_of_form(request),
        region=origins.region(request),
        wording_version=form.cleaned_data["wording"],
    )
    tasks.nudge_confirmation(signup)
    return SeeOther(reverse("subscribers:sent"))


@require_safe
def sent(request):
    """Say what comes next, to everybody alike."""
    return render(request, "subscribers/sent.html")


@require_safe
def privacy(request):
    """Say what is kept of whom, why, by whom and for how long."""
    context = {
        "link_days": _link_days(),
        "postal_address": settings.POSTAL_ADDRESS,
        "mail_to": parseaddr(settings.REPLY_TO or settings.DEFAULT_FROM_EMAIL)[1],
    }
    return render(request, "subscribers/privacy.html", context)


# The signed link is the credential: no cookie takes part, so there is none that a stranger could use.
@csrf_exempt
@_pages_and_buttons
@private
def confirm(request, token):
    """Show one button to the owner of an address; pressing it confirms."""
    signup = _row(SignupRequest, tokens.Purpose.CONFIRM, token)
    if signup is None:
        return _dead_link(request)
    if request.method == "POST":
        if subscriptions.confirm(signup) is None:
            return _dead_link(request)
        return SeeOther(request.path)
    if subscriber := subscriptions.confirmed_by(signup):
        return render(request, "subscribers/subscribed.html", {"leave_token": subscriber.leave_token})
    if signup.state == SignupRequest.State.OPEN and not subscriptions.is_silenced(signup.address):
        return render(request, "subscribers/confirm.html", {"promise": signup.wording})
    return _dead_link(request)


@csrf_exempt
@_pages_and_buttons
@private
def unsubscribe(request, token):
    """Show one button; a POST leaves at once, from the button or from a mail program (RFC 8058).

    What the POST's body says is never read: whatever its form, it can only mean one thing.
    """
    try:
        handle = tokens.read(tokens.Purpose.LEAVE, token)
    except tokens.InvalidToken:
        return _dead_link(request)
    if request.method != "POST":
        return render(request, "subscribers/unsubscribe.html")
    # Of somebody who was erased nothing is left to do, and nothing else to say.
    if subscriber := Subscriber.objects.filter(handle=handle).first():
        subscriptions.leave(subscriber)
    return render(request, "subscribers/left.html")


def _ask(request, form, problem="", status=200):
    return render(request, "subscribers/subscribe.html", {"form": form, "problem": problem}, status=status)


def _row(model, purpose, token):
    try:
        return model.objects.filter(handle=tokens.read(purpose, token)).first()
    except tokens.InvalidToken:
        return None


def _dead_link(request):
    return render(request, "subscribers/dead_link.html", {"link_days": _link_days()}, status=404)


def _link_days():
    return tokens.LIFETIMES[tokens.Purpose.CONFIRM].days


def _page_of_form(request):
    """Return the path of the page the form stood on, as far as the browser says; for the consent record."""
    try:
        return urlsplit(request.headers.get("Referer", "")).path[:200]
    except ValueError:
        return ""
