"""What all pages behind links have in common."""

from datetime import timedelta
from functools import wraps

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from shield import flood, request_origin
from shield.rate_limits import FixedWindow
from subscribers import tokens
from subscribers.public.forms import AgainForm

# Of all forms together that anybody may send.
PER_NETWORK = FixedWindow("form network", 20, timedelta(hours=1))
# What a form costs whose browser does not say which page it comes from.
COST_OF_UNKNOWN_ORIGIN = 5

pages_and_buttons = require_http_methods(["GET", "HEAD", "POST"])


class SeeOther(HttpResponseRedirect):
    """303: what follows is to be read, by whatever method one came (RFC 9110, 15.4.4)."""

    status_code = 303


def public_form(view):
    """Make a view a page with a form that anybody may send; see ``handle_public_form``.

    Cached pages carry such forms, so they have no CSRF cookie; the shield judges instead.
    """
    return csrf_exempt(pages_and_buttons(view))


def handle_public_form(request, form_class, template, take, done):
    """Show a form that anybody may send, or take it, and answer alike whoever's address stands in it.

    ``form_class`` is an ``AddressForm``, ``template`` shows it (``form``, and ``problem``: a sentence for its
    head, or ""; it includes ``subscribers/_shield.html``, which has the fields that the shield wants).
    ``take(form)`` is called with a form that is valid and let through, and must do the same work for every
    address: create a row and nudge its task, and leave all else to the task. Then follows a redirect to the
    page of the URL name ``done``.

    What is not let through is shown again with all that was typed: 403 from another site's page, 422 for a
    slip, or with a plain question while a flood is active (the cached box has none), 429 for more than
    PER_NETWORK allows.
    """

    def show(form, problem="", status=200):
        return render(request, template, {"form": form, "problem": problem}, status=status)

    if request.method != "POST":
        return show(form_class())
    sender = request_origin.origin(request)
    if sender is request_origin.Origin.FOREIGN:
        return show(form_class(), "That came from another site’s page. Please use the form on this one.", 403)
    form = form_class(request.POST)
    if not form.is_valid():
        form.data = form.renewed()
        _lead_to_slip(form)
        return show(form, status=422)
    network, is_asked = request_origin.network(request), flood.count_form()
    # To be asked costs nothing; to answer does, or one could guess all day.
    if not is_asked or form.has_answer():
        cost = COST_OF_UNKNOWN_ORIGIN if sender is request_origin.Origin.UNKNOWN else 1
        if not PER_NETWORK.spend(network, cost):
            form.data = form.renewed()
            return show(form, "Your network has sent many forms just now. Please try again in an hour.", 429)
    # Of the network, and not of the address: each page tells the same of every address, to the letter.
    if is_asked and not form.is_answered(network):
        form.ask(network)
        problem = "Very many forms are being sent to us just now. Please answer the question below as well."
        return show(form, problem, 422)
    take(form)
    return SeeOther(reverse(done))


def _lead_to_slip(form):
    """Have the browser go to the first slip that people can see by itself, also without a script."""
    slips = [name for name in form.errors if name not in ("subject", "timestamp", "wording")]
    if slips:
        form.fields[slips[0]].widget.attrs["autofocus"] = True


def behind_a_link(view):
    """Make a view a page behind a signed link: kept out of caches, search engines and referrers.

    The signed link is the credential: no cookie takes part, so there is none that a stranger could use, and
    no CSRF field is asked for.
    """

    @csrf_exempt
    @pages_and_buttons
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapped


def object_for_token(model, purpose, token):
    """Return the row of a token made for a purpose, or None."""
    try:
        return model.objects.filter(public_id=tokens.read(purpose, token)).first()
    except tokens.InvalidToken:
        return None


def dead_link(request):
    """Answer to every link that does not work, whatever the reason: the page that can send a new one."""
    return render(request, "subscribers/dead_link.html", {"form": AgainForm()}, status=404)
