"""Is Tuesday safe? The page that says so, and what else is known of the site."""

from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from desk.counting import count_each
from desk.pages import Context, page, staff_of
from subscribers.models import LinkRequest, OutgoingMail, ServiceMail
from tips.models import ImportRun, Tip
from tips.schedule import reasons, verdict
from tipsite.alerts import reach
from tipsite.backup import runs

_MOST_IMPORTS = 3


def safe(request: HttpRequest) -> HttpResponseBase:
    """Tell whether the next tip will reach its readers on time; and why not, to whoever can do something."""
    user, now = staff_of(request), timezone.now()
    context: Context = {"now": now, "verdict": verdict.of_next(now, user=user)}
    if reasons.may_see(user):
        context["known"] = _known(now)
    return page(request, "safety/safe", "Is the next tip safe?", **context)


def _known(now: datetime) -> Context:
    """Return the newest backup, the mails that wait, which staff have no address, and more of the site."""
    public, waiting = Tip.objects.published(now), Q(mail_state=OutgoingMail.MailState.WAITING)
    requests, services = LinkRequest.objects.filter(waiting), ServiceMail.objects.filter(waiting)
    counted = {"total": public, "teasers": public.filter(has_body=False), "requests": requests}
    counts = count_each({**counted, "service mails": services})
    counts["mails"] = counts["requests"] + counts["service mails"]
    imports = ImportRun.objects.order_by("-at", "-pk")[:_MOST_IMPORTS]
    unheard = reach.fault(of_each=True)
    return {**vars(runs.standing(now)), **counts, "imports": imports, "unheard": unheard}
