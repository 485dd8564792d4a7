"""Signing up and confirming."""

from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from shield import origins
from shield.budgets import Allowance
from subscribers import subscriptions, suppressions, tasks, tokens
from subscribers.forms import SignupForm
from subscribers.models import SignupRequest
from subscribers.views.pages import SeeOther, behind_a_link, dead_link, pages_and_buttons, row

PER_NETWORK = Allowance("sign-up network", 20, timedelta(hours=1))
# What a sign-up costs whose browser does not say which page it comes from.
COST_OF_UNKNOWN_ORIGIN = 5


# Cached pages carry the form, so it has no CSRF cookie; the shield judges instead.
@csrf_exempt
@pages_and_buttons
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
    tasks.nudge(tasks.send_confirmation, signup)
    return SeeOther(reverse("subscribers:sent"))


@require_safe
def sent(request):
    """Say what comes next, to everybody alike."""
    return render(request, "subscribers/sent.html")


@require_safe
def privacy(request):
    """Say what is kept of whom, why, by whom and for how long."""
    context = {
        "link_days": tokens.LIFETIMES[tokens.Purpose.CONFIRM].days,
        "postal_address": settings.POSTAL_ADDRESS,
        "mail_to": parseaddr(settings.REPLY_TO or settings.DEFAULT_FROM_EMAIL)[1],
    }
    return render(request, "subscribers/privacy.html", context)


@behind_a_link
def confirm(request, token):
    """Show one button to the owner of an address; pressing it confirms."""
    signup = row(SignupRequest, tokens.Purpose.CONFIRM, token)
    if signup is None:
        return dead_link(request)
    if request.method == "POST":
        if subscriptions.confirm(signup) is None:
            return dead_link(request)
        return SeeOther(request.path)
    if subscriber := subscriptions.confirmed_by(signup):
        return render(request, "subscribers/subscribed.html", {"leave_token": subscriber.leave_token})
    if signup.state == SignupRequest.State.OPEN and not suppressions.is_silenced(signup.address):
        return render(request, "subscribers/confirm.html", {"promise": signup.wording})
    return dead_link(request)


def _ask(request, form, problem="", status=200):
    return render(request, "subscribers/subscribe.html", {"form": form, "problem": problem}, status=status)


def _page_of_form(request):
    """Return the path of the page the form stood on, as far as the browser says; for the consent record."""
    try:
        return urlsplit(request.headers.get("Referer", "")).path[:200]
    except ValueError:
        return ""
