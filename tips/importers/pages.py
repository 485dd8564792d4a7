"""Text archive pages: one page's text to the posts on it. The shape is described in docs/importing.md."""

import re
from dataclasses import dataclass, field, replace
from datetime import date

from desk.files import UnusableFileError
from desk.terminal import no_progress
from tips.importers import files, lines
from tips.importers.records import TIP_OF_THE_WEEK, Archive, Post, Refusal, Warned
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
    warnings: list[Warned] = field(default_factory=list)

    @property
    def is_strip_alone(self):
        """Whether nothing on the page tells a category archive from a tag archive."""
        return bool(self.posts) and not any(post.full for post in self.posts)


@dataclass(frozen=True)
class _Header:
    """A post's "Posted on" line and the title above it, by their places among the lines."""

    posted: int
    title: int | None
    day: tuple[bool, date | None]
    categories: tuple[str, ...]

    @property
    def begin(self):
        return self.posted if self.title is None else self.title


def read(paths, progress=no_progress):
    """Return the Archive that some files and folders hold.

    ``progress`` wraps what is iterated over, as tqdm does. What cannot be read is among the Archive's
    refusals.
    """
    names, refused = files.find(paths)
    archive = Archive(refused=refused)
    strips, stated = [], set()
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
        stated |= {key(category) for post in page.posts for category in post.categories}
        if page.is_strip_alone:
            strips.append((name, page))
    for name, page in strips:
        kind = "a category's" if key(page.name) in stated else "a tag's"
        archive.warnings.append(
            Warned(name, page.line, f"The page has a strip alone; by the other pages it is {kind} archive.")
        )
    return archive


def parse(text, file):
    """Return the Page that a text is. ``text`` has its lines ended by "\\n"; ``file`` names it in warnings.

    A page without posts is none of an archive; saying so is left to the caller.
    """
    return _Reader(text.split("\n"), file).read()


class _Reader:
    def __init__(self, source, file):
        self.lines = source
        self.file = file
        self.page = Page()

    def warn(self, place, message):
        self.page.warnings.append(Warned(self.file, place + 1, message))

    def read(self):
        first = next((n for n, line in enumerate(self.lines) if not markup.is_blank(line)), None)
        if first is None:
            return self.page
        headers = list(self.headers())
        end = headers[0].begin if headers else len(self.lines)
        if first == end or lines.split_day(self.line(first))[1]:
            self.warn(first, "This is a tip's title, not the archive's name: no tag is taken from this page.")
            self.strip(first, end)
        else:
            self.page.line = first + 1
            self.page.name = self.name(first)
            self.strip(first + 1, end)
        ends = [header.begin for header in headers[1:]] + [len(self.lines)]
        for header, end in zip(headers, ends, strict=False):
            self.full(header, end)
        self.tag()
        return self.page

    def line(self, place):
        return markup.one_line(self.lines[place])

    def cut(self, text, longest, place, what):
        if len(text) <= longest:
            return text
        self.warn(place, f"{what} is longer than {longest} characters and was cut: “{text[:60]}…”")
        return text[:longest].rstrip()

    # The archive's name

    def name(self, place):
        line = self.line(place)
        match = _PAGE_PART.fullmatch(line) if len(line) <= _LONGEST_FIRST_LINE else None
        if match:
            line = match["name"] or ""
        elif " | " in line:
            line, site = line.rsplit(" | ", 1)
            self.warn(place, f"Took “{line}” as the archive's name and “{site}” as the site's.")
        if not line:
            self.warn(place, "The archive's name is missing: no tag is taken from this page.")
        return self.cut(line, LONGEST_NAME, place, "The archive's name")

    def tag(self):
        """Give the page's tag to its full posts, unless it is the archive of a category."""
        full = [post for post in self.page.posts if post.full]
        stated = {key(name) for post in full for name in post.categories}
        if self.page.name and key(self.page.name) not in stated:
            self.page.posts = [
                replace(post, tags=(self.page.name,)) if post.full else post for post in self.page.posts
            ]

    # The strip

    def strip(self, begin, end):
        """Read the teasers between the archive's name and the first full post."""
        entry = None
        for place, block in self.blocks(begin, end):
            ends = block[-1].endswith(_READ_MORE)
            dated = lines.split_day(block[0])[1]
            if entry and not dated and (ends or entry[2]):
                entry[3].extend(block)
            else:
                if entry:
                    self.teaser(*entry)
                entry = [place, block[0], dated, block[1:]]
            if ends:
                self.teaser(*entry)
                entry = None
        if entry:
            self.teaser(*entry)

    def teaser(self, place, line, dated, excerpt):
        text = " ".join(excerpt)
        if not excerpt or not (dated or text.endswith(_READ_MORE)):
            self.warn(place, f"This belongs to no tip and was left out: “{line[:60]}”")
            return
        if text.endswith(_READ_MORE):
            text = text.removesuffix(_READ_MORE).rstrip()
        else:
            self.warn(place, "The excerpt under this title does not end in “Read more”; it was kept.")
        title, _, day = lines.split_day(line)
        if dated and not day:
            self.warn_impossible(place, line)
        elif not dated:
            self.warn(place, f"This entry of the strip has no date and was kept as undated: “{line[:60]}”")
        self.cut(title, Post.LONGEST_TITLE, place, "The title")
        self.page.posts.append(
            Post(
                title=title,
                file=self.file,
                line=place + 1,
                day=day,
                impossible=dated and not day,
                excerpt=text,
            )
        )

    def blocks(self, begin, end):
        """Yield (place, lines) of each run of lines that are not blank, navigation left out."""
        start, block = begin, []
        for place in range(begin, end):
            if markup.is_blank(self.lines[place]) or lines.is_footer(self.lines[place]):
                if block:
                    yield start, block
                    block = []
            else:
                if not block:
                    start = place
                block.append(self.line(place))
        if block:
            yield start, block

    # Full posts

    def headers(self):
        """Yield the header of each full post, in order."""
        above, posted = None, None
        for place, line in enumerate(self.lines):
            if markup.is_blank(line):
                continue
            stated = lines.posted(line)
            if stated is None:
                if lines.is_almost_posted(line):
                    self.warn(place, "This “Posted on” line has an unknown form and was kept as text.")
            else:
                if above is not None and above == posted:
                    self.warn(place, "This “Posted on” line follows another one and was kept as text.")
                else:
                    titled = above is not None and not lines.is_footer(self.lines[above])
                    titled = titled and not (posted is None and self.line(above).endswith(_READ_MORE))
                    posted = place
                    day, names = stated
                    names = tuple(self.cut(name, LONGEST_NAME, place, "A category") for name in names)
                    yield _Header(place, above if titled else None, day, names)
            above = place

    def full(self, header, end):
        """Read the post between its header and the next one's title."""
        if header.title is None:
            self.warn(
                header.posted,
                "There is no title above this “Posted on” line: the text below it belongs to no tip and was"
                " left out.",
            )
            return
        line = self.line(header.title)
        title, dated, day = lines.split_day(line)
        if not dated:
            dated, day = header.day
        if dated and not day:
            self.warn_impossible(header.title if lines.split_day(line)[1] else header.posted, line)
        text, takeaway = _split_takeaway(self.lines[header.posted + 1 : end], header.categories)
        body = markup.from_text(text)
        if not body:
            self.warn(header.title, f"There is no text below this title: “{line[:60]}”")
        self.cut(title, Post.LONGEST_TITLE, header.title, "The title")
        self.page.posts.append(
            Post(
                title=title,
                file=self.file,
                line=header.title + 1,
                day=day,
                impossible=dated and not day,
                full=True,
                body=body,
                takeaway=takeaway,
                categories=header.categories,
            )
        )

    def warn_impossible(self, place, line):
        self.warn(place, f"There is no such date; the tip was kept as an undated draft: “{line[:230]}”")


def _split_takeaway(source, categories):
    """Return (text, takeaway) of a full post's lines; the footer is in neither.

    The takeaway is the last paragraph before the footer in a tip of the week. Promotions behind it stay in
    the text, and so does a paragraph that would leave nothing else there.
    """
    footers = [place for place, line in enumerate(source) if lines.is_footer(line)]
    if not footers:
        return "\n".join(source), ""
    before = [line for line in source[: footers[-1]] if not lines.is_footer(line)]
    after = "\n".join(source[footers[-1] + 1 :])
    found = markup.paragraphs("\n".join(before))
    last = len(found) - 1
    while last >= 0 and markup.is_promotion(_joined(found[last])):
        last -= 1
    takeaway = ""
    is_week = key(TIP_OF_THE_WEEK) in map(key, categories)
    if is_week and last > 0 and not any(map(markup.is_item, found[last])):
        takeaway = _joined(found.pop(last))
    return "\n\n".join(["\n".join(block) for block in found] + [after]), takeaway


def _joined(block):
    return markup.one_line(" ".join(block))
