"""What an import left in the database, for tests to look at."""

from tips.models import Category, ImportOrigin, Tag, Tip
from tips.text import html_to_plain

BODY = "The first paragraph is long enough to be cut somewhere.\n\nThe second one ends it."
CUT = "The first paragraph is long enough"


def counts(report):
    return report.created, report.updated, report.unchanged


def rows():
    """Return all that an import writes, but for moments of writing."""
    fields = ("pk", "title", "slug", "state", "publish_at", "undated", "takeaway", "excerpt", "body")
    return [
        (
            *tip,
            sorted(Category.objects.filter(tips=tip[0]).values_list("name", flat=True)),
            sorted(Tag.objects.filter(tips=tip[0]).values_list("name", flat=True)),
            *ImportOrigin.objects.filter(pk=tip[0]).values_list(
                "identity", "digests", "categories", "tags", "category_assumed"
            ),
        )
        for tip in Tip.objects.order_by("pk").values_list(*fields)
    ]


def only():
    return Tip.objects.get()


def plain(tip):
    """Return a tip as plain text: its body, then its takeaway."""
    return "\n\n".join(filter(None, [html_to_plain.to_text(tip.body), tip.takeaway]))


def names(manager):
    return sorted(manager.values_list("name", flat=True))
