"""Signing up and confirming."""

from email.utils import parseaddr
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from subscribers import tokens
from subscribers.models import LinkRequest
from subscribers.people import subscriptions, suppressions
from subscribers.public.form_handling import (
    SeeOther,
    behind_a_link,
    handle_public_form,
    link_request_of,
    public_form,
    sent_from,
)
from subscribers.public.forms import AgainForm, ConfirmForm, SignupForm


@public_form
def subscribe(request: HttpRequest) -> HttpResponse:
    """Show the form that people sign up with, or take it."""
    take = partial(_ask_for_confirmation, request, LinkRequest.Kind.JOIN)
    return handle_public_form(
        request, SignupForm, "subscribers/subscribe.html", take, "subscribers/sent.html"
    )


@public_form
def again(request: HttpRequest) -> HttpResponse:
    """Show the form that asks for the confirmation once more, or take it."""
    take = partial(_ask_for_confirmation, request, LinkRequest.Kind.AGAIN)
    return handle_public_form(request, AgainForm, "subscribers/again.html", take, "subscribers/sent.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept of whom, why, by whom and for how long."""
    context = {
        "link_days": tokens.LIFETIMES[tokens.Purpose.CONFIRM].days,
        "undo_days": tokens.LIFETIMES[tokens.Purpose.UNDO_BY_MAIL].days,
        "undo_minutes": tokens.LIFETIMES[tokens.Purpose.UNDO].seconds // 60,
        "message_days": settings.CONTACT_DAYS,
        "spam_days": settings.CONTACT_SPAM_DAYS,
        "postal_address": settings.POSTAL_ADDRESS,
        "mail_to": parseaddr(settings.REPLY_TO or settings.DEFAULT_FROM_EMAIL)[1],
    }
    return render(request, "subscribers/privacy.html", context)


@behind_a_link(AgainForm)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button to the owner of an address; pressing it confirms, with a first name if they like."""
    link_request = link_request_of(token, tokens.Purpose.CONFIRM)
    form, status = ConfirmForm(), 200
    if request.method == "POST":
        form = ConfirmForm(request.POST)
        if form.is_valid():
            if subscriptions.confirm(link_request, form.cleaned_data["first_name"]) is None:
                raise Http404("The request cannot be confirmed.")
            return SeeOther(request.path)
        form.fields["first_name"].widget.attrs["autofocus"], status = True, 422
    elif subscriber := subscriptions.confirmed_by(link_request):
        return render(request, "subscribers/subscribed.html", {"leave_token": subscriber.leave_token})
    if link_request.state == LinkRequest.State.OPEN and not suppressions.is_silenced(link_request.address):
        context = {"promise": link_request.wording, "form": form}
        return render(request, "subscribers/confirm.html", context, status=status)
    raise Http404("The request can be confirmed no more.")


def _ask_for_confirmation(request: HttpRequest, kind: LinkRequest.Kind, form: AgainForm) -> None:
    address = form.cleaned_data["address"]
    subscriptions.request(
        address,
        kind=kind,
        page=_page_of_form(request),
        wording_version=form.cleaned_data["wording"],
        **sent_from(request, address),
    )


def _page_of_form(request: HttpRequest) -> str:
    """Return the path of the page that had the form, as far as the browser says; for the consent record."""
    try:
        return urlsplit(request.headers.get("Referer", "")).path[:200]
    except ValueError:
        return ""
