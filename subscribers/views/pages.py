"""What all pages behind links have in common."""

from functools import wraps

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from subscribers import tokens

pages_and_buttons = require_http_methods(["GET", "HEAD", "POST"])


class SeeOther(HttpResponseRedirect):
    """303: what follows is to be read, by whatever method one came (RFC 9110, 15.4.4)."""

    status_code = 303


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


def row(model, purpose, token):
    """Return the row of a token made for a purpose, or None."""
    try:
        return model.objects.filter(handle=tokens.read(purpose, token)).first()
    except tokens.InvalidToken:
        return None


def dead_link(request):
    """Answer to every link that does not work, whatever the reason: the page that can send a new one."""
    context = {"link_days": tokens.LIFETIMES[tokens.Purpose.CONFIRM].days}
    return render(request, "subscribers/dead_link.html", context, status=404)
