"""Whose turn is it? The tips that wait for a person: to be reviewed, mended, finished, or talked about.

The number in the desk's bar counts these rows, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    Case,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from desk import names
from tips.models import PLANS, Contribution, EditorialComment, Tip, TipAction, TipQuerySet, TipState
from tips.permissions import APPROVE, APPROVE_OWN_TEXT, CHANGE_ANY
from tips.publishing.assignments import editors

# The newest of these says how a tip came into its state.
_TURNS = (
    TipAction.SUBMITTED,
    TipAction.TAKEN_BACK,
    TipAction.SENT_BACK,
    TipAction.BACK_IN_REVIEW,
    TipAction.WITHDRAWN,
    TipAction.REINSTATED,
)
# A draft that is due by then waits for its author.
_SOON = timedelta(days=2)
# Of a comment, in letters.
_SHORT = 160
# Of that entry: {the name in the query: its field}.
_TOLD = {
    "turned": "coded__code",
    "turned_at": "action_time",
    "turned_because": "change_message",
    "turner": "user__username",
    "turner_first": "user__first_name",
    "turner_last": "user__last_name",
}
# Of the comment that has waited longest, in the same way.
_SAID = {
    "said": "text",
    "said_at": "at",
    "speaker": "by__username",
    "speaker_first": "by__first_name",
    "speaker_last": "by__last_name",
}
# Nobody reads through more at once.
MOST = 200


class Kind(TextChoices):
    """Why a tip waits for a person; the label is the button's."""

    TO_REVIEW = "review", "Review"
    SENT_BACK = "back", "Mend it"
    DUE = "due", "Finish it"
    COMMENTED = "comment", "Answer"


@dataclass(frozen=True)
class Turn:
    """A tip that waits for a person, since when, by whose deed (the name of a colleague), and why.

    ``reason`` is the log's sentence, or what a comment says; empty where a tip simply waits for review.
    """

    tip: Tip
    kind: Kind
    since: datetime
    by: str
    reason: str = ""

    @property
    def url(self) -> str:
        """The page where the person goes on."""
        part = {Kind.COMMENTED: "#comments", Kind.TO_REVIEW: "#next-deed"}.get(self.kind, "")
        return reverse("admin:tips_tip_change", args=[self.tip.pk]) + part


def count(user: User) -> int:
    """Return how many tips wait for a person, in one query."""
    return _waiting(user).count() if user.has_perm("tips.change_tip") else 0


def turns(user: User) -> list[Turn]:
    """Return the tips that wait for a person, in one query: what is to be reviewed, then their own.

    Of each kind, what waits longest comes first.
    """
    if not user.has_perm("tips.change_tip"):
        return []
    rows = (
        Tip.objects.filter(pk__in=_waiting(user))
        .for_lists()
        .select_related("author")
        .order_by("updated_at", "pk")
    )
    told = {name: Subquery(_entries().values(field)[:1]) for name, field in _TOLD.items()}
    comments = _last_words(user).filter(tip=OuterRef("pk")).order_by("at", "pk")
    told |= {name: Subquery(comments.values(field)[:1]) for name, field in _SAID.items()}
    kinds = [When(reason, then=Value(kind)) for kind, reason in _reasons(user).items()]
    kind = Case(*kinds, default=Value(Kind.COMMENTED), output_field=TextField())
    rows = _with_turn(rows).annotate(kind=kind, **told)
    found = [_turn(tip) for tip in rows[:MOST]]
    return sorted(found, key=lambda turn: (turn.kind != Kind.TO_REVIEW, turn.since, turn.tip.pk))


def left_off(user: User, besides: Sequence[Turn], most: int) -> list[Tip]:
    """Return a person's drafts and what they handed in, last touched first, with their bodies.

    What waits for them is left out.
    """
    theirs = Tip.objects.filter(state__in=PLANS, author=user)
    others = theirs.exclude(pk__in=[turn.tip.pk for turn in besides if turn.tip.author_id == user.pk])
    return list(others.defer(*Tip.COMPUTED).order_by("-updated_at", "-pk")[:most])


def _waiting(user: User) -> QuerySet[Tip, int]:
    """Return the ids of the tips that wait for a person: two questions in one statement, each by an index."""
    # That all reasons are of tips at work is said apart, for the index.
    at_work = _with_turn(Tip.objects.filter(state__in=PLANS)).filter(reduce(or_, _reasons(user).values()))
    return at_work.order_by().values_list("pk", flat=True).union(_last_words(user).order_by().values("tip"))


def _with_turn(tips: TipQuerySet) -> TipQuerySet:
    return tips.alias(turned_by=Subquery(_entries().values("coded__code")[:1]))


def _reasons(user: User) -> dict[Kind, Q]:
    """Return which tips at work wait for a person, by why; of several reasons the first counts.

    It needs the tips ``_with_turn``. What waits besides was commented on.
    """
    reasons = {}
    if user.has_perm(APPROVE):
        # What is assigned to a colleague waits for that colleague, as long as they can see to it.
        is_anybodys = Q(editor=None) | Q(editor=user) | ~Q(editor__in=editors().order_by().values("pk"))
        to_review = Q(state=TipState.IN_REVIEW) & is_anybodys
        if settings.FOUR_EYES and not user.has_perm(APPROVE_OWN_TEXT):
            # Their own text waits for somebody else. What nobody wrote on counts as in ``editing.writers``.
            known = Contribution.objects.filter(tip=OuterRef("pk"))
            is_authors = Q(author=user, approved_at=None) & ~Exists(known)
            to_review &= ~Exists(known.filter(user=user)) & ~is_authors
        reasons[Kind.TO_REVIEW] = to_review
    own_draft = Q(state=TipState.DRAFT, author=user)
    reasons[Kind.SENT_BACK] = own_draft & Q(turned_by=TipAction.SENT_BACK)
    reasons[Kind.DUE] = own_draft & Q(due_on__lte=timezone.localdate() + _SOON)
    return reasons


def _last_words(user: User) -> QuerySet[EditorialComment]:
    """Return what was said last in each unresolved thread that waits for a person.

    A thread waits for the author of its tip, and for whoever began it, unless the last word is theirs.
    """
    answers = EditorialComment.objects.filter(thread=OuterRef("pk")).order_by("-pk").values("pk")
    last = Coalesce(Subquery(answers[:1]), "pk")
    heard = Q(tip__author=user)
    if user.has_perm(CHANGE_ANY):
        heard |= Q(thread__by=user)
    words = EditorialComment.objects.filter(pk__in=EditorialComment.objects.unresolved().values_list(last))
    return words.filter(heard).exclude(by=user).exclude(tip__state=TipState.WITHDRAWN)


def _entries() -> QuerySet[LogEntry]:
    """Return the log's entries that brought the outer tip into a state, the newest first."""
    return LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Tip),
        object_id=Cast(OuterRef("pk"), TextField()),
        coded__code__in=_TURNS,
    ).order_by("-action_time", "-pk")


def _turn(tip: Tip) -> Turn:
    told = vars(tip)
    kind = Kind(told["kind"])
    if kind == Kind.COMMENTED:
        first, last = told["speaker_first"], told["speaker_last"]
        speaker = (
            User(username=told["speaker"], first_name=first, last_name=last) if told["speaker"] else None
        )
        return Turn(tip, kind, told["said_at"], names.person(speaker), Truncator(told["said"]).chars(_SHORT))
    by = User(username=told["turner"], first_name=told["turner_first"], last_name=told["turner_last"])
    if told["turned_at"] is None:
        return Turn(tip, kind, tip.updated_at, names.person(tip.author))
    reason = told["turned_because"] if kind == Kind.SENT_BACK else ""
    return Turn(tip, kind, told["turned_at"], names.person(by), reason)
