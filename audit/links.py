"""Follow every internal link of a site, from home, the sitemap and robots.txt on, and name the dead ones.

A link is whatever a page, a feed or the sitemap names on the site's own host: in text, in the head, as a
picture, a style or a form that asks; and each choice of a filter. A link is dead where its page is not
served, or has no element of the id that the link names.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit
from xml.etree import ElementTree

# Where a link stands, by element and attribute.
_LINKS = {
    ("a", "href"),
    ("area", "href"),
    ("form", "action"),
    ("iframe", "src"),
    ("img", "src"),
    ("link", "href"),
    ("script", "src"),
    ("source", "src"),
}
_META_LINKS = {"og:url", "og:image", "twitter:image"}
# What each choice of a filter promises, by the name of its field: a list that is not empty.
_FILTERS = {"year": "/{}/", "category": "/category/{}/", "tag": "/tag/{}/"}
_STARTS = ("/", "/sitemap.xml", "/robots.txt", "/search/")
_MOST_MOVES = 5


@dataclass(frozen=True)
class Answer:
    """What a request came to; ``location`` is where a redirect leads."""

    status: int
    kind: str = ""
    content: bytes = b""
    location: str = ""


@dataclass(frozen=True, order=True)
class DeadLink:
    """A link that leads nowhere: the page where it stands, the link as it stands there, and why."""

    page: str
    link: str
    reason: str


@dataclass
class Crawl:
    """What following all links came to: the pages that were read, how many links they have, the dead ones."""

    pages: list[str] = field(default_factory=list)
    links: int = 0
    dead: list[DeadLink] = field(default_factory=list)


class _Html(HTMLParser):
    """Collects the links and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = {"top"}
        self._filter = ""
        # Whether the text to come is the value of a choice.
        self._choice_follows = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.ids.update(attributes[name] for name in ("id", "name") if name in attributes)
        if tag == "meta" and attributes.get("property", attributes.get("name")) in _META_LINKS:
            self.links.append(attributes.get("content", ""))
        # A form that posts is no link: to follow it would be to press its button.
        if tag == "form" and attributes.get("method", "get").lower() != "get":
            return
        self.links += [value for name, value in attributes.items() if (tag, name) in _LINKS]
        if tag == "select":
            self._filter = _FILTERS.get(attributes.get("name", ""), "")
        elif tag == "option" and self._filter and attributes.get("value") != "":
            if "value" in attributes:
                self.links.append(self._filter.format(attributes["value"]))
            else:
                self._choice_follows = True

    def handle_data(self, data: str) -> None:
        if self._choice_follows:
            self.links.append(self._filter.format(data.strip()))
            self._choice_follows = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._filter = ""


def crawl(ask: Callable[[str], Answer], hosts: Iterable[str], starts: Iterable[str] = ()) -> Crawl:
    """Follow all links of a site, each page asked for once.

    ``ask`` takes a path with its query; ``hosts`` are the names, with their ports, under which links mean
    this site; ``starts`` are paths to begin with besides those that every site has.
    """
    own = {"", *hosts}
    result = Crawl()
    queue = deque([*_STARTS, *starts])
    seen = set(queue)
    # Of each page that was read: its ids, and what names it (page, link, id).
    ids: dict[str, set[str]] = {}
    named: dict[str, list[tuple[str, str, str]]] = {path: [("(start)", path, "")] for path in queue}
    reasons: dict[str, str] = {}
    while queue:
        path = queue.popleft()
        answer, final = _settled(ask, path, own)
        if answer.status != 200:
            reasons[path] = str(answer.status)
            continue
        result.pages.append(path)
        links, ids[path] = _read(answer)
        for link in links:
            target, fragment = urldefrag(urljoin(final, link.strip()))
            parts = urlsplit(target)
            if parts.scheme not in ("", "http", "https") or parts.netloc not in own:
                continue
            result.links += 1
            there = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            named.setdefault(there, []).append((path, link, fragment))
            if there not in seen:
                seen.add(there)
                queue.append(there)
    for there, places in named.items():
        for page, link, fragment in places:
            if there in reasons:
                result.dead.append(DeadLink(page, link, reasons[there]))
            elif fragment and fragment not in ids[there]:
                result.dead.append(DeadLink(page, link, f"no element has the id {fragment}"))
    result.dead = sorted(set(result.dead))
    return result


def _settled(ask: Callable[[str], Answer], path: str, own: set[str]) -> tuple[Answer, str]:
    """Return (answer, path) of where a path leads in the end, within the site."""
    answer = ask(path)
    for _ in range(_MOST_MOVES):
        if answer.status not in (301, 302, 303, 307, 308):
            break
        parts = urlsplit(urljoin(path, answer.location))
        if parts.netloc not in own:
            return Answer(200), path
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        answer = ask(path)
    return answer, path


def _read(answer: Answer) -> tuple[list[str], set[str]]:
    """Return (links, ids) of whatever kind of page."""
    kind = answer.kind.split(";")[0].strip()
    if kind == "text/html":
        return _of_html(answer.content.decode())
    if kind == "text/plain":
        return re.findall(r"^Sitemap: *(\S+)", answer.content.decode(), re.MULTILINE), set()
    if kind.endswith("json"):
        return _of_json(json.loads(answer.content)), set()
    if kind.endswith("xml") and kind != "image/svg+xml":
        return _of_xml(answer.content), set()
    return [], set()


def _of_html(source: str) -> tuple[list[str], set[str]]:
    page = _Html()
    page.feed(source)
    page.close()
    return page.links, page.ids


def _of_json(value: object) -> list[str]:
    """Return the links of a JSON Feed: in members that end in "url", and in the HTML of its entries."""
    if isinstance(value, list):
        return [link for each in value for link in _of_json(each)]
    links: list[str] = []
    for name, each in value.items() if isinstance(value, dict) else ():
        if not isinstance(each, str):
            links += _of_json(each)
        elif name.endswith("url"):
            links.append(each)
        elif name == "content_html":
            links += _of_html(each)[0]
    return links


def _of_xml(content: bytes) -> list[str]:
    """Return the links of RSS, Atom and sitemaps, and those in the HTML of a feed's entries."""
    links: list[str] = []
    for element in ElementTree.fromstring(content).iter():  # noqa: S314  the site's own
        name, text = element.tag.rpartition("}")[2], (element.text or "").strip()
        if name == "link":
            links.append(element.get("href") or text)
        elif name == "loc":
            links.append(text)
        elif name in ("content", "encoded"):
            links += _of_html(text)[0]
    return links
