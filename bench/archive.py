"""An archive of any size for measuring: differing tips, weekly, with words as unevenly used as in prose."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path

from django.utils.text import slugify

from tips import dates
from tips.importers.records import TIP_OF_THE_WEEK
from tips.models import CategorisedTip, Category, Tag, TaggedTip, Tip, TipState
from tips.search import index
from tips.text import bare_urls

# The word that two thirds of all tips have, one in seven in its title; and the tag that 95 % carry.
COMMON_WORD = "customer"
COMMON_TAG = "service"
RARER_TAGS = 40
# On how many pages of an archive each tip stands, as it does in those of its tags.
MENTIONS = 3
POSTS_ON_A_PAGE = 10
PAGES_OF_A_TAG = 10
FOOTER = "Signup for FREE Tips!\u00a0 \u00a0 Contact Us for More Information\u00a0 \u00a0 Visit Our Home Page"

_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru".split()


@cache
def vocabulary(size: int = 9000) -> list[str]:
    """Return so many differing words, the most used first."""
    made = random.Random(1)
    words: dict[str, None] = {}
    while len(words) < size:
        words["".join(made.choices(_SYLLABLES, k=made.randint(2, 4)))] = None
    return list(words)


@cache
def _weights() -> list[float]:
    """Return how often each word comes, summed up: by Zipf, in inverse proportion to its rank."""
    return list(accumulate(1 / (rank + 3) for rank in range(len(vocabulary()))))


def paragraphs(number: int, count: int = 4, words: int = 50) -> list[str]:
    """Return the paragraphs of one tip as plain text; each number has its own, the same in every run."""
    made = random.Random(number)
    result: list[str] = []
    for _ in range(count):
        chosen = made.choices(vocabulary(), cum_weights=_weights(), k=words)
        if number % 3 and not result:
            chosen[words // 2] = COMMON_WORD
        sentences = [" ".join(chosen[n : n + 10]).capitalize() + "." for n in range(0, words, 10)]
        result.append(" ".join(sentences))
    return result


def texts(number: int) -> tuple[list[str], str]:
    """Return (paragraphs of the body, takeaway) of one tip: 200 words or a little less in all."""
    *body, last = paragraphs(number)
    return body, ". ".join(last.split(". ")[:2]).removesuffix(".") + "."


def title(number: int) -> str:
    """Return the title of one tip; no two are alike."""
    words = random.Random(-1 - number).choices(vocabulary(), k=4)
    if number % 7 == 1 and number % 3:
        words[1] = COMMON_WORD
    return " ".join(words).title() + f" {number}"


def day(number: int, total: int) -> date:
    """Return the Tuesday of one tip, counted from the oldest: a week apart, the last of them before today."""
    today = date.today()  # noqa: DTZ011 - a day more or less is no matter here
    newest = today - timedelta(days=(today.weekday() - 2) % 7 + 1)
    return newest - timedelta(weeks=total - 1 - number)


def tips(total: int) -> Iterator[Tip]:
    """Yield so many unsaved tips, oldest first."""
    for number in range(total):
        body, takeaway = texts(number)
        yield Tip(
            title=title(number),
            slug=slugify(title(number)),
            state=TipState.APPROVED,
            publish_at=dates.moment(day(number, total)),
            for_mail=False,
            takeaway=takeaway,
            body="".join(f"<p>{bare_urls.inline(text)}</p>" for text in body),
        )


def build(total: int) -> None:
    """Fill an empty database with so many tips, their category and their tags, and count their words."""
    category = Category.objects.create(name=TIP_OF_THE_WEEK, slug=slugify(TIP_OF_THE_WEEK))
    common, *rarer = (
        Tag.objects.create(name=name, slug=name)
        for name in (COMMON_TAG, *(f"tag{number}" for number in range(RARER_TAGS)))
    )
    batch = []
    for number, tip in enumerate(tips(total)):
        batch.append((number, tip))
        if len(batch) == 500 or number == total - 1:
            Tip.objects.bulk_create([tip for _, tip in batch])
            CategorisedTip.objects.bulk_create(CategorisedTip(tip=tip, category=category) for _, tip in batch)
            TaggedTip.objects.bulk_create(
                TaggedTip(content_object=tip, tag=tag)
                for number, tip in batch
                for tag in ([common] if number % 20 else []) + [rarer[number % RARER_TAGS]]
            )
            batch.clear()
    index.count_words()


def write_pages(folder: Path, count: int) -> int:
    """Write so many pages of an archive into a folder, and return how many differing tips they hold.

    They have the shape of real ones: a tag's name, the strip of the ten newest tips, ten full posts.
    """
    total = max(1, count // MENTIONS) * POSTS_ON_A_PAGE
    strip = "\n".join(
        f"{title(number)} - {_written(number, total)}\n\n\n{texts(number)[0][0][:250]} Read more"
        for number in range(total - 1, max(-1, total - 11), -1)
    )
    for page in range(count):
        mention, place = divmod(page * POSTS_ON_A_PAGE, total)
        tips_of_all = _shuffled(total, mention)
        posts = "\n".join(_post(number, total) for number in tips_of_all[place : place + POSTS_ON_A_PAGE])
        tag, number = divmod(page, PAGES_OF_A_TAG)
        head = f"{vocabulary()[tag]} matters | {COMMON_WORD.title()} Tips, Inc. - Page {number + 1}"
        (folder / f"{page:06}.txt").write_text(f"{head}\n\n{strip}\n{posts}", encoding="utf-8")
    return total


@cache
def _shuffled(total: int, mention: int) -> list[int]:
    numbers = list(range(total))
    random.Random(mention).shuffle(numbers)
    return numbers


def _post(number: int, total: int) -> str:
    body, takeaway = texts(number)
    lines = (
        f"{title(number)} – {_written(number, total)}",
        "",
        _POSTED,
        "",
        *body,
        takeaway,
        FOOTER,
        "\u00a0",
    )
    return "\n\n".join(line for line in lines if line) + "\n"


_POSTED = f"Posted on in\u00a0{TIP_OF_THE_WEEK} Please leave a comment"


def _written(number: int, total: int) -> str:
    on = day(number, total)
    return f"{on.month}/{on.day}/{on.year}"
