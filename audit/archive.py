"""The site to audit: ``python -m audit.archive [PATH]`` fills the empty database of DATABASE_URL.

It holds the demonstration, or the archive pages of PATH; and in any case one tip of each kind that readers
may come upon. Prints one JSON object: ``pages``, every URL to check; ``searches``, those of them that no link
leads to; and ``measured``, name to URL of those that Lighthouse looks at.
"""

import io
import json
import sys

import django
from django.core.management import call_command
from django.urls import reverse

django.setup()

from tests.tips.making import make_tip
from tips.models import Tip, TipState
from tips.public import navigation


def fill(path: str) -> None:
    """Make the tables and static files, load the archive, and add the kinds of tip that it may lack."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    load = ("import_archive", path) if path else ("demo",)
    call_command(*load, stdout=io.StringIO())
    make_tip(
        "A teaser", body="", excerpt="How it begins, and where the text was", publish_at=None, undated=True
    )
    make_tip("Taken back", state=TipState.WITHDRAWN)


def urls() -> list[str]:
    """Return the URLs of every tip and list and of one page of each other kind."""
    tips = Tip.objects.published().newest_first()
    months = [(tip.publish_at.year, tip.publish_at.month) for tip in tips if tip.publish_at][:1]
    withdrawn = Tip.objects.filter(state=TipState.WITHDRAWN)
    lists = [
        category_or_tag.get_absolute_url()
        for category_or_tag in [*navigation.categories(), *navigation.tags()]
    ]
    return [
        reverse("tips:home"),
        reverse("tips:list"),
        reverse("tips:list_page", args=[2]),
        *lists,
        *(reverse("tips:year", args=[year]) for year in navigation.years()),
        *(reverse("tips:month", args=month) for month in months),
        *searches(),
        *(tip.get_absolute_url() for tip in [*tips, *withdrawn]),
        reverse("subscribers:subscribe"),
        reverse("subscribers:privacy"),
        reverse("subscribers:confirm", args=["no-such-token"]),
        "/no-such-page/",
    ]


def searches() -> list[str]:
    """Return the URLs of searches that come to many tips, to one, to a corrected word, and to nothing."""
    word = Tip.objects.published().newest_first().full()[0].title.split()[-1].strip("?!.")
    queries = ["", f"?q={word}", f"?q={word}e", "?q=the+customer", "?q=zebra+okapi", "?q=%22%22"]
    return [reverse("tips:search") + query for query in queries]


def measured() -> dict[str, str]:
    """Return the pages that Lighthouse looks at, as a dict of name to URL."""
    ((tag, _),) = navigation.counted_tags(most=1)
    tip = Tip.objects.published_dated().full().newest_first()[0]
    return {"home": reverse("tips:home"), "list": tag.get_absolute_url(), "tip": tip.get_absolute_url()}


if __name__ == "__main__":
    fill(*sys.argv[1:] or [""])
    print(json.dumps({"pages": urls(), "searches": searches(), "measured": measured()}))
