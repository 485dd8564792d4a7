"""The editorial comments on a tip as its page shows them: threads, in the order of the text."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.text import Truncator

from desk.names import person
from tips.models import EditorialComment, Tip
from tips.models.editorial_comments import LONGEST_AROUND
from tips.publishing.commenting import may_comment
from tips.publishing.preflight import WARN, Fault
from tips.text import passages
from tips.text.passages import Passage

# The texts that have passages, in the order in which a tip's page has them; and in which one is looked for.
_ORDER = ("title", "body", "takeaway")
_LOOKED_FOR = ("body", "takeaway", "title")
# Of a comment, in letters, where a sentence names it.
_SHORT = 80


@dataclass
class Thread:
    """A comment with its answers, the oldest first.

    ``place`` says where its passage stands: in which text and how far in; None for the whole tip, and where
    the words are gone. ``is_changed`` says that words within the passage were changed. ``taken_back`` is the
    comment or answer that the reader may still take back.
    """

    comment: EditorialComment
    answers: list[EditorialComment] = field(default_factory=list)
    place: tuple[int, int] | None = None
    is_changed: bool = False
    taken_back: EditorialComment | None = None

    @property
    def is_gone(self) -> bool:
        """Whether it is about words that the tip has no more."""
        return bool(self.comment.quote) and self.place is None

    @property
    def is_resolved(self) -> bool:
        """Whether somebody has settled it."""
        return self.comment.resolved_at is not None


def of(tip: Tip, user: User) -> list[Thread]:
    """Return the threads about a tip, in one query; empty for whoever may not comment on it.

    First those on the whole tip, then those on passages in the order of the text, then those on words that
    are gone.
    """
    if not may_comment(user, tip):
        return []
    rows = tip.editorial_comments.select_related("by", "resolved_by").order_by("at", "pk")
    found: dict[int, Thread] = {}
    answers: list[EditorialComment] = []
    for row in rows:
        if row.thread_id is None:
            found[row.pk] = Thread(row)
        else:
            answers.append(row)
    for row in answers:
        if row.thread_id in found:
            found[row.thread_id].answers.append(row)
    texts, now = letters_of(tip), timezone.now()
    for thread in found.values():
        thread.place = _place(thread.comment, texts, passages.find)
        if thread.is_gone:
            thread.place = _place(thread.comment, texts, passages.nearest)
            thread.is_changed = thread.place is not None
        thread.taken_back = _taken_back(thread, user, now)
    return sorted(found.values(), key=lambda thread: (thread.is_gone, thread.place or (-1, 0)))


def unresolved(tips: Collection[Tip]) -> dict[int, int]:
    """Return how many threads about each of some tips are unresolved, by its id; one query."""
    threads = EditorialComment.objects.unresolved().filter(tip__in=[tip.pk for tip in tips]).order_by()
    return dict(threads.values_list("tip").annotate(Count("pk")))


def counted(number: int) -> str:
    """Return how many comments of colleagues there are, in words."""
    return f"{number} comment{'' if number == 1 else 's'} of colleagues"


def unanswered(tip: Tip) -> list[Fault]:
    """Return what is open between a tip's author and a colleague, to be looked at before it is handed on.

    A thread that nobody resolved waits for the author, unless the last word in it is theirs. One query.
    """
    threads = EditorialComment.objects.unresolved().filter(tip=tip)
    rows = tip.editorial_comments.filter(Q(pk__in=threads) | Q(thread__in=threads))
    last = {row.thread_id or row.pk: row for row in rows.select_related("by").order_by("pk")}
    return [_fault(row) for row in last.values() if row.by_id != tip.author_id]


def _fault(row: EditorialComment) -> Fault:
    text = Truncator(row.text).chars(_SHORT).rstrip(".")
    end = "" if text.endswith(("!", "?", "…")) else "."
    return Fault(WARN, "comments", f"{person(row.by)}’s comment is open: “{text}”{end}")


def letters_of(tip: Tip) -> dict[str, str]:
    """Return what passages are looked for in: the letters of each of a tip's texts, by its name."""
    body = passages.letters_of_html(tip.body)
    return {name: body if name == "body" else passages.letters(getattr(tip, name)) for name in _ORDER}


def passage_of(quote: str, tip: Tip) -> Passage | None:
    """Return the passage that somebody named by its words alone; None where no text of the tip has them.

    Of several places the first is taken.
    """
    wanted, texts = passages.letters(quote), letters_of(tip)
    for whole in (texts[name] for name in _LOOKED_FOR):
        if wanted and (at := whole.find(wanted)) >= 0:
            return Passage(quote, whole[:at][-LONGEST_AROUND:], whole[at + len(wanted) :][:LONGEST_AROUND])
    return None


def _place(
    comment: EditorialComment, texts: Mapping[str, str], look: Callable[[Passage, str], int | None]
) -> tuple[int, int] | None:
    passage = Passage(comment.quote, comment.before, comment.after)
    for name in _LOOKED_FOR:
        if comment.quote and (at := look(passage, texts[name])) is not None:
            return _ORDER.index(name), at
    return None


def _taken_back(thread: Thread, user: User, now: datetime) -> EditorialComment | None:
    last = thread.answers[-1] if thread.answers else thread.comment
    return last if last.by_id == user.pk and last.may_be_taken_back(now) else None
