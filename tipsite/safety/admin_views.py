"""Is Tuesday safe? The page that says so."""

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from desk.pages import page, staff_of
from subscribers.recovery import guard
from tips import dates, permissions
from tipsite.safety import reasons
from tipsite.safety.reasons import Code, Reason

_MAILINGS = "admin:subscribers_mailing_changelist"
# Where to go; a reason that is about one mailing or one tip leads to that instead.
_LINKS = {
    Code.SLOT: ("admin:tips_calendar", "Open the calendar"),
    Code.NOT_FOR_MAIL: ("admin:tips_tip_changelist", "Open the tips"),
    **dict.fromkeys([Code.PAUSED, Code.HELD, Code.STUCK, Code.UNCERTAIN], (_MAILINGS, "Open the mailings")),
}
# What to do, besides the reason's own words.
_ADVICE = {
    Code.NOT_FOR_MAIL: "All that an import brings is marked so, since it may have been mailed before.",
    Code.WORKER: "Whoever runs the server starts it; the operations guide says how. Nothing is lost.",
    Code.SERVER: "That is for whoever runs the server. Nothing is lost meanwhile.",
    Code.SENDER: "Whoever runs the server changes the setting, and starts the site anew.",
    Code.BACKUP: "That is for whoever runs the server. Until then a broken machine would take more along.",
    Code.DATABASE: "That is for whoever runs the server. Readers are served meanwhile.",
    Code.DISK: "Whoever runs the server makes room, before the database cannot be written to.",
}


def safe(request: HttpRequest) -> HttpResponseBase:
    """Tell whether the next tip will reach its readers on time; and why not, to whoever can do something."""
    user, now = staff_of(request), timezone.now()
    row, against = reasons.next_slot(now), reasons.against_next_tip(now)
    # Not everybody may know which tip it is.
    sees_why = reasons.may_see(user)
    context = {
        "is_safe": not against,
        "sees_why": sees_why,
        "row": row,
        "when": dates.in_words(row.slot.at) if row else "",
        "reasons": [_shown(reason, user) for reason in against] if sees_why else [],
        "may_open": user.has_perm(guard.PERMISSION),
    }
    return page(request, "safety/safe", "Is the next tip safe?", now=now, **context)


def _shown(reason: Reason, user: User) -> tuple[Reason, str, str, str]:
    """Return a reason as the page shows it: with what to do, where (a URL or ""), and the link's words."""
    url_name, link = _LINKS.get(reason.code, ("", ""))
    permission = "subscribers.view_mailing" if url_name == _MAILINGS else permissions.APPROVE
    url = reverse(url_name) if url_name and user.has_perm(permission) else ""
    if url and reason.mailing:
        url, link = reverse("admin:subscribers_mailing_change", args=[reason.mailing]), "Open the mailing"
    if url and reason.tip:
        url, link = reverse("admin:tips_tip_change", args=[reason.tip]), "Open the tip"
    return reason, _ADVICE.get(reason.code, ""), url, link
