"""Reading the trial set, and laying out the archive that it is tried against."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.text import slugify

from tests.tips.search.trial import composed
from tips import dates
from tips.importers import pages, store
from tips.models import Tip, TipState
from tips.search import index
from tips.text import plain_to_html

HERE = Path(__file__).parent
DEMONSTRATION = settings.BASE_DIR / "fixtures" / "archive"


@dataclass(frozen=True)
class Text:
    """One text of the trial. ``earlier`` is the title of the tip that it tells again, or empty."""

    title: str
    body: str
    takeaway: str
    earlier: str = ""


def read(name):
    """Return the texts of ``reworded.txt`` or ``new.txt``. The last paragraph of each is its takeaway."""
    texts = []
    for block in (HERE / name).read_text(encoding="utf-8").split("----\n"):
        head, *paragraphs = block.strip().split("\n\n")
        fields = dict(line.split(": ", 1) for line in head.splitlines())
        texts.append(
            Text(
                body=plain_to_html.from_text("\n\n".join(paragraphs[:-1])), takeaway=paragraphs[-1], **fields
            )
        )
    return texts


def lay_out():
    """Fill an empty database with the archive of the trial, and return how many differing texts it has."""
    store.write(pages.read([str(DEMONSTRATION)]))
    made = [composed.tip(number) for number in range(composed.COUNT)]
    Tip.objects.bulk_create(
        Tip(
            title=text["title"],
            slug=f"composed-{slugify(text['title'])}",
            state=TipState.APPROVED,
            publish_at=dates.year(2000)[0],
            for_mail=False,
            takeaway=text["takeaway"],
            body=plain_to_html.from_text(text["body"]),
        )
        for text in made
    )
    index.count_words()
    return len({(tip.title, tip.words_body) for tip in Tip.objects.all()})
