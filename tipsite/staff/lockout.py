"""The lock after wrong passwords and codes, counted by account and network together.

Never by the account alone, or a stranger could lock a colleague out from afar; never by the network alone, or
one person's slips would lock the office out. Settings that begin with AXES name the functions here.
"""

from datetime import datetime, timedelta
from math import ceil
from operator import attrgetter

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from desk.admin_site import policy
from desk.pages import page
from shield import clocks, request_origin
from tips.text import folding
from tipsite.staff import authentication

NAME_LENGTH = 150
Credentials = dict[str, str] | None


def network(request: HttpRequest) -> str | None:
    """Return the network of a request as one address, as axes stores it: the first of an IPv6 /48, or None.

    Judged as everywhere, by TRUSTED_PROXIES. Whoever has one IPv6 line may have all networks of a /48, and
    would have five tries from each.
    """
    narrowest, *wider = request_origin.networks(request)
    address = (wider[-1] if ":" in narrowest else narrowest).partition("/")[0]
    return None if address == "unknown" else address


def name(request: HttpRequest, credentials: Credentials) -> str | None:
    """Return what the tries of somebody are counted by, cut to what the table holds, or None.

    The tries for one account count together, however its name or its address is written; those for nobody's
    count by what was typed, however that is written.
    """
    given = (credentials or {}).get("username") or request.POST.get("username")
    if not given:
        return None
    known: dict[str, str] = vars(request).setdefault("_counted_by", {})
    if given not in known:
        known[given] = authentication.name_of_account(given) or folding.key(given)
    return known[given].replace("\0", "")[:NAME_LENGTH]


def is_locked(request: HttpRequest, credentials: Credentials) -> bool:
    """Tell whether a name is locked out on the network of this request."""
    return not AxesProxyHandler.is_allowed(request, credentials)


def count_wrong_code(request: HttpRequest, credentials: Credentials) -> bool:
    """Count a wrong code as a wrong password is counted; tell whether the pair is locked by now."""
    user_login_failed.send(__name__, credentials=credentials, request=request)
    return attrgetter("axes_locked_out")(request)


def forget(request: HttpRequest, person: User) -> None:
    """Lift the lock of a person who proved by mail who they are, on the network of this request."""
    AccessAttempt.objects.filter(username=person.get_username(), ip_address=network(request)).delete()


def forget_wrong_clock(now: datetime) -> int:
    """Lift the locks that a clock began which was set back since; return how many attempts are forgotten.

    Run each minute: they would last longer than AXES_COOLOFF_TIME, by as much as the clock was wrong.
    """
    return AccessAttempt.objects.filter(attempt_time__gt=clocks.latest_credible(now)).delete()[0]


def minutes_left(request: HttpRequest, credentials: Credentials) -> int:
    """Return how many minutes a name on the network of this request has to wait, one at least."""
    attempts = AccessAttempt.objects.filter(username=name(request, credentials), ip_address=network(request))
    last = attempts.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    left = last + settings.AXES_COOLOFF_TIME - timezone.now() if last else timedelta()
    return max(1, ceil(left / timedelta(minutes=1)))


def wait_in_words(request: HttpRequest, credentials: Credentials) -> str:
    """Say how long a name on the network of this request has to wait."""
    minutes = minutes_left(request, credentials)
    many = f"please try again in {minutes} minute{'' if minutes == 1 else 's'}."
    return f"There were too many wrong tries for this name from your network; {many}"


def answer(request: HttpRequest, response: object, credentials: Credentials) -> HttpResponseBase:
    """Answer whoever is locked out, with one sentence that says when to try again."""
    title, sentence = "Please wait a little", wait_in_words(request, credentials)
    view = policy(lambda asked: page(asked, "staff/locked", title, 429, sentence=sentence).render())
    answer = view(request)
    answer["Retry-After"] = str(minutes_left(request, credentials) * 60)
    return answer
