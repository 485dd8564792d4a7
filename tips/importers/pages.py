"""Text archive pages: one page's text to the posts on it. The form is described in docs/importing.md."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from desk.files import UnusableFileError
from desk.terminal import Progress, no_progress
from tips.importers import page_files
from tips.importers.page_lines import StatedDay, is_almost_posted, is_footer, posted, split_day
from tips.importers.records import LONGEST_TITLE, TIP_OF_THE_WEEK, Archive, LineWarning, Post, Refusal
from tips.text import folding, list_lines, plain_to_html, promotions

LONGEST_NAME = 100

_READ_MORE = "Read more"
_LONGEST_FIRST_LINE = 1000
_PAGE_PART = re.compile(r"(?:(?P<name>.+) )?\| .+ [-–—] Page [0-9]+", re.IGNORECASE)


def read(paths: Iterable[str | os.PathLike[str]], progress: Progress = no_progress) -> Archive:
    """Return the Archive that some files and folders hold.

    Files that cannot be read are among its refusals.
    """
    names, refused = page_files.find(paths)
    archive = Archive(refused=refused)
    strips: list[Page] = []
    for name in progress(names, desc="Reading", unit="file"):
        try:
            text, warnings = page_files.read(name)
            page = Page(text, name)
            if not page.posts:
                raise UnusableFileError("The page holds no tips.")
        except UnusableFileError as error:
            refused.append(Refusal(name, str(error)))
            continue
        archive.files += 1
        archive.posts += page.posts
        archive.warnings += warnings + page.warnings
        if not any(post.full for post in page.posts):
            strips.append(page)
    # Nothing on a page with a strip alone tells a category's archive from a tag's.
    stated = {folding.column_key(category) for post in archive.posts for category in post.categories}
    for page in strips:
        kind = "a category's" if folding.column_key(page.name) in stated else "a tag's"
        message = f"The page has a strip alone; by the other pages it is {kind} archive."
        archive.warnings.append(LineWarning(page.file, page.name_line, message))
    return archive


class _Header(NamedTuple):
    """A post's "Posted on" line and the title above it, by their positions among the lines."""

    posted: int
    title: int | None
    day: StatedDay | None
    categories: tuple[str, ...]


class Page:
    """What stands on one page: its ``posts``, and the archive's ``name``, from line number ``name_line``.

    ``text`` has its lines ended by "\\n"; ``file`` names it in warnings. A page without posts is no page of
    an archive; the caller must say so. Positions are indexes of ``lines``, counted from 0.
    """

    def __init__(self, text: str, file: str) -> None:
        self.lines, self.file = text.split("\n"), file
        self.name, self.name_line = "", 1
        self.posts: list[Post] = []
        self.warnings: list[LineWarning] = []
        first = next((n for n, line in enumerate(self.lines) if not plain_to_html.is_blank(line)), None)
        if first is not None:
            self._read(first)

    def _read(self, first: int) -> None:
        """Read the page, whose first line that is not blank is ``first``."""
        headers = list(self._headers())
        begins = [header.posted if header.title is None else header.title for header in headers]
        begins.append(len(self.lines))
        if first == begins[0] or split_day(self._line(first))[1]:
            self._warn(
                first, "This is a tip's title, not the archive's name: no tag is taken from this page."
            )
        else:
            self.name, self.name_line = self._archive_name(first), first + 1
            first += 1
        self._read_strip(first, begins[0])
        # The page gives its name as a tag to its full posts, unless it is the archive of a category.
        stated = {
            folding.column_key(name)
            for header in headers
            if header.title is not None
            for name in header.categories
        }
        tags = (self.name,) if self.name and folding.column_key(self.name) not in stated else ()
        for header, end in zip(headers, begins[1:], strict=True):
            self._read_full(header, end, tags)

    def _warn(self, position: int, message: str) -> None:
        self.warnings.append(LineWarning(self.file, position + 1, message))

    def _line(self, position: int) -> str:
        return folding.visible(self.lines[position])

    def _cut(self, text: str, longest: int, position: int, noun: str) -> str:
        if len(text) <= longest:
            return text
        self._warn(position, f"{noun} is longer than {longest} characters and was cut: “{text[:60]}…”")
        return text[:longest].rstrip()

    def _archive_name(self, position: int) -> str:
        """Return the archive's name, from the first line."""
        line = self._line(position)
        if len(line) <= _LONGEST_FIRST_LINE and (match := _PAGE_PART.fullmatch(line)):
            line = match["name"] or ""
        elif " | " in line:
            line, site = line.rsplit(" | ", 1)
            self._warn(position, f"Took “{line}” as the archive's name and “{site}” as the site's.")
        if not line:
            self._warn(position, "The archive's name is missing: no tag is taken from this page.")
        return self._cut(line, LONGEST_NAME, position, "The archive's name")

    # The strip

    def _read_strip(self, begin: int, end: int) -> None:
        """Read the teasers between the archive's name and the first full post."""
        entries: list[tuple[int, list[str]]] = []
        is_open = False
        for position, block in self._blocks(begin, end):
            ends = block[-1].endswith(_READ_MORE)
            if is_open and not split_day(block[0])[1] and (ends or split_day(entries[-1][1][0])[1]):
                entries[-1][1].extend(block)
            else:
                entries.append((position, block))
            is_open = not ends
        for position, (title, *excerpt) in entries:
            self._read_teaser(position, title, " ".join(excerpt))

    def _blocks(self, begin: int, end: int) -> Iterator[tuple[int, list[str]]]:
        """Yield (position, lines) of each run of lines that are not blank, navigation left out."""

        def is_left_out(position: int) -> bool:
            return plain_to_html.is_blank(self.lines[position]) or is_footer(self.lines[position])

        for is_gap, run in groupby(range(begin, end), is_left_out):
            if not is_gap:
                positions = list(run)
                yield positions[0], list(map(self._line, positions))

    def _read_teaser(self, position: int, line: str, excerpt: str) -> None:
        title, stated = split_day(line)
        text = excerpt.removesuffix(_READ_MORE)
        if not excerpt or (not stated and text == excerpt):
            self._warn(position, f"This belongs to no tip and was left out: “{line[:60]}”")
            return
        if text == excerpt:
            self._warn(position, "The excerpt under this title does not end in “Read more”; it was kept.")
        if not stated:
            self._warn(
                position, f"This entry of the strip has no date and was kept as undated: “{line[:60]}”"
            )
        self._add(Post(title, self.file, position + 1, excerpt=text.rstrip()), stated, position)

    # Full posts

    def _headers(self) -> Iterator[_Header]:
        """Yield the header of each full post, in order."""
        above: int | None = None
        last: int | None = None
        for position, line in enumerate(self.lines):
            if plain_to_html.is_blank(line):
                continue
            header = posted(line)
            if header and last is not None and above == last:
                self._warn(position, "This “Posted on” line follows another one and was kept as text.")
            elif header:
                title = None if above is None or is_footer(self.lines[above]) else above
                # The strip's last entry is no title.
                if title is not None and last is None and self._line(title).endswith(_READ_MORE):
                    title = None
                last = position
                day, categories = header
                names = [self._cut(name, LONGEST_NAME, position, "A category") for name in categories]
                yield _Header(position, title, day, tuple(names))
            elif is_almost_posted(line):
                self._warn(position, "This “Posted on” line has an unknown form and was kept as text.")
            above = position

    def _read_full(self, header: _Header, end: int, tags: tuple[str, ...]) -> None:
        """Read the post between its header and the next one's title."""
        if header.title is None:
            self._warn(header.posted, "No title above it: the text below belongs to no tip and was left out.")
            return
        line = self._line(header.title)
        title, stated = split_day(line)
        text, takeaway = _split_takeaway(self.lines[header.posted + 1 : end], header.categories)
        body = plain_to_html.from_text(text)
        if not body:
            self._warn(header.title, f"There is no text below this title: “{line[:60]}”")
        post = Post(title, self.file, header.title + 1, full=True, body=body, takeaway=takeaway)
        post = replace(post, categories=header.categories, tags=tags)
        self._add(post, stated or header.day, header.title if stated else header.posted)

    def _add(self, post: Post, stated: StatedDay | None, stated_at: int) -> None:
        """Add a post to the page, with its date, which stands in the line at ``stated_at``."""
        title_at = post.line - 1
        if stated and not stated.day:
            message = "There is no such date; the tip was kept as an undated draft"
            self._warn(stated_at, f"{message}: “{self._line(title_at)[:230]}”")
        self._cut(post.title, LONGEST_TITLE, title_at, "The title")
        self.posts.append(replace(post, day=stated.day, impossible=not stated.day) if stated else post)


def _split_takeaway(lines: list[str], categories: tuple[str, ...]) -> tuple[str, str]:
    """Return (text, takeaway) of a full post's lines; the footer is in neither.

    The takeaway is the last paragraph before the footer in a tip of the week. Promotions behind it stay in
    the text, and so does a paragraph that would leave nothing else there.
    """
    footers = [position for position, line in enumerate(lines) if is_footer(line)]
    if not footers:
        return "\n".join(lines), ""
    before = [line for line in lines[: footers[-1]] if not is_footer(line)]
    paragraphs = plain_to_html.paragraphs("\n".join(before))
    joined = [folding.visible(" ".join(paragraph)) for paragraph in paragraphs]
    last = next((n for n in range(len(joined) - 1, 0, -1) if not promotions.is_promotion(joined[n])), 0)
    takeaway = ""
    is_of_the_week = folding.column_key(TIP_OF_THE_WEEK) in map(folding.column_key, categories)
    items = list_lines.items([line for paragraph in paragraphs[: last + 1] for line in paragraph])
    if last and is_of_the_week and not any(items[-len(paragraphs[last]) :]):
        takeaway = joined[last]
        del paragraphs[last]
    after = "\n".join(lines[footers[-1] + 1 :])
    return "\n\n".join([*map("\n".join, paragraphs), after]), takeaway
