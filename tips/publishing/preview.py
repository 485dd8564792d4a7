"""A tip as its readers would see it, before they do: as it is typed, as it is saved, and by a link outside.

The admin offers each preview of a registry; an upper room adds its own with ``register`` in its
``AppConfig.ready``. No preview is ever kept in a cache or found by a search engine.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.errors import NotPermitted, WrongState
from desk.log import log
from tips.dates import short, zoned
from tips.models import WRITTEN, Category, PreviewLink, Tag, Tip, TipAction, TipState
from tips.permissions import CHANGE_ANY
from tips.text import sanitiser

DAYS = 7
MOST_DAYS = 90
_signer = Signer(sep=".", salt="tips.publishing.preview")


# --- What can be previewed -----------------------------------------------------------------------------


class Preview(NamedTuple):
    """One way to look at a tip before it is public.

    ``render`` takes a request and a tip, saved or not (with ``has_body``, ``categories`` and ``tags`` to
    read), and returns a response.
    """

    label: str
    render: Callable[[HttpRequest, Tip], HttpResponse]


# By a slug, which stands in the preview's URL.
PREVIEWS: dict[str, Preview] = {}


def register(name: str, label: str, view: Callable[[HttpRequest, Tip], HttpResponse]) -> None:
    """Offer one more preview in the admin; ``name`` is a slug and stands in its URL."""
    PREVIEWS[name] = Preview(label, view)


def page(request: HttpRequest, tip: Tip, *, note: str = "", token: str = "") -> HttpResponse:
    """Return a tip as its page, with a line that it is a preview.

    ``note`` says which text it is; ``token`` is that of a link, by which its images are shown outside.
    """
    tip.preview_token = token
    context = {"tip": tip, "note": note or "Nobody else sees it at this address."}
    return never_cached(render(request, "tips/preview.html", context))


register("page", "Preview", page)


def never_cached(response: HttpResponse) -> HttpResponse:
    """Let nobody keep a response, find it, or tell the next site of it."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response


def unsaved(texts: Mapping[str, str], categories: list[Category], tags: list[Tag], like: Tip | None) -> Tip:
    """Return a tip that is in no database, made of what somebody typed.

    ``texts`` holds the fields of ``WRITTEN`` as typed; the body is cleaned. ``like`` is the saved tip
    that is being written, if there is one.
    """
    tip = Tip(pk=like.pk if like else 0, slug=(like and like.slug) or "preview")
    if like:
        tip.publish_at, tip.undated, tip.author_id = like.publish_at, like.undated, like.author_id
    for name in WRITTEN:
        setattr(tip, name, texts.get(name, "").replace("\r\n", "\n").strip())
    tip.title = tip.title or "Without a title"
    tip.body = sanitiser.clean(tip.body)
    tip.has_body = bool(tip.body)
    tip.compute()
    # As ``prefetch_related`` leaves them.
    vars(tip)["_prefetched_objects_cache"] = {"categories": categories, "tags": tags}
    return tip


# --- Links for somebody outside ------------------------------------------------------------------------


def may_see(user: User, tip: Tip) -> bool:
    """Tell whether a member of staff may know of a tip: an author of their own, an editor of everyone's."""
    return user.has_perm("tips.view_tip") and (user.has_perm(CHANGE_ANY) or tip.author_id == user.pk)


def make_link(tip: Tip, *, by: User, days: int = DAYS) -> PreviewLink:
    """Make a link by which anybody reads this tip for some days, and return it."""
    if not may_see(by, tip):
        raise NotPermitted(f"You may not show “{tip}” to others. Ask its author or an editor to do it.")
    if not 1 <= days <= MOST_DAYS:
        raise WrongState(f"A link lasts from 1 to {MOST_DAYS} days. Choose a number between them.")
    now, key = timezone.now(), secrets.token_urlsafe(16)
    end = now + timedelta(days=days)
    with transaction.atomic():
        log(by, tip, TipAction.PREVIEW_LINK_MADE, f"Made a preview link, good until {short(end)}.")
        return PreviewLink.objects.create(tip=tip, key=key, made_by=by, made_at=now, expires_at=end)


def revoke_link(link: PreviewLink, *, by: User) -> None:
    """End a link at once; ending it again changes nothing."""
    if not may_see(by, link.tip):
        raise NotPermitted(f"You may not end links to “{link.tip}”. Ask its author or an editor to do it.")
    with transaction.atomic():
        if PreviewLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
            sentence = f"Revoked the preview link of {short(link.made_at)}."
            log(by, link.tip, TipAction.PREVIEW_LINK_REVOKED, sentence)


def token(link: PreviewLink) -> str:
    """Return what stands in a link's URL: its key, signed."""
    return _signer.sign(link.key)


def url(link: PreviewLink) -> str:
    """Return the path of a link."""
    return reverse("tips:preview", args=[token(link)])


def live_link(token: str) -> PreviewLink | None:
    """Return the live PreviewLink that a token belongs to, with its tip, or None.

    A wrong, expired or revoked one is None alike, and so is one to a tip that was withdrawn, and one whose
    maker has left. Of a maker who was away and is back, earlier links stay revoked.
    """
    try:
        key = _signer.unsign(token)
    except BadSignature:
        return None
    link = PreviewLink.objects.select_related("tip").filter(key=key, made_by__is_active=True).first()
    return link if link and link.is_live and link.tip.state != TipState.WITHDRAWN else None


@require_safe
def shared_preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show a tip to whoever was given the link to it."""
    link = live_link(token)
    if link is None:
        return never_cached(render(request, "404.html", status=404))
    until = zoned(link.expires_at)
    return page(request, link.tip, note=f"It is not public. This link works until {until}.", token=token)
