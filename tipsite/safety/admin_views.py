"""Is Tuesday safe? The page that says so, and the one that opens the restore guard."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from subscribers.recovery import guard
from tips import dates, permissions
from tipsite.safety import verdict

# For each name of a Reason: a heading, what to say besides its words, where to go, and what the link says.
# Where a Reason is about one mailing or one tip, the link leads to that.
_CALENDAR = ("admin:tips_calendar", "Open the calendar")
_MAILINGS = ("admin:subscribers_mailing_changelist", "Open the mailings")
ADVICE = {
    "slot": ("The next slot", "", *_CALENDAR),
    "not-for-mail": (
        "The next tip is not for mail",
        "All that an import brings is marked so, since it may have been mailed before.",
        "admin:tips_tip_changelist",
        "Open the tips",
    ),
    "worker": (
        "The worker",
        "Whoever runs the server starts it; the operations guide says how. Nothing is lost meanwhile.",
    ),
    "paused": ("A mailing is paused", "", *_MAILINGS),
    "held": ("A mailing is held", "", *_MAILINGS),
    "stuck": ("Mail is stuck", "", *_MAILINGS),
    "uncertain": ("Uncertain deliveries", "", *_MAILINGS),
    "server": ("The mail server", "That is for whoever runs the server. Nothing is lost meanwhile."),
    "sender": (
        "The sender’s settings",
        "Whoever runs the server changes the setting, and starts the site anew.",
    ),
    "disk": ("The disk", "Whoever runs the server makes room, before the database cannot be written to."),
    "guard": ("The restore guard", ""),
}
PAGE = {"title": "Is the next tip safe?", "here": "Is Tuesday safe?"}


def safe(request):
    """Tell whether the next tip will reach its readers on time; and why not, to whoever can do something."""
    now = timezone.now()
    row, reasons = verdict.next_slot(now), verdict.reasons(now)
    sees_why = verdict.may_see(request.user)
    shown = [_shown(reason, request.user) for reason in reasons] if sees_why else []
    context = {
        "is_safe": not reasons,
        # Which tip it is, not everybody may know.
        "sees_why": sees_why,
        "row": row,
        "when": dates.in_words(row.slot.at) if row else "",
        "reasons": shown,
        "count": len(reasons),
        "may_open": request.user.has_perm(guard.PERMISSION),
        "now": now,
    }
    return _page(request, "safe", context)


def real(request):
    """Say what follows when this is called the real database; on POST, do it."""
    if not request.user.has_perm(guard.PERMISSION):
        raise PermissionDenied("You may not open the guard. Ask a publisher to do it.")
    refusal = guard.why_closed()
    if not refusal:
        messages.info(request, "The guard is open: this is the real database already.")
        return HttpResponseRedirect(reverse("admin:safe"))
    if request.method == "POST":
        try:
            messages.success(request, guard.declare_live(by=request.user))
        except guard.JournalError as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:safe"))
    is_lost = refusal == guard.NO_JOURNAL
    return _page(request, "real", {"refusal": refusal, "is_lost": is_lost, "title": "This is the real one"})


def _shown(reason, user):
    """Return a reason as the page shows it: its name, heading, words, what to do, and where (or "")."""
    heading, advice, *way = ADVICE.get(reason.name, (reason.name.capitalize(), ""))
    address, link = "", ""
    if way and _may_follow(user, way[0]):
        address, link = reverse(way[0]), way[1]
        if reason.mailing:
            address = reverse("admin:subscribers_mailing_change", args=[reason.mailing])
            link = "Open the mailing"
        if reason.tip:
            address, link = reverse("admin:tips_tip_change", args=[reason.tip]), "Open the tip"
    return {
        "name": reason.name,
        "heading": heading,
        "words": reason.words,
        "advice": advice,
        "address": address,
        "link": link,
    }


def _may_follow(user, way):
    return user.has_perm("subscribers.view_mailing" if way == _MAILINGS[0] else permissions.APPROVE)


def _page(request, name, context):
    context = {**admin.site.each_context(request), **PAGE, **context}
    return TemplateResponse(request, f"admin/safety/{name}.html", context)
