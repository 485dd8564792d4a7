"""What the views of forms and links have in common."""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import TypedDict, TypeVar

from django.db import DatabaseError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from desk.storage_errors import COME_AGAIN_SOON, retry_after
from shield import network_limits, request_origin
from shield.judgement import judge
from subscribers import addresses, tokens
from subscribers.models import LinkRequest
from subscribers.public.forms import AddressForm, AgainForm

logger = logging.getLogger(__name__)

_Form = TypeVar("_Form", bound=AddressForm)
_View = Callable[..., HttpResponse]


class SeeOther(HttpResponseRedirect):
    """303: the next page is to be read, whatever the method of this request (RFC 9110, 15.4.4)."""

    status_code = 303


def public_form(view: _View) -> _View:
    """Make a view a page with a form that anybody may send; see ``handle_public_form``.

    Cached pages carry such forms, so they have no CSRF cookie; the shield judges instead.
    """
    return csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(view))


def handle_public_form(
    request: HttpRequest, form_class: type[_Form], template: str, take: Callable[[_Form], None], done: str
) -> HttpResponse:
    """Show a form that anybody may send, or take it, and answer alike whoever's address stands in it.

    ``template`` shows the form (``form``, and ``problem``: a sentence for its head, or "") and includes
    ``shield/_fields.html``, which has the fields of the shield. ``take(form)`` is called with a form
    that is valid and let through. It must do the same work for every address: create a row, and leave all
    else to the worker that finds the row. Then the template ``done`` answers, with the ``address`` as it was
    understood: it stands in that page alone, and in no URL, log or cache.

    A form that is not let through is shown again with all that was typed: 403 from another site's page, 422
    for a slip, or with a plain question (the cached box has none) while a flood is active or its network
    sends more than ``shield.judgement`` allows, 429 for more answers than it allows, 503 while nothing can
    be saved.
    """

    def show(form: _Form, problem: str = "", status: int = 200, retry: int = 0) -> HttpResponse:
        response = render(request, template, {"form": form, "problem": problem}, status=status)
        if retry:
            response["Retry-After"] = str(retry)
        return response

    if request.method != "POST":
        return show(form_class())
    if request_origin.origin(request) is request_origin.Origin.FOREIGN:
        return show(form_class(), "That came from another site’s page. Please use the form on this one.", 403)
    form = form_class(request.POST)
    try:
        if not form.is_valid():
            form.data = form.renewed()
            slips = [name for name in form.errors if name not in ("subject", "timestamp", "wording")]
            if slips:
                # The browser goes to the first slip that people can see by itself, also without a script.
                form.fields[slips[0]].widget.attrs["autofocus"] = True
            return show(form, status=422)
        # What is counted of a form that cannot be saved is given back.
        with transaction.atomic():
            if (refusal := judge(request, form)) is None:
                take(form)
    except DatabaseError as error:
        if (seconds := retry_after(error)) is None:
            raise
        logger.warning("A form was not taken, the database refused: %s", error)
        form.data = form.renewed()
        soon = "a few seconds" if seconds == COME_AGAIN_SOON else "five minutes"
        problem = f"Nothing can be saved just now. Please press the button again in {soon}."
        return show(form, problem, 503, seconds)
    if refusal:
        return show(form, *refusal)
    response = render(request, done, {"address": form.cleaned_data["address"]})
    response["Cache-Control"] = "no-store"
    return response


class SentFrom(TypedDict):
    """What a LinkRequest keeps of where its form came from: the region, and whose turn its mail is."""

    region: str
    turn: int


def sent_from(request: HttpRequest, address: str) -> SentFrom:
    """Return where a form with an address came from, and count that.

    Mails to one mail domain take turns by the networks that asked for them.
    """
    domain = addresses.domain(addresses.folded(address))
    turn = network_limits.turn(domain, request_origin.networks(request))
    return {"region": request_origin.region(request), "turn": turn}


def behind_a_link(form_class: type[AddressForm]) -> Callable[[_View], _View]:
    """Return what makes a view a page behind a signed link: kept out of caches, search engines and referrers.

    Where the view raises Http404, a page answers with the form that has a new link mailed, whatever the
    reason: ``AgainForm`` for the confirmation, ``AddressForm`` for the preferences.

    The signed link is the credential: no cookie takes part, so there is none that a stranger could use, and
    no CSRF field is asked for.
    """

    def decorate(view: _View) -> _View:
        @csrf_exempt
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def wrapped(request: HttpRequest, **kwargs: str) -> HttpResponse:
            try:
                response = view(request, **kwargs)
            except Http404:
                context = {"form": form_class(), "was_signing_up": form_class is AgainForm}
                response = render(request, "subscribers/dead_link.html", context, status=404)
            response["Cache-Control"] = "no-store"
            response["Referrer-Policy"] = "no-referrer"
            response["X-Robots-Tag"] = "noindex, nofollow"
            return response

        return wrapped

    return decorate


def id_in_token(token: str, *purposes: tokens.Purpose) -> str:
    """Return the public id in a token that was made for one of some purposes. Raises Http404."""
    for purpose in purposes:
        with suppress(tokens.InvalidToken):
            return tokens.read(purpose, token)
    raise Http404("The link does not work.")


def link_request_of(token: str, purpose: tokens.Purpose) -> LinkRequest:
    """Return the LinkRequest of a token made for a purpose. Raises Http404."""
    return get_object_or_404(LinkRequest, public_id=id_in_token(token, purpose))
