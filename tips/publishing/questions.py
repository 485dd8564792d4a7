"""What is worth a question before a tip is handed on: its faults, an earlier tip like it, open comments."""

from collections.abc import Iterator

from tips.models import Tip
from tips.publishing import comment_threads, preflight
from tips.publishing.preflight import WARN, Fault
from tips.search import similar

# From this likeness on, in percent, a tip is hardly another one. Below, the form hints at it.
NEARLY_THE_SAME = 70


def of(tip: Tip) -> list[Fault]:
    """Return what somebody should look at before a tip is handed in or approved, what stops it first."""
    return [*preflight.inspect(tip), *_said_before(tip), *comment_threads.unanswered(tip)]


def _said_before(tip: Tip) -> Iterator[Fault]:
    """Look for a tip that says nearly the same: a published one, or one by the same author."""
    texts = tip.title, tip.body, tip.takeaway
    for other, score in similar.duplicates(*texts, tip.pk, tip.author_id or 0, limit=1):
        if score >= NEARLY_THE_SAME:
            sentence = f"“{other}” says nearly the same ({score}% alike). Shall readers get it again?"
            yield Fault(WARN, "body", sentence)
