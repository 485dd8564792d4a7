"""What staff decide where too many addresses at once were refused in mailing after mailing.

Each verb takes ``by``, the person who does it, and returns a sentence that says what followed. A refusal
raises a kind of Refused whose text says what to do next.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken
from desk.log import log
from subscribers.delivery import repeated_refusals
from subscribers.delivery.repeated_refusals import Crowd
from subscribers.models import RepeatedRefusal, SubscriberAction, Suppression

SEE = ("subscribers.view_suppression", "subscribers.view_subscriber")
# To decide may add suppressions, and lift them.
DECIDE = ("subscribers.add_suppression", "subscribers.delete_suppression")


@dataclass(frozen=True)
class Question:
    """What staff are asked: since when, and how many those are of the list and of mail domains."""

    since: datetime
    crowds: list[Crowd]

    @property
    def whole(self) -> Crowd:
        """How many of the whole list."""
        return self.crowds[0]

    @property
    def domains(self) -> list[Crowd]:
        """How many of the mail domains that have several of them, those with the most first."""
        return self.crowds[1:]


@dataclass(frozen=True)
class Decision:
    """What a person last decided, on how many, and when."""

    state: str
    at: datetime
    by: User
    count: int


def question() -> Question | None:
    """Return what staff are asked, or None where nothing is open."""
    asked = _asked()
    since = asked.aggregate(since=Min("at"))["since"]
    return Question(since, repeated_refusals.crowds(asked)) if since else None


def last_decision() -> Decision | None:
    """Return what a person decided last, or None."""
    decided = RepeatedRefusal.objects.filter(by__isnull=False).order_by("-decided_at").select_related("by")
    if (last := decided.first()) is None or last.by is None or last.decided_at is None:
        return None
    count = RepeatedRefusal.objects.filter(by=last.by, decided_at=last.decided_at).count()
    return Decision(last.state, last.decided_at, last.by, count)


def replies() -> list[tuple[str, int]]:
    """Return what mail servers last said to those whom staff are asked about, the most frequent first."""
    said = _asked().values_list("delivery__reply").annotate(count=Count("pk")).order_by("-count")
    return [(reply or "nothing", count) for reply, count in said[:5]]


def suppress(*, by: User) -> str:
    """Suppress all whom staff are asked about."""
    _permit(by)
    with transaction.atomic():
        count = repeated_refusals.suppress(_locked(), timezone.now(), by)
    sentence = f"Suppressed: {_people(count)}. Nothing is sent to them any more, until somebody undoes it."
    return log(by, Suppression, SubscriberAction.REFUSED_SUPPRESSED, sentence)


def keep(*, by: User) -> str:
    """Keep all on the list whom staff are asked about; only refusals from now on count against them."""
    _permit(by)
    with transaction.atomic():
        kept = {"state": RepeatedRefusal.State.KEPT, "decided_at": timezone.now(), "by": by}
        count = _locked().update(**kept)
    sentence = f"Kept on the list: {_people(count)}. They are asked about again after three more refusals."
    return log(by, Suppression, SubscriberAction.REFUSED_KEPT, sentence)


def undo(*, by: User) -> str:
    """Take back what a person decided last: it is asked anew, and nobody of them is suppressed meanwhile."""
    _permit(by)
    with transaction.atomic():
        if (last := last_decision()) is None:
            raise Overtaken("Nothing is left to undo: somebody was quicker. Look again.")
        decided = RepeatedRefusal.objects.filter(by=last.by, decided_at=last.at)
        count = repeated_refusals.lock(decided)
        repeated_refusals.ask(decided)
    sentence = f"Undone for {_people(count)}: none of them is suppressed for it. Decide anew."
    return log(by, Suppression, SubscriberAction.REFUSED_UNDONE, sentence)


def _asked() -> QuerySet[RepeatedRefusal]:
    return RepeatedRefusal.objects.filter(state=RepeatedRefusal.State.ASKED)


def _locked() -> QuerySet[RepeatedRefusal]:
    """Return those whom staff are asked about, locked within a transaction; raise Overtaken without any."""
    if not repeated_refusals.lock(_asked()):
        raise Overtaken("Nothing is left to decide: somebody was quicker. Look again.")
    return _asked()


def _permit(user: User) -> None:
    if not user.has_perms(DECIDE):
        raise NotPermitted("You may not decide on suppressions. Ask a publisher to do it.")


def _people(count: int) -> str:
    return f"{count} {'person' if count == 1 else 'people'}"
