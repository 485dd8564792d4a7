"""Of which deeds on a tip people are told by mail, and whom each of them concerns.

Each kind of deed is one entry of ``KINDS``, by its code in the log. Whom it concerns is asked anew right
before a mail goes out: what a colleague has seen to meanwhile is no news any more.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User

from tips.models import EditorialComment, Tip, TipAction, TipState, TipVersion
from tips.permissions import APPROVE_OWN_TEXT
from tips.publishing import assignments, editing
from tipsite.models import WorkDeed

# Older deeds are no news: they stand in the tip's history.
LONGEST_AGO = timedelta(days=2)
# Behind a comment, in one transaction, comes its line in the log.
_LOGGED_WITHIN = timedelta(minutes=1)


class People:
    """Who has to do with some tips, read in a few queries. Each method returns primary keys of accounts."""

    def __init__(self, tips: Collection[Tip]) -> None:
        self._approvers = {user.pk: user for user in assignments.editors()}
        # Of each tip that was asked about.
        self._able: dict[int, set[int]] = {}
        self._writers: defaultdict[int, set[int]] = defaultdict(set)
        self._comments: defaultdict[int, list[tuple[int, datetime]]] = defaultdict(list)
        # Versions with a reason follow from what was done elsewhere, such as the renaming of a tag.
        saved = TipVersion.objects.filter(tip__in=tips, reason="").exclude(saved_by=None).order_by()
        for tip, person in saved.values_list("tip", "saved_by").distinct():
            self._writers[tip].add(person)
        comments = EditorialComment.objects.filter(tip__in=tips).exclude(by=None)
        for tip, person, at in comments.values_list("tip", "by", "at"):
            self._comments[tip].append((person, at))

    def author(self, tip: Tip) -> set[int]:
        """Return the author."""
        return {tip.author_id} if tip.author_id else set()

    def writers(self, tip: Tip) -> set[int]:
        """Return those who saved a version of its text."""
        return self._writers[tip.pk]

    def commenters(self, tip: Tip) -> set[int]:
        """Return those who wrote comments on it."""
        return {person for person, _ in self._comments[tip.pk]}

    def has_comment(self, deed: WorkDeed) -> bool:
        """Tell whether what was said by a deed still stands: a comment can be taken back soon after."""
        assert deed.entry is not None  # noqa: S101  nobody but a person comments
        by, since = deed.entry.user_id, deed.at - _LOGGED_WITHIN
        return any(person == by and since <= at <= deed.at for person, at in self._comments[deed.tip.pk])

    def editor(self, tip: Tip) -> set[int]:
        """Return the editor to whom it is assigned."""
        return {tip.editor_id} if tip.editor_id else set()

    def assigned_reviewer(self, tip: Tip) -> set[int]:
        """Return its editor, while it waits for review."""
        return self.editor(tip) & self._approvers.keys() if tip.state == TipState.IN_REVIEW else set()

    def any_reviewer(self, tip: Tip) -> set[int]:
        """Return all who may approve it, while it waits for review and is nobody's in particular."""
        if tip.state != TipState.IN_REVIEW or self.assigned_reviewer(tip):
            return set()
        if tip.pk not in self._able:
            own = editing.writers(tip) if settings.FOUR_EYES else set()
            able = {
                pk for pk in own & self._approvers.keys() if self._approvers[pk].has_perm(APPROVE_OWN_TEXT)
            }
            self._able[tip.pk] = self._approvers.keys() - own | able
        return self._able[tip.pk]


@dataclass(frozen=True)
class Tie:
    """How a person is tied to a tip; ``words`` completes “You are told this because …”."""

    words: str
    find: Callable[[People, Tip], set[int]]


_AUTHOR = Tie("you are its author", People.author)
_WRITER = Tie("you wrote part of it", People.writers)
_EDITOR = Tie("it is assigned to you", People.editor)
_COMMENTER = Tie("you commented on it", People.commenters)
_ASSIGNED_REVIEWER = Tie("it is assigned to you", People.assigned_reviewer)
_ANY_REVIEWER = Tie("you may approve it", People.any_reviewer)
_MAKERS, _REVIEWERS = (_AUTHOR, _WRITER), (_ASSIGNED_REVIEWER, _ANY_REVIEWER)
_TALKERS = (*_MAKERS, _EDITOR, _COMMENTER)
_COMMENTS = "#comments"


@dataclass(frozen=True)
class Kind:
    """A kind of deed.

    ``name`` stands before the title in the mail's subject, such as “Sent back”. It concerns whoever has one
    of the ``ties``, the strongest first. The log's sentence says the rest, unless there is a ``sentence``.
    The mail leads to a ``part`` of the tip's page. What does not ``stand`` any more is no news.
    """

    name: str
    ties: tuple[Tie, ...]
    sentence: str = ""
    part: str = ""
    stands: Callable[[People, WorkDeed], bool] = lambda people, deed: True


KINDS: dict[str, Kind] = {
    TipAction.SUBMITTED: Kind("Submitted", _REVIEWERS),
    TipAction.BACK_IN_REVIEW: Kind("Back in review", (*_MAKERS, *_REVIEWERS)),
    TipAction.ASSIGNED: Kind("Assigned to you", (_EDITOR,), "It is yours to see to."),
    TipAction.SENT_BACK: Kind("Sent back", _MAKERS),
    TipAction.APPROVED: Kind("Approved", _MAKERS),
    TipAction.PUBLISHED: Kind("Published", _MAKERS),
    TipAction.WITHDRAWN: Kind("Withdrawn", _MAKERS),
    TipAction.REINSTATED: Kind("Reinstated", _MAKERS),
    # The log quotes the passage.
    TipAction.COMMENTED: Kind("Comment", _TALKERS, "Commented on it.", _COMMENTS, People.has_comment),
    TipAction.ANSWERED: Kind("Answer", _TALKERS, "Answered a comment on it.", _COMMENTS, People.has_comment),
    TipAction.RESOLVED: Kind("Resolved", _TALKERS, "Resolved a comment on it.", _COMMENTS),
    TipAction.REOPENED: Kind("Reopened", _TALKERS, "Reopened a comment on it.", _COMMENTS),
}
# Nobody's deed: its moment has come.
GONE_PUBLIC = Kind(
    "Published",
    _MAKERS,
    "Its day has come: readers see it.",
    # What was withdrawn on its very day is not announced any more.
    stands=lambda people, deed: deed.tip.is_published,
)


def kind_of(deed: WorkDeed) -> Kind:
    """Return the kind of a deed."""
    return KINDS[deed.entry.coded.code] if deed.entry else GONE_PUBLIC


def concerned(deed: WorkDeed, people: People) -> set[int]:
    """Return the primary keys of those whom a deed concerns as things stand, but for whoever did it."""
    kind = kind_of(deed)
    if not kind.stands(people, deed):
        return set()
    found = set().union(*(tie.find(people, deed.tip) for tie in kind.ties))
    return found - {deed.entry.user_id} if deed.entry else found


def why(deed: WorkDeed, person: User, people: People) -> str:
    """Return why a deed concerns a person, as ``Tie.words``; empty where it does not."""
    if person.pk not in concerned(deed, people):
        return ""
    return next(tie.words for tie in kind_of(deed).ties if person.pk in tie.find(people, deed.tip))
