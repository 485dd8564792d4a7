"""Is Tuesday safe? The reasons for and against each coming slot, found once for all screens.

A slot is safe when its tip will reach the site and its readers. ``slot_reasons`` says what this room knows
of that; upper rooms add what they know by ``register`` in their ``AppConfig.ready``. The front page, the
calendar, the page of a tip, the command ``safe`` and the health probe all show the Verdict that is made here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import islice

from django.contrib.auth.models import User
from django.db.models import TextChoices
from django.utils import timezone

from shield import database_server
from shield.database_server import DatabaseServer
from tips import dates, permissions
from tips.models import Tip, TipState
from tips.schedule import slot_states
from tips.schedule.slot_states import SlotRow, SlotState
from tips.schedule.slots import Slot, Timetable

# Behind so many skipped weeks nobody looks for the next slot.
_MOST_SKIPPED = 53


class Severity(TextChoices):
    """What a reason means for a slot: it speaks for it, should be known, or stands against it."""

    GOOD = "good"
    NOTE = "note"
    STOP = "stop"


@dataclass(frozen=True)
class Remedy:
    """What mends a reason: a button's words, its URL, and the permission without which nobody is offered it.

    Nothing is done by the button: the page behind the URL says what follows, and asks.
    """

    label: str
    url: str
    permission: str


@dataclass(frozen=True)
class Reason:
    """One reason for or against a slot.

    The sentences ``words`` and ``advice`` say what is so, and what to do. The words are what is ``said``,
    after the ``subject`` where they are about a tip, as ``named`` names it. The ``fact`` says it in two or
    three words, and the ``headline`` completes “Tuesday is not safe: …”. ``day`` names the slot; without it,
    the reason is about the whole site, and counts for the next slot. ``tip`` and ``mailing`` are primary
    keys. Of two remedies, the first is the better one. What ``is_internal`` is for those who approve tips or
    manage mailings.
    """

    code: str
    severity: Severity
    said: str
    fact: str = ""
    headline: str = ""
    advice: str = ""
    day: date | None = None
    tip: int | None = None
    mailing: int | None = None
    remedies: tuple[Remedy, ...] = ()
    is_internal: bool = False
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.words} {self.advice}".strip()

    @property
    def words(self) -> str:
        """What is so, in a sentence that stands alone."""
        return f"{self.subject} {self.said}".strip()


@dataclass(frozen=True)
class Question:
    """What the looks are asked about: coming slots that are not skipped, at a moment.

    ``of_site`` says that the whole site is asked about too: the next slot is among the rows, or there is
    none at all.
    """

    rows: Sequence[SlotRow]
    now: datetime
    of_site: bool

    @cached_property
    def server(self) -> DatabaseServer:
        """What the database's server says of itself, asked once for all looks."""
        return database_server.look()


@dataclass(frozen=True)
class Verdict:
    """All that is known of one slot at a moment: its row, and the ``reasons`` in order.

    The row is None where no slot is to come.
    """

    row: SlotRow | None
    reasons: tuple[Reason, ...]
    now: datetime

    @property
    def against(self) -> list[Reason]:
        """The reasons why the tip would not reach the site and its readers on time."""
        return [reason for reason in self.reasons if reason.severity == Severity.STOP]

    @property
    def told(self) -> list[Reason]:
        """What every screen tells: the reasons against it, and then what should be known."""
        return [*self.against, *(reason for reason in self.reasons if reason.severity == Severity.NOTE)]

    @property
    def notes(self) -> list[Reason]:
        """What should be known of this slot alone, and does not stand against it."""
        return [each for each in self.reasons if each.severity == Severity.NOTE and each.day and each.fact]

    @property
    def facts(self) -> list[Reason]:
        """The reasons that have a fact, in order: what the verdict rests on."""
        return [reason for reason in self.reasons if reason.fact]

    @property
    def is_safe(self) -> bool:
        """Whether the tip of the slot will reach the site and its readers on time."""
        return self.row is not None and self.row.state == SlotState.SAFE and not self.against

    @property
    def day(self) -> str:
        """The slot's day as a sentence has it; see ``named_day``."""
        if self.row is None:
            return "The next tip"
        return named_day(self.row.slot.at, self.now)

    @property
    def heading(self) -> str:
        """The verdict in one line: “Tuesday is not safe: nothing is planned”."""
        if self.is_safe:
            return f"{self.day} is safe"
        headlines = [reason.headline for reason in self.against if reason.headline]
        return f"{self.day} is not safe: {headlines[0]}" if headlines else f"{self.day} is not safe"

    @property
    def sign(self) -> str:
        """The sign that stands for the slot: one of the desk's classes of ``.sign``."""
        if self.row is None:
            return "stop"
        if self.row.state == SlotState.AT_RISK:
            return "review" if self.row.tip and self.row.tip.state == TipState.IN_REVIEW else "risk"
        if self.row.state == SlotState.SAFE:
            return "stop" if self.against else "safe"
        return _SIGNS[self.row.state]

    @property
    def word(self) -> str:
        """The slot's state in a word or two, as counts and lists have it."""
        if self.row is None or (self.row.state == SlotState.SAFE and self.against):
            return "not safe"
        return str(self.row.state.label).lower()

    @property
    def words(self) -> str:
        """``word``, with the facts against the slot: “not safe: not for mail”."""
        facts = [
            reason.fact.lower() for reason in self.against if reason.fact and reason.fact.lower() != self.word
        ]
        return f"{self.word}: {', '.join(facts)}" if facts else self.word

    def seen_by(self, user: User) -> "Verdict":
        """Return the verdict as a person may see it, with the remedies that are open to them."""
        sees_all = may_see(user)
        reasons = [
            replace(
                reason, remedies=tuple(each for each in reason.remedies if user.has_perm(each.permission))
            )
            for reason in self.reasons
            if sees_all or not reason.is_internal
        ]
        if not sees_all and any(reason.is_internal for reason in self.against):
            reasons.append(_HIDDEN)
        return replace(self, reasons=tuple(reasons))

    @property
    def remedies(self) -> list[Remedy]:
        """What mends it, the best first, each once: of the first reason against it that anything mends."""
        return next(([*dict.fromkeys(reason.remedies)] for reason in self.told if reason.remedies), [])


_SIGNS = {
    SlotState.FREE: "free",
    SlotState.SKIPPED: "skip-week",
    SlotState.MISSED: "stop",
    SlotState.PUBLISHED: "public",
}
_HIDDEN = Reason(
    "internal",
    Severity.STOP,
    "Something stands against it on the site.",
    fact="The site needs a look",
    headline="something on the site stands against it",
    advice="Editors and publishers see what it is: tell one of them.",
)

Look = Callable[[Question], Iterable[Reason]]
_LOOKS: dict[Look, int] = {}


def register(look: Look, *, place: int) -> None:
    """Add a look, a function from a Question to Reasons; adding it twice is the same.

    Its reasons come after those of a lower ``place``. It is called once for all slots, however many are asked
    about, and must not ask the database slot by slot.
    """
    _LOOKS[look] = place


# --- Asking -------------------------------------------------------------------------------------------


def of_rows(rows: Sequence[SlotRow], now: datetime, *, of_site: bool = True) -> list[Verdict]:
    """Return a Verdict for each row, in the same order, at a moment (an aware datetime).

    ``of_site`` asks about the whole site, too; the first coming row that is not skipped must then be the next
    slot's, for which those reasons count.
    What is past or skipped has no reasons. The number of queries does not depend on that of the rows.
    """
    coming = [row for row in rows if row.slot.at > now and row.state != SlotState.SKIPPED]
    following = min(coming, key=lambda row: row.slot.at, default=None)
    found = _found(Question(coming, now, of_site)) if following else []
    by_day: dict[date, list[Reason]] = {row.slot.day: [] for row in coming}
    for reason in found:
        if day := reason.day or (following and following.slot.day):
            by_day.setdefault(day, []).append(reason)
    # The day of a skipped slot is no other's.
    return [Verdict(row, tuple(by_day.get(row.slot.day, ())), now) for row in rows]


def of_next(now: datetime | None = None, *, user: User | None = None) -> Verdict:
    """Return the Verdict of the next slot that is not skipped; its row is None where there is none.

    With a ``user``, as that person may see it.
    """
    now = now or timezone.now()
    rows = slot_states.ahead(now, _MOST_SKIPPED)
    row = next((row for row in rows if row.state != SlotState.SKIPPED), None)
    if user and row and row.tip:
        slot_states.hide_titles([row.tip], user)
    verdict = Verdict(row, tuple(_found(Question([row] if row else [], now, True))), now)
    return verdict.seen_by(user) if user else verdict


def of_tip(tip: Tip, now: datetime) -> Verdict | None:
    """Return the Verdict of the slot that a tip holds, or of its own moment.

    None where the tip has no moment to come. Only for the next slot's tip, the whole site is asked about.
    """
    if tip.publish_at is None or tip.publish_at <= now or tip.state == TipState.WITHDRAWN:
        return None
    table, at = Timetable.load(), tip.publish_at
    following = next_slot(table, now)
    is_next = following is not None and following.at == at
    slot = table.at(at) or Slot.of_moment(at)
    state = SlotState.SAFE if tip.state == TipState.APPROVED else SlotState.AT_RISK
    row = SlotRow(slot, state, tip)
    return Verdict(row, tuple(_found(Question([row], now, is_next))), now)


def next_slot(table: Timetable, now: datetime) -> Slot | None:
    """Return the first slot after a moment that is not skipped, or None."""
    return next((slot for slot in islice(table.after(now), _MOST_SKIPPED) if not slot.skipped), None)


def may_see(user: User) -> bool:
    """Tell whether a member of staff sees all reasons, and not only that there are any."""
    return user.has_perm(permissions.APPROVE) or user.has_perm(permissions.MAIL)


def named_day(at: datetime, now: datetime) -> str:
    """Return the day of a coming moment in words: “Tuesday” within a week, “Tue 15 Dec” behind it."""
    is_near = at - now < dates.WEEK
    return dates.weekday(at) if is_near else dates.short_day(at, now)


def named(tip: Tip) -> str:
    """Return a tip as a sentence names it: its title in quotes, or what stands in place of a hidden one."""
    return tip.title if tip.title_is_hidden else f"“{tip}”"


def _found(question: Question) -> list[Reason]:
    looks = sorted(_LOOKS, key=lambda look: _LOOKS[look])
    return [reason for look in looks for reason in look(question)]
