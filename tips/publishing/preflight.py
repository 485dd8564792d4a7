"""What is wrong with a tip before it is approved: a registry of checks, and those of this room.

A check takes a tip and yields Faults; an upper room adds its own with ``register`` in its
``AppConfig.ready``. A fault that stops keeps a tip from being approved; the others are shown, and left to
the editor.
"""

import ipaddress
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.urls import ResolverMatch, is_valid_path

from desk.errors import WrongState
from tips import dates, paging
from tips.models import CategorisedTip, Category, FormerSlug, Page, TaggedTip, Tip
from tips.text import contents
from tips.text.html_tokens import tokens

_log = logging.getLogger(__name__)

STOP, WARN = "stop", "warn"
LONGEST_TITLE = 70
FEWEST_WORDS = 80

# Names that no public host ends in (RFC 2606, 6761, 6762, 8375, and what home routers make up).
_PRIVATE = tuple(".localhost .local .internal .intranet .lan .home .corp .home.arpa .test .invalid".split())
# The first parts of paths of this site that are not for readers.
_OURS_ALONE = ("admin", "preview", "healthz", "readyz", "metrics")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: whether it stops, in which field it is, and what to do about it."""

    severity: str
    field: str
    sentence: str

    @property
    def stops(self) -> bool:
        return self.severity == STOP


Check = Callable[[Tip], Iterator[Fault]]
_CHECKS: list[Check] = []


def register(check: Check) -> Check:
    """Add a check, a function from a tip to Faults; usable as a decorator. Adding it twice is the same."""
    if check not in _CHECKS:
        _CHECKS.append(check)
    return check


def inspect(tip: Tip) -> list[Fault]:
    """Return the faults of a tip, those that stop it first. A public tip has none."""
    if tip.is_published:
        return []
    faults = dict.fromkeys(fault for check in _CHECKS for fault in _found(check, tip))
    return sorted(faults, key=lambda fault: not fault.stops)


def _found(check: Check, tip: Tip) -> list[Fault]:
    """Return what a check finds. That it failed is a fault too, and keeps nobody from going on."""
    try:
        # Inside a transaction, a database refuses everything after an error, but for what a savepoint undoes.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            return list(check(tip))
    except Exception:
        _log.exception("The check %s of tip %s failed.", check.__name__, tip.pk)
        sentence = (
            f"One check could not be made ({check.__name__}). Tell whoever runs the site: its log says why."
        )
        return [Fault(WARN, "body", sentence)]


def require(tip: Tip) -> None:
    """Raise WrongState where a tip has faults that stop it."""
    if sentences := [fault.sentence for fault in inspect(tip) if fault.stops]:
        raise WrongState(f"“{tip}” is not ready: {' '.join(sentences)}")


@register
def check_parts(tip: Tip) -> Iterator[Fault]:
    """Look for what is missing, and for what is longer or shorter than it should be.

    A tip without a category is in no list that readers choose by subject. A site may have no category at all.
    """
    if (length := len(tip.title)) > LONGEST_TITLE:
        sentence = f"The title has {length} characters; up to {LONGEST_TITLE} read best. Shorten it."
        yield Fault(WARN, "title", sentence)
    if not tip.body:
        yield Fault(STOP, "body", "The body is empty. Write it: an excerpt alone goes into no mail.")
    elif (number := contents.words(tip.body).total()) < FEWEST_WORDS:
        words = "1 word" if number == 1 else f"{number} words"
        sentence = f"The body has {words}, fewer than {FEWEST_WORDS}. Is it all there?"
        yield Fault(WARN, "body", sentence)
    if not tip.takeaway.strip() and not tip.undated:
        yield Fault(WARN, "takeaway", "There is no takeaway. Say in a sentence what to remember.")
    if not tip.excerpt.strip():
        yield Fault(WARN, "excerpt", "There is no excerpt. Say in short what the tip is about.")
    if not tip.categories.all() and Category.objects.exists():
        yield Fault(STOP, "in_categories", "There is no category. Tick at least one: readers choose by it.")


@register
def check_body(tip: Tip) -> Iterator[Fault]:
    """Look for pictures without words, headings that skip a level, and what readers cannot reach.

    Nothing is asked of other sites.
    """
    level = 1
    elements = ((token.tag, token.attributes) for token in tokens(tip.body) if token.tag and not token.closes)
    for tag, attributes in elements:
        stated = attributes.get("href" if tag == "a" else "src", "").strip()
        if tag == "img" and not attributes.get("alt", "").strip():
            missing = f"A picture has no alternative text ({stated or 'no address'})."
            yield Fault(STOP, "body", f"{missing} Say what it shows, for those who cannot see it.")
        if tag in ("h2", "h3", "h4"):
            if int(tag[1]) > level + 1:
                sentence = "A smaller heading stands before any larger one. Make it larger, or put one above."
                yield Fault(WARN, "body", sentence)
            level = int(tag[1])
        elif tag == "a" and not stated:
            yield Fault(STOP, "body", "A link has no address. Give it one, or make it plain text.")
        elif tag in ("a", "img") and (why := _why_unreachable(tag, stated, tip)):
            yield Fault(STOP, "body", f"The {'link to' if tag == 'a' else 'picture'} {stated} {why}")


def _why_unreachable(tag: str, stated: str, tip: Tip) -> str:
    """Return why readers cannot reach what a link or a picture states, as the rest of a sentence, or ''."""
    if stated.lower().startswith(("mailto:", "tel:")):
        return ""
    base = settings.SITE_URL + (tip.get_absolute_url() if tip.slug else "/")
    try:
        url = urlsplit(urljoin(base, stated))
        host, port = (url.hostname or "").rstrip("."), url.port
    except ValueError:
        return "is no address. Correct it."
    if _is_here(url, host, port):
        return _why_no_page(url.path or "/", tip)
    if not host or _is_private(host):
        return "leads into a private network, where readers cannot go. Make it public, or take it out."
    return "is on another site, and is not shown here. Upload it instead." if tag == "img" else ""


def _is_here(url: SplitResult, host: str, port: int | None) -> bool:
    ours = urlsplit(settings.SITE_URL)
    standard = {"http": 80, "https": 443}
    if host != (ours.hostname or "").rstrip("."):
        return False
    return (port or standard.get(url.scheme)) in {ours.port or standard[ours.scheme], *standard.values()}


def _is_private(host: str) -> bool:
    """Tell whether a host's name or number says that the public does not reach it."""
    # The first also reads the short forms that browsers understand: 127.1, 0x7f.0.0.1, 2130706433.
    with suppress(OSError, ValueError):
        return not ipaddress.ip_address(socket.inet_aton(host)).is_global
    with suppress(ValueError):
        return not ipaddress.ip_address(host).is_global
    return "." not in host or host.lower().endswith(_PRIVATE)


def _why_no_page(path: str, tip: Tip) -> str:
    """Return why readers do not get a page at a path of this site, as the rest of a sentence, or ''."""
    private = "leads to a part of this site that is not for readers. Take it out."
    dead = "leads to no page of this site. Correct it, or take it out."
    room = path.strip("/").split("/")[0]
    # A picture of a tip that is not public yet is shown to nobody else; its own view sees to that.
    if room in (*_OURS_ALONE, "media"):
        return "" if room == "media" else private
    match = is_valid_path(path) or is_valid_path(f"{path}/")
    if not match:
        return "" if path.startswith(settings.STATIC_URL) else dead
    if match.view_name == "tips:page":
        return "" if Page.leads_to_one(f"/{match.kwargs['path']}/") else dead
    if match.view_name in ("tips:detail", "tips:embed", "tips:card"):
        return "" if _will_be_public(match.kwargs["slug"], tip) else dead
    if "token" in match.kwargs:
        return private
    return "" if match.namespace != "tips" or _has_tips(match) else dead


def _has_tips(match: ResolverMatch) -> bool:
    """Tell whether readers find something by a URL of ours: a list, or its page, needs published tips.

    Whatever is not a list is there always. No view is asked: it would need a reader's request.
    """
    stated, kind = match.kwargs, (match.url_name or "").split("_")[0]
    slug = stated.get("slug") or stated.get(kind)
    if kind == "category":
        total = CategorisedTip.objects.published().filter(category__slug=slug).count()
    elif kind == "tag":
        former = FormerSlug.objects.filter(slug=slug, tag__isnull=False).values("tag")
        total = TaggedTip.objects.published().filter(Q(tag__slug=slug) | Q(tag__in=former)).count()
    elif kind in ("year", "month"):
        try:
            year, month = stated["year"], stated.get("month")
            first, following = dates.month(year, month) if month else dates.year(year)
        except (ValueError, OverflowError):
            return False
        total = Tip.objects.published().filter(publish_at__gte=first, publish_at__lt=following).count()
    elif "page" in stated:
        return stated["page"] <= paging.last_page(Tip.objects.published().count())
    else:
        return True
    return total > 0 and stated.get("page", 1) <= paging.last_page(total)


def _will_be_public(slug: str, tip: Tip) -> bool:
    """Tell whether readers find a tip by a slug on the day when this tip is public."""
    known = Q(slug=slug) | Q(former_slugs__slug=slug)
    return slug == tip.slug or Tip.objects.published(at=tip.publish_at).filter(known).exists()
