"""A tip as a row of the list: how it stands, its day and its mail, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.log import entries_about
from desk.names import person
from tips import dates
from tips.models import Tip, TipAction, TipState
from tips.publishing import comment_threads, mail_facts

# How each state is called in a row. What was sent back is a draft.
WORDS = {
    "draft": "Draft",
    "sent_back": "Draft, sent back",
    "in_review": "In review",
    "queue": "Approved",
    "public": "Public",
    "withdrawn": "Withdrawn",
}


@dataclass
class Row:
    """A tip as the list shows it."""

    tip: Tip
    author: str
    # As the tabs have it; and what is shown of it.
    state: str
    sign: str
    word: str
    day: str
    mail: str
    edited: str
    # How many threads about it are unresolved.
    comments: int


def state_at(tip: Tip, now: datetime) -> str:
    """Return the state of a tip as the list's tabs have it."""
    if tip.state != TipState.APPROVED:
        return str(tip.state)
    return "queue" if tip.publish_at and tip.publish_at > now else "public"


def rows(tips: Sequence[Tip], now: datetime) -> Iterator[Row]:
    sent_back = _sent_back([tip for tip in tips if tip.state == TipState.DRAFT])
    mails = mail_facts.of([tip for tip in tips if tip.is_published])
    comments = comment_threads.unresolved(tips)
    for tip in tips:
        state = state_at(tip, now)
        sign = "sent_back" if tip.pk in sent_back else state
        is_ahead = state not in ("public", "withdrawn")
        yield Row(
            tip=tip,
            author=person(tip.author) if tip.author else "",
            state=state,
            sign=sign,
            word=WORDS[sign],
            day=_day(tip, state, now),
            mail="" if is_ahead else mails.get(tip.pk, ""),
            edited=dates.short(tip.updated_at, now) if is_ahead else "",
            comments=comments.get(tip.pk, 0),
        )


def _day(tip: Tip, state: str, now: datetime) -> str:
    """Return the day of a tip in the words of the list."""
    if tip.publish_at is None:
        due = (
            f"due {dates.short_day(dates.moment(tip.due_on), now)}" if tip.due_on and state == "draft" else ""
        )
        return "Undated" if tip.undated else due
    if state == "queue":
        return dates.short(tip.publish_at, now) + (", pinned" if tip.pinned else "")
    day = dates.short_day(tip.publish_at, now)
    return f"planned {day}" if state in ("draft", "in_review") else day


def _sent_back(drafts: Sequence[Tip]) -> set[int]:
    """Return the ids of those drafts that an editor sent back, and that were not submitted since."""
    entries = entries_about(*drafts).filter(coded__code__in=[TipAction.SUBMITTED, TipAction.SENT_BACK])
    # The latest stays.
    oldest_first = entries.select_related(None).order_by("action_time", "pk")
    last = dict(oldest_first.values_list("object_id", "coded__code"))
    return {tip.pk for tip in drafts if last.get(str(tip.pk)) == TipAction.SENT_BACK}
