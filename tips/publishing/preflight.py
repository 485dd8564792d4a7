"""What is wrong with a tip before it is approved: a registry of checks, and those of this room.

A check takes a tip and yields Faults; an upper room adds its own with ``register`` in its
``AppConfig.ready``. A fault that stops keeps a tip from being approved; the others are shown, and left to
the editor.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db.models import Q
from django.urls import Resolver404, resolve

from desk.errors import Refused
from tips import dates, paging
from tips.models import CategorisedTip, FormerSlug, TaggedTip, Tip
from tips.text import markup

STOP, WARN = "stop", "warn"
LONGEST_TITLE = 70
FEWEST_WORDS = 80

_CHECKS = []
_TAG = re.compile(r"""<(?P<tag>a|img|h2|h3)\b(?P<rest>[^>"]*(?:"[^"]*"[^>"]*)*)>""")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
# Names that no public address ends in (RFC 2606, 6761, 6762, 8375, and what home routers make up).
_PRIVATE_ENDINGS = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "home.arpa",
    "test",
    "invalid",
)
_OURS_ALONE = ("admin", "preview", "healthz", "readyz", "metrics")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: whether it stops, in which field it is, and what to do about it."""

    severity: str
    field: str
    sentence: str

    @property
    def stops(self):
        return self.severity == STOP


class Unready(Refused, ValueError):
    """The tip has faults that stop it; ``faults`` are they."""

    def __init__(self, tip, faults):
        self.faults = faults
        super().__init__(f"“{tip}” is not ready: " + " ".join(fault.sentence for fault in faults))


def register(check):
    """Add a check, a function from a tip to Faults; usable as a decorator. Adding it twice is the same."""
    if check not in _CHECKS:
        _CHECKS.append(check)
    return check


def inspect(tip):
    """Return the faults of a tip, those that stop it first. One that is public is asked nothing."""
    if tip.is_published:
        return []
    faults = [fault for check in _CHECKS for fault in check(tip)]
    return sorted(dict.fromkeys(faults), key=lambda fault: not fault.stops)


def require(tip):
    """Raise Unready where a tip has faults that stop it."""
    faults = [fault for fault in inspect(tip) if fault.stops]
    if faults:
        raise Unready(tip, faults)


@register
def check_texts(tip):
    """Look for what is missing, and for what is longer or shorter than it should be."""
    if len(tip.title) > LONGEST_TITLE:
        yield Fault(
            WARN,
            "title",
            f"The title has {len(tip.title)} characters; up to {LONGEST_TITLE} read best. Shorten it.",
        )
    if not tip.body:
        yield Fault(STOP, "body", "The full text is missing: this is still a teaser. Write its body.")
    else:
        number = markup.count_words(tip.body)
        if number < FEWEST_WORDS:
            yield Fault(
                WARN,
                "body",
                f"The body has {number} words, fewer than {FEWEST_WORDS}. Is it all there?",
            )
    if not tip.takeaway.strip() and not tip.undated:
        yield Fault(WARN, "takeaway", "There is no takeaway. Say in a sentence what to remember.")
    if not tip.excerpt.strip():
        yield Fault(WARN, "excerpt", "There is no excerpt. Say in short what the tip is about.")


@register
def check_category(tip):
    """A tip without a category is in no list that readers choose by subject."""
    if not tip.categories.all():
        yield Fault(STOP, "in_categories", "There is no category. Tick at least one: readers choose by it.")


@register
def check_structure(tip):
    """Look for pictures without words and for headings that skip a level."""
    level = 1
    for tag, attributes in _elements(tip.body):
        if tag == "img":
            if not attributes.get("alt", "").strip():
                yield Fault(
                    STOP,
                    "body",
                    f"A picture has no alternative text ({attributes.get('src', 'no address')}). Say what it"
                    f" shows, for those who cannot see it.",
                )
        elif tag in ("h2", "h3"):
            if int(tag[1]) > level + 1:
                yield Fault(
                    WARN,
                    "body",
                    "A smaller heading stands before any larger one. Make it larger, or put one above.",
                )
            level = int(tag[1])


@register
def check_links(tip):
    """Look for addresses that readers cannot reach. Nothing is asked of other sites."""
    base = settings.SITE_URL + (tip.get_absolute_url() if tip.slug else "/")
    for tag, attributes in _elements(tip.body):
        stated = attributes.get("href" if tag == "a" else "src" if tag == "img" else "", "").strip()
        if tag not in ("a", "img") or stated.lower().startswith("mailto:"):
            continue
        what = "link" if tag == "a" else "picture"
        if tag == "a" and not stated:
            yield Fault(STOP, "body", "A link has no address. Give it one, or make it plain text.")
            continue
        try:
            address = urlsplit(urljoin(base, stated))
            host, port = (address.hostname or "").rstrip("."), address.port
        except ValueError:
            yield Fault(STOP, "body", f"The {what} to {stated} is no address. Correct it.")
            continue
        if _is_here(address, host, port):
            if why := _unreachable(address.path or "/", tip):
                yield Fault(STOP, "body", f"The {what} to {stated} {why}")
        elif not host or _is_private(host):
            yield Fault(
                STOP,
                "body",
                f"The {what} to {stated} leads into a private network, where readers cannot go. Give its"
                f" public address, or take it out.",
            )
        elif tag == "img":
            yield Fault(
                STOP,
                "body",
                f"The picture {stated} is on another site, and is not shown here. Upload it instead.",
            )


def _elements(source):
    """Yield (tag, attributes) of the links, pictures and headings of clean HTML."""
    for match in _TAG.finditer(source):
        yield match["tag"], {name: unescape(value) for name, value in _ATTRIBUTE.findall(match["rest"])}


def _is_here(address, host, port):
    ours = urlsplit(settings.SITE_URL)
    standard = {"http": 80, "https": 443}
    if host != (ours.hostname or "").rstrip("."):
        return False
    return (port or standard.get(address.scheme)) in {ours.port or standard[ours.scheme], *standard.values()}


def _is_private(host):
    """Tell whether a host's name or number says that the public does not reach it."""
    try:
        # Also the short forms that browsers understand: 127.1, 0x7f.0.0.1, 2130706433.
        return not ipaddress.ip_address(socket.inet_aton(host)).is_global
    except (OSError, ValueError):
        pass
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    last = host.lower()
    return "." not in last or any(last.endswith(f".{each}") for each in _PRIVATE_ENDINGS)


def _unreachable(path, tip):
    """Return why readers do not get a page at a path of this site, as the rest of a sentence, or ''."""
    private = "leads to a part of this site that is not for readers. Take it out."
    dead = "leads to no page of this site. Correct it, or take it out."
    room = path.strip("/").split("/")[0]
    if room in _OURS_ALONE:
        return private
    if room == "media":
        # A picture of a tip that is not public yet is shown to nobody else; its own room sees to that.
        return ""
    try:
        match = resolve(path)
    except Resolver404:
        try:
            match = resolve(f"{path}/")
        except Resolver404:
            return "" if path.startswith(settings.STATIC_URL) else dead
    if match.view_name == "tips:detail":
        return "" if _will_be_public(match.kwargs["slug"], tip) else dead
    if "token" in match.kwargs:
        return private
    return "" if match.namespace != "tips" or _has_tips(match) else dead


def _has_tips(match):
    """Tell whether readers find something by an address of ours: a list, or its page, needs published tips.

    Whatever is not a list is there always. No view is asked: it would need a reader's request.
    """
    asked, kind = match.kwargs, match.url_name.split("_")[0]
    may_be_empty = False
    if kind == "category":
        slug = asked.get("slug") or asked.get("category")
        listed = CategorisedTip.objects.published().filter(category__slug=slug)
    elif kind == "tag":
        slug = asked.get("slug") or asked.get("tag")
        former = FormerSlug.objects.filter(slug=slug, tag__isnull=False).values("tag")
        listed = TaggedTip.objects.published().filter(Q(tag__slug=slug) | Q(tag__in=former))
    elif kind in ("year", "month"):
        try:
            span = dates.month if kind == "month" else dates.year
            first, following = span(*(asked[name] for name in ("year", "month") if name in asked))
        except (ValueError, OverflowError):
            return False
        listed = Tip.objects.published().filter(publish_at__gte=first, publish_at__lt=following)
    elif "page" in asked:
        listed, may_be_empty = Tip.objects.published(), True
    else:
        return True
    total = listed.count()
    return (total > 0 or may_be_empty) and asked.get("page", 1) <= paging.last_page(total)


def _will_be_public(slug, tip):
    """Tell whether readers find a tip by an address of it on the day when this tip is public."""
    if slug == tip.slug:
        return True
    public = Tip.objects.published(at=tip.publish_at)
    former = FormerSlug.objects.filter(slug=slug, tip__isnull=False).values("tip")
    return public.filter(slug=slug).exists() or public.filter(pk__in=former).exists()
