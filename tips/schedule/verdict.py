"""Is Tuesday safe? The reasons for and against each coming slot, found once for all screens.

A slot is safe when its tip will reach the site and its readers. ``slot_reasons`` says what this room knows
of that; upper rooms add what they know by ``register`` in their ``AppConfig.ready``. The front page, the
calendar, the page of a tip, the command ``safe`` and the health probe all show the Verdict that is made here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import filterfalse, islice
from operator import attrgetter

from django.contrib.auth.models import User
from django.utils import timezone

from shield import database_server
from shield.database_server import DatabaseServer
from tips import dates
from tips.models import Tip, TipState
from tips.schedule import slot_states
from tips.schedule.reasons import Reason, Remedy, Severity, as_seen
from tips.schedule.slot_states import SlotRow, SlotState
from tips.schedule.slots import Slot, Timetable

# Behind so many skipped weeks nobody looks for the next slot.
_MOST_SKIPPED = 53


@dataclass(frozen=True)
class Question:
    """What the looks are asked about: coming slots that are not skipped, at a moment.

    ``of_site`` says that the whole site is asked about too.
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

    The row is None where no slot is to come. What is known of the whole site is among the reasons of the next
    slot; of each other slot, ``everywhere`` has it, which is told once for all of them. ``is_next`` tells the
    next slot from the others.
    """

    row: SlotRow | None
    reasons: tuple[Reason, ...]
    now: datetime
    everywhere: tuple[Reason, ...] = ()
    is_next: bool = True

    @property
    def against(self) -> list[Reason]:
        """The reasons why the tip would not reach the site and its readers on time."""
        return [reason for reason in self.reasons if reason.severity == Severity.STOP]

    @property
    def told(self) -> list[Reason]:
        """What every screen tells: the reasons against it, and then what should be known."""
        return [*self.against, *(reason for reason in self.reasons if reason.severity == Severity.NOTE)]

    @property
    def own(self) -> list[Reason]:
        """Of what is told, the reasons that are about this slot alone."""
        return [reason for reason in self.told if reason.day]

    @property
    def of_site(self) -> list[Reason]:
        """What is told of the whole site, and so of each slot to come."""
        return [each for each in (*self.told, *self._told_everywhere) if not each.day]

    @property
    def of_all_weeks(self) -> list[Reason]:
        """What the page of an approved tip tells apart, since it is so for every week to come."""
        is_approved = self.row is not None and self.row.state == SlotState.SAFE
        return self._told_everywhere if is_approved else []

    @property
    def is_alarming(self) -> bool:
        """Whether its tip's page says it in the colour of what must be mended now."""
        return self.sign == "stop" or (self.is_next and not self.is_safe)

    @property
    def _told_everywhere(self) -> list[Reason]:
        told = [each for each in self.everywhere if each.severity != Severity.GOOD]
        return sorted(told, key=lambda each: each.severity != Severity.STOP)

    @property
    def _hangs_on_the_site(self) -> bool:
        """Whether only the site stands against it, of which nobody can say how it will be by then."""
        return any(each.severity == Severity.STOP for each in self.everywhere)

    @property
    def is_mailed_to_nobody(self) -> bool:
        """Whether the tip goes live on the site, and nobody gets it by mail."""
        return any(reason.no_mail for reason in (*self.told, *self.everywhere))

    @property
    def facts(self) -> list[Reason]:
        """The reasons that have a fact, in order: what the verdict rests on."""
        return [reason for reason in self.reasons if reason.fact]

    @property
    def is_safe(self) -> bool:
        """Whether the tip of the slot will reach the site, and whoever is to get it, on time."""
        is_approved = self.row is not None and self.row.state == SlotState.SAFE
        return is_approved and not self.against and not self._hangs_on_the_site

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
            return f"{self.day} is safe{', on the site only' if self.is_mailed_to_nobody else ''}"
        if not self.is_next and self.word == "on the site only":
            return f"{self.day} is approved, on the site only"
        headlines = [reason.headline for reason in (*self.against, *self.everywhere) if reason.headline]
        if self.word == "approved":
            return f"{self.day} is approved, but {headlines[0]}" if headlines else f"{self.day} is approved"
        is_far = not self.is_next and self.row is not None and self.row.state == SlotState.AT_RISK
        said = f"{self.day} is {'at risk' if is_far else 'not safe'}"
        return f"{said}: {headlines[0]}" if headlines else said

    @property
    def sign(self) -> str:
        """The sign that stands for the slot: one of the desk's classes of ``.sign``."""
        if self.row is None:
            return "stop"
        if self.row.state == SlotState.AT_RISK:
            return "review" if self.row.tip and self.row.tip.state == TipState.IN_REVIEW else "risk"
        return _SIGNS.get(self.word) or _SIGNS[self.row.state]

    @property
    def word(self) -> str:
        """The slot's state in a few words, as counts and lists have it."""
        if self.row is None:
            return "not safe"
        if self.row.state != SlotState.SAFE:
            return str(self.row.state.label).lower()
        if self.against:
            return "not safe"
        if self.is_mailed_to_nobody:
            return "on the site only"
        return "approved" if self._hangs_on_the_site else "safe"

    @property
    def why(self) -> list[Reason]:
        """The reasons whose facts stand behind ``word``: against the slot, or what is told of it alone."""
        told = [*self.against, *(reason for reason in self.own if reason not in self.against)]
        return [reason for reason in told if reason.fact and reason.fact.lower() != self.word]

    @property
    def words(self) -> str:
        """``word``, with the facts behind it: “not safe: not for mail”."""
        facts = ", ".join(reason.fact.lower() for reason in self.why)
        return f"{self.word}: {facts}" if facts else self.word

    def seen_by(self, user: User) -> "Verdict":
        """Return the verdict as a person may see it; see ``reasons.as_seen``."""
        return seen_by(user, [self])[0]

    @property
    def remedies(self) -> list[Remedy]:
        """What mends it, the best first, each once: of the first reason against it that anything mends."""
        return next(([*dict.fromkeys(reason.remedies)] for reason in self.told if reason.remedies), [])


_SIGNS = {
    "safe": "safe",
    "not safe": "stop",
    "on the site only": "partly",
    "approved": "approved",
    SlotState.FREE: "free",
    SlotState.SKIPPED: "skip-week",
    SlotState.MISSED: "stop",
    SlotState.PUBLISHED: "public",
}

Look = Callable[[Question], Iterable[Reason]]
_LOOKS: dict[Look, int] = {}


def register(look: Look, *, place: int) -> None:
    """Add a look, a function from a Question to Reasons; adding it twice is the same.

    Its reasons come after those of a lower ``place``. It is called once for all slots, however many are asked
    about, and must not ask the database slot by slot.
    """
    _LOOKS[look] = place


# --- Asking -------------------------------------------------------------------------------------------


def of_rows(
    rows: Sequence[SlotRow], now: datetime, *, of_site: bool = True, following: Slot | None = None
) -> list[Verdict]:
    """Return a Verdict for each row, in the same order, at a moment (an aware datetime).

    ``of_site`` asks about the whole site, too. Those reasons count for the next slot, and are known
    ``everywhere`` else. The next slot is ``following``, else the first coming row that is not skipped.
    What is past or skipped has no reasons. The number of queries does not depend on that of the rows.
    """
    coming = [row for row in rows if row.slot.at > now and row.state != SlotState.SKIPPED]
    found = _found(Question(coming, now, of_site)) if coming else []
    following = following or min((row.slot for row in coming), key=lambda slot: slot.at, default=None)
    everywhere = tuple(reason for reason in found if not reason.day)
    by_day: dict[date, list[Reason]] = {row.slot.day: [] for row in coming}
    for reason in found:
        if day := reason.day or (following and following.day):
            by_day.setdefault(day, []).append(reason)
    # The day of a skipped slot is no other's.
    is_other = {row.slot.day for row in coming if not following or row.slot.day != following.day}
    return [
        Verdict(row, tuple(by_day.get(row.slot.day, ())), now, everywhere, is_next=False)
        if row.slot.day in is_other
        else Verdict(row, tuple(by_day.get(row.slot.day, ())), now)
        for row in rows
    ]


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

    None where the tip has no moment to come.
    """
    if tip.publish_at is None or tip.publish_at <= now or tip.state == TipState.WITHDRAWN:
        return None
    table, at = Timetable.load(), tip.publish_at
    following = next_slot(table, now)
    is_next = following is not None and following.at == at
    slot = table.at(at) or Slot.of_moment(at)
    state = SlotState.SAFE if tip.state == TipState.APPROVED else SlotState.AT_RISK
    row = SlotRow(slot, state, tip)
    # What the site itself lacks is told of a draft that is far off only where it is the next one's.
    found = _found(Question([row], now, is_next or state == SlotState.SAFE))
    if is_next:
        return Verdict(row, tuple(found), now)
    own, everywhere = ([*filter(attrgetter("day"), found)], [*filterfalse(attrgetter("day"), found)])
    return Verdict(row, tuple(own), now, tuple(everywhere), is_next=False)


def next_slot(table: Timetable, now: datetime) -> Slot | None:
    """Return the first slot after a moment that is not skipped, or None."""
    return next((slot for slot in islice(table.after(now), _MOST_SKIPPED) if not slot.skipped), None)


def seen_by(user: User, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return verdicts as a person may see them; see ``reasons.as_seen``."""
    lists = [found for each in verdicts for found in (each.reasons, each.everywhere)]
    seen = as_seen(user, lists)
    return [
        replace(each, reasons=seen[2 * number], everywhere=seen[2 * number + 1])
        for number, each in enumerate(verdicts)
    ]


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
