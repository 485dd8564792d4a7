"""Is Tuesday safe? The page that says so, and what else is known of the site."""

from datetime import datetime

from django.db.models import Count, Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from desk.pages import Context, page, staff_of
from tips.models import ImportRun, Tip
from tips.schedule import verdict
from tipsite.backup import runs

_MOST_IMPORTS = 3


def safe(request: HttpRequest) -> HttpResponseBase:
    """Tell whether the next tip will reach its readers on time; and why not, to whoever can do something."""
    user, now = staff_of(request), timezone.now()
    context: Context = {"now": now, "verdict": verdict.of_next(now, user=user)}
    if verdict.may_see(user):
        context["known"] = _known(now)
    return page(request, "safety/safe", "Is the next tip safe?", **context)


def _known(now: datetime) -> Context:
    """Return the newest backup, how many public tips lack their text, and the latest imports."""
    teasers = Count("pk", filter=Q(has_body=False))
    counts = Tip.objects.published(now).aggregate(total=Count("pk"), teasers=teasers)
    imports = ImportRun.objects.order_by("-at", "-pk")[:_MOST_IMPORTS]
    return {**vars(runs.standing(now)), **counts, "imports": imports}
