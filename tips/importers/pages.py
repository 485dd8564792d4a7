"""Text archive pages: one page's text to the posts on it. The form is described in docs/importing.md."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple

from desk.files import UnusableFileError
from desk.terminal import Progress, no_progress
from tips.importers import files
from tips.importers.page_lines import StatedDay, is_almost_posted, is_footer, posted, split_day
from tips.importers.records import LONGEST_TITLE, TIP_OF_THE_WEEK, Archive, LineWarning, Post, Refusal
from tips.publishing.tagging import key
from tips.text import markup

LONGEST_NAME = 100

_READ_MORE = "Read more"
_LONGEST_FIRST_LINE = 1000
_PAGE_PART = re.compile(r"(?:(?P<name>.+) )?\| .+ [-–—] Page [0-9]+", re.IGNORECASE)


@dataclass
class Page:
    """What stands on one page. ``name`` is the archive's, from line number ``line``."""

    name: str = ""
    line: int = 1
    posts: list[Post] = field(default_factory=list)
    warnings: list[LineWarning] = field(default_factory=list)


def read(paths: Iterable[str | os.PathLike[str]], progress: Progress = no_progress) -> Archive:
    """Return the Archive that some files and folders hold.

    Files that cannot be read are among its refusals.
    """
    names, refused = files.find(paths)
    archive = Archive(refused=refused)
    strips: list[tuple[str, Page]] = []
    for name in progress(names, desc="Reading", unit="file"):
        try:
            text, warnings = files.read(name)
            page = parse(text, name)
            if not page.posts:
                raise UnusableFileError("The page holds no tips.")
        except UnusableFileError as error:
            refused.append(Refusal(name, str(error)))
            continue
        archive.files += 1
        archive.posts += page.posts
        archive.warnings += warnings + page.warnings
        if not any(post.full for post in page.posts):
            strips.append((name, page))
    # Nothing on a page with a strip alone tells a category's archive from a tag's.
    stated = {key(category) for post in archive.posts for category in post.categories}
    for name, page in strips:
        kind = "a category's" if key(page.name) in stated else "a tag's"
        message = f"The page has a strip alone; by the other pages it is {kind} archive."
        archive.warnings.append(LineWarning(name, page.line, message))
    return archive


def parse(text: str, file: str) -> Page:
    """Return the Page that a text is. ``text`` has its lines ended by "\\n"; ``file`` names it in warnings.

    A page without posts is no page of an archive; the caller must say so.
    """
    return _PageReader(text.split("\n"), file).read()


class _Header(NamedTuple):
    """A post's "Posted on" line and the title above it, by their positions among the lines."""

    posted: int
    title: int | None
    day: StatedDay | None
    categories: tuple[str, ...]

    @property
    def begin(self) -> int:
        return self.posted if self.title is None else self.title


class _PageReader:
    """Reads one page. Positions are indexes of ``lines``, counted from 0."""

    def __init__(self, lines: list[str], file: str) -> None:
        self.lines = lines
        self.file = file
        self.page = Page()

    def read(self) -> Page:
        first = next((n for n, line in enumerate(self.lines) if not markup.is_blank(line)), None)
        if first is None:
            return self.page
        headers = list(self.headers())
        begins = [header.begin for header in headers] + [len(self.lines)]
        if first == begins[0] or split_day(self.line(first))[1]:
            self.warn(first, "This is a tip's title, not the archive's name: no tag is taken from this page.")
            self.strip(first, begins[0])
        else:
            self.page.line = first + 1
            self.page.name = self.name(first)
            self.strip(first + 1, begins[0])
        # The page gives its name as a tag to its full posts, unless it is the archive of a category.
        titled = (header for header in headers if header.title is not None)
        stated = {key(name) for header in titled for name in header.categories}
        name = self.page.name
        tags = (name,) if name and key(name) not in stated else ()
        for header, end in zip(headers, begins[1:], strict=True):
            self.full(header, end, tags)
        return self.page

    def warn(self, position: int, message: str) -> None:
        self.page.warnings.append(LineWarning(self.file, position + 1, message))

    def line(self, position: int) -> str:
        return markup.one_line(self.lines[position])

    def cut(self, text: str, longest: int, position: int, noun: str) -> str:
        if len(text) <= longest:
            return text
        self.warn(position, f"{noun} is longer than {longest} characters and was cut: “{text[:60]}…”")
        return text[:longest].rstrip()

    def name(self, position: int) -> str:
        """Return the archive's name, from the first line."""
        line = self.line(position)
        match = _PAGE_PART.fullmatch(line) if len(line) <= _LONGEST_FIRST_LINE else None
        if match:
            line = match["name"] or ""
        elif " | " in line:
            line, site = line.rsplit(" | ", 1)
            self.warn(position, f"Took “{line}” as the archive's name and “{site}” as the site's.")
        if not line:
            self.warn(position, "The archive's name is missing: no tag is taken from this page.")
        return self.cut(line, LONGEST_NAME, position, "The archive's name")

    # The strip

    def strip(self, begin: int, end: int) -> None:
        """Read the teasers between the archive's name and the first full post."""
        entries: list[tuple[int, list[str]]] = []
        is_open = False
        for position, block in self.blocks(begin, end):
            ends = block[-1].endswith(_READ_MORE)
            if is_open and not split_day(block[0])[1] and (ends or split_day(entries[-1][1][0])[1]):
                entries[-1][1].extend(block)
            else:
                entries.append((position, block))
            is_open = not ends
        for position, (title, *excerpt) in entries:
            self.teaser(position, title, " ".join(excerpt))

    def blocks(self, begin: int, end: int) -> Iterator[tuple[int, list[str]]]:
        """Yield (position, lines) of each run of lines that are not blank, navigation left out."""

        def has_text(position: int) -> bool:
            return not (markup.is_blank(self.lines[position]) or is_footer(self.lines[position]))

        for is_block, run in groupby(range(begin, end), has_text):
            if is_block:
                positions = list(run)
                yield positions[0], list(map(self.line, positions))

    def teaser(self, position: int, line: str, excerpt: str) -> None:
        title, stated = split_day(line)
        if not excerpt or not (stated or excerpt.endswith(_READ_MORE)):
            self.warn(position, f"This belongs to no tip and was left out: “{line[:60]}”")
            return
        if not excerpt.endswith(_READ_MORE):
            self.warn(position, "The excerpt under this title does not end in “Read more”; it was kept.")
        if not stated:
            self.warn(position, f"This entry of the strip has no date and was kept as undated: “{line[:60]}”")
        text = excerpt.removesuffix(_READ_MORE).rstrip()
        self.add(Post(title, self.file, position + 1, excerpt=text), stated, position)

    # Full posts

    def headers(self) -> Iterator[_Header]:
        """Yield the header of each full post, in order."""
        above: int | None = None
        last: int | None = None
        for position, line in enumerate(self.lines):
            if markup.is_blank(line):
                continue
            header = posted(line)
            if header and last is not None and above == last:
                self.warn(position, "This “Posted on” line follows another one and was kept as text.")
            elif header:
                title = None if above is None or is_footer(self.lines[above]) else above
                # The strip's last entry is no title.
                if title is not None and last is None and self.line(title).endswith(_READ_MORE):
                    title = None
                last = position
                names = [self.cut(name, LONGEST_NAME, position, "A category") for name in header.categories]
                yield _Header(position, title, header.day, tuple(names))
            elif is_almost_posted(line):
                self.warn(position, "This “Posted on” line has an unknown form and was kept as text.")
            above = position

    def full(self, header: _Header, end: int, tags: tuple[str, ...]) -> None:
        """Read the post between its header and the next one's title."""
        if header.title is None:
            self.warn(
                header.posted,
                "There is no title above this “Posted on” line: the text below it belongs to no tip and was"
                " left out.",
            )
            return
        line = self.line(header.title)
        title, stated = split_day(line)
        text, takeaway = _split_takeaway(self.lines[header.posted + 1 : end], header.categories)
        body = markup.from_text(text)
        if not body:
            self.warn(header.title, f"There is no text below this title: “{line[:60]}”")
        post = Post(
            title,
            self.file,
            header.title + 1,
            full=True,
            body=body,
            takeaway=takeaway,
            categories=header.categories,
            tags=tags,
        )
        self.add(post, stated or header.day, header.title if stated else header.posted)

    def add(self, post: Post, stated: StatedDay | None, stated_at: int) -> None:
        """Add a post to the page, with its date, which stands in the line at ``stated_at``."""
        title_at = post.line - 1
        if stated and not stated.day:
            message = "There is no such date; the tip was kept as an undated draft"
            self.warn(stated_at, f"{message}: “{self.line(title_at)[:230]}”")
        self.cut(post.title, LONGEST_TITLE, title_at, "The title")
        if stated:
            post = replace(post, day=stated.day, impossible=not stated.day)
        self.page.posts.append(post)


def _split_takeaway(lines: list[str], categories: tuple[str, ...]) -> tuple[str, str]:
    """Return (text, takeaway) of a full post's lines; the footer is in neither.

    The takeaway is the last paragraph before the footer in a tip of the week. Promotions behind it stay in
    the text, and so does a paragraph that would leave nothing else there.
    """
    footers = [position for position, line in enumerate(lines) if is_footer(line)]
    if not footers:
        return "\n".join(lines), ""
    before = [line for line in lines[: footers[-1]] if not is_footer(line)]
    paragraphs = markup.paragraphs("\n".join(before))
    last = len(paragraphs) - 1
    while last >= 0 and markup.is_promotion(_joined(paragraphs[last])):
        last -= 1
    takeaway = ""
    is_of_the_week = key(TIP_OF_THE_WEEK) in map(key, categories)
    if is_of_the_week and last > 0 and not any(map(markup.is_item, paragraphs[last])):
        takeaway = _joined(paragraphs.pop(last))
    after = "\n".join(lines[footers[-1] + 1 :])
    return "\n\n".join([*map("\n".join, paragraphs), after]), takeaway


def _joined(block: list[str]) -> str:
    return markup.one_line(" ".join(block))
