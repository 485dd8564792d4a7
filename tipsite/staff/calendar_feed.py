"""The calendar of tips at a secret URL, for the calendar program of a member of staff.

The URL is the credential: a program of that kind cannot sign in. It holds a token of 256 random bits, of
which the database keeps the digest alone.
"""

import hashlib
import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from desk.log import log
from tips.schedule import ical
from tipsite.models import CalendarKey
from tipsite.staff import two_factor
from tipsite.staff.audit_log import AccountAction


def make(person: User) -> str:
    """Give a person a new URL, and return it; an earlier one is dead from then on."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        CalendarKey.objects.update_or_create(person=person, defaults={"digest": _digest(token)})
        log(person, person, AccountAction.CALENDAR_MADE, "Made a new address of their calendar.")
    return settings.SITE_URL + reverse("calendar_feed", args=[token])


def revoke(person: User) -> None:
    """End a person's URL."""
    if CalendarKey.objects.filter(person=person).delete()[0]:
        log(person, person, AccountAction.CALENDAR_REVOKED, "Revoked the address of their calendar.")


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the calendar of whoever has this token; nobody else's is found, and nothing is kept."""
    key = CalendarKey.objects.select_related("person").filter(digest=_digest(token)).first()
    if key is None or not _may_read(key.person):
        raise Http404("There is no such calendar.")
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": 'attachment; filename="tips.ics"',
        "X-Robots-Tag": "noindex",
    }
    return HttpResponse(
        ical.calendar(key.person), content_type="text/calendar; charset=utf-8", headers=headers
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _may_read(person: User) -> bool:
    """Tell whether a person would see the calendar on the desk."""
    if not (person.is_active and person.is_staff and person.has_perm("tips.view_tip")):
        return False
    owes_a_code = settings.STAFF_TWO_FACTOR and two_factor.is_required(person)
    return not owes_a_code or two_factor.device_of(person) is not None
