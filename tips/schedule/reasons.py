"""The reasons for and against a coming slot, and what mends them: what ``verdict`` collects."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.contrib.auth.models import User
from django.db.models import TextChoices

from desk import names
from tips import permissions


class Severity(TextChoices):
    """What a reason means for a slot: it speaks for it, should be known, or stands against it."""

    GOOD = "good"
    NOTE = "note"
    STOP = "stop"


@dataclass(frozen=True)
class Remedy:
    """What mends a reason: a button's words, its URL, and the permission without which nobody is offered it.

    Nothing is done by the button: the page behind the URL says what follows, and asks. The words complete
    “Ask Pia to …”, too, but for their capital. ``owner`` is the account that needs no permission.
    """

    label: str
    url: str
    permission: str
    owner: int | None = None

    def is_open_to(self, user: User) -> bool:
        """Tell whether a person may press the button."""
        return user.has_perm(self.permission) or (self.owner is not None and self.owner == user.pk)


@dataclass(frozen=True)
class Reason:
    """One reason for or against a slot.

    The sentences ``words`` and ``advice`` say what is so, and what to do. The words are what is ``said``,
    after the ``subject`` where they are about a tip, as ``named`` names it. The ``fact`` says it in two or
    three words, and the ``headline`` completes “Tuesday is not safe: …”. ``day`` names the slot; without it,
    the reason is about the whole site. ``tip`` and ``mailing`` are primary keys. Of two remedies, the first
    is the better one; ``ask`` says whom to ask for it, to a person to whom it is not open. What
    ``is_internal`` is for those who approve tips or manage mailings. ``no_mail`` says that nobody gets a mail
    while this is so, although the tip goes live.
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
    ask: str = ""
    no_mail: bool = False

    def __str__(self) -> str:
        return f"{self.words} {self.ask or self.advice}".strip()

    @property
    def words(self) -> str:
        """What is so, in a sentence that stands alone."""
        return f"{self.subject} {self.said}".strip()


HIDDEN = Reason(
    "internal",
    Severity.STOP,
    "The site itself needs a look before then.",
    fact="The site needs a look",
    headline="the site itself needs a look",
    advice="Editors and publishers see what it is: tell one of them.",
)


def may_see(user: User) -> bool:
    """Tell whether a member of staff sees all reasons, and not only that there are any."""
    return user.has_perm(permissions.APPROVE) or user.has_perm(permissions.MAIL)


def as_seen(user: User, lists: Sequence[Sequence[Reason]]) -> list[tuple[Reason, ...]]:
    """Return lists of reasons as a person may see them, in the same order, with the remedies open to them.

    Where the better remedy of a reason is not open to the person, the reason says who may be asked for it.
    One query at most, however many lists there are.
    """
    sees_all = may_see(user)
    shown = [[reason for reason in each if sees_all or not reason.is_internal] for each in lists]
    closed = {
        reason.remedies[0].permission
        for each in shown
        for reason in each
        if reason.remedies and not reason.remedies[0].is_open_to(user)
    }
    who_may = names.who_may(closed) if closed else {}
    seen = [tuple(_as_offered(reason, user, who_may) for reason in each) for each in shown]
    return [
        (*mine, HIDDEN) if not sees_all and any(map(_is_kept_back, each)) else mine
        for mine, each in zip(seen, lists, strict=True)
    ]


def _is_kept_back(reason: Reason) -> bool:
    return reason.is_internal and reason.severity == Severity.STOP


def _as_offered(reason: Reason, user: User, who_may: dict[str, str]) -> Reason:
    """Return a reason with the remedies that are open to a person, and whom to ask for the better one."""
    best = reason.remedies[:1]
    is_open = tuple(each for each in reason.remedies if each.is_open_to(user))
    if best and best[0] not in is_open and (who := who_may.get(best[0].permission)):
        label = best[0].label
        return replace(reason, remedies=is_open, ask=f"Ask {who} to {label[0].lower()}{label[1:]}.")
    return replace(reason, remedies=is_open)
