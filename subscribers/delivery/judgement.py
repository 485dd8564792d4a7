"""What a refusal means, by all that it says: for SMTP answers, delivery reports and mail services alike.

A refusal brings a reply code (RFC 5321), enhanced statuses (RFC 3463) in a field of their own or among the
words, and the words. Servers contradict themselves among these. So whatever speaks for a cause that passes,
or that lies with the sender, wins against whatever says that nobody is there.
"""

import re
from dataclasses import dataclass

from django.db.models import TextChoices

from subscribers.delivery import refusal_words
from subscribers.models import BounceReport, Delivery

Cause = BounceReport.Cause

# Of a refusal's words so many letters are read: the patterns look at each of them several times.
READ_OF_WORDS = 4000
# Nobody is there, and nobody will be (RFC 3463, 3.2 and 3.3; 5.1.10 is RFC 7505's null MX).
NOBODY_THERE = frozenset("5.1.1 5.1.2 5.1.3 5.1.6 5.1.10 5.2.1".split())

# An enhanced status, and no part of a network address or of a program's version.
_CODE = r"[45]\.[0-7]\.\d{1,3}(?!\d|\.\d|-?\w)"
_STATUS = re.compile(rf"(?<![\w./-]){_CODE}")
# Where a mail server says it itself: right after the number of its reply.
_AFTER_REPLY = re.compile(rf"(?<![\w./-])([45])\d\d[ -]+[(\[]?#?((?=\1){_CODE})")
# A reply code that mail servers use, where one stands as a reply does: before words or an enhanced status.
_REPLY = re.compile(
    r"(?<![\w./#-])(?<!\d:)(4(?:21|3[12]|5[0-5]|7[12])|5(?:0[0-4]|21|3[0458]|41|5[0-6]|7[01]))"
    r"(?=[ -]+(?:[^\d\s]|[45]\.\d))"
)


class Kind(TextChoices):
    """What a mail that came back is, or a refusal."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    OTHER = "other"


_KINDS = {
    **dict.fromkeys([Cause.NO_MAILBOX, Cause.NO_DOMAIN, Cause.DISABLED, Cause.UNEXPLAINED], Kind.HARD),
    **dict.fromkeys([Cause.FULL, Cause.RATE, Cause.SIZE, Cause.SYSTEM], Kind.SOFT),
    **dict.fromkeys([Cause.POLICY, Cause.CONTENT], Kind.POLICY),
}
# Behind the message itself, a server may speak of whatever it found in that.
_AT_THE_MESSAGE = re.compile(r"\bend of data\b|failed after i sent", re.IGNORECASE)
# What enhanced statuses mean, without their first number; the second number alone stands for its group.
_BY_STATUS = {
    Cause.FULL: "2.2",
    Cause.RATE: "5.3",
    Cause.SIZE: "2.3 3.4",
    Cause.POLICY: "7 1.7 1.8",
    Cause.CONTENT: "6",
    Cause.SYSTEM: "1.9 2.4 3.1 3.2 3.3 3.5 3.6 4.2 4.3 4.5 4.6 4.7 4.8 5.1 5.2 5.4 5.5 5.6 5.7",
    Cause.NO_DOMAIN: "1.2 1.10",
    Cause.NO_MAILBOX: "1.1 1.3 1.6",
    Cause.DISABLED: "2.1",
}
# What reply codes mean that come without an enhanced status (RFC 5321, 4.2.3; RFC 7504; RFC 4954, 6).
_BY_REPLY = {
    Cause.FULL: "552",
    Cause.POLICY: "530 534 535 538",
    Cause.SYSTEM: "500 501 502 503 504 555",
    Cause.NO_DOMAIN: "521 556",
}
_STATUSES = {status: cause for cause, statuses in _BY_STATUS.items() for status in statuses.split()}
_REPLIES = {int(reply): cause for cause, replies in _BY_REPLY.items() for reply in replies.split()}


@dataclass(frozen=True)
class Judgement:
    """The cause of a refusal, and the enhanced status that speaks for it, or else the most exact one."""

    cause: Cause
    status: str = ""
    # Whether one such refusal is enough to mail the address no more.
    is_certain: bool = False

    @property
    def kind(self) -> Kind:
        """Whether the address is at fault, something that passes, or the sender."""
        return _KINDS[self.cause]

    @property
    def rank(self) -> int:
        """The place of the cause among all: what passes comes first, and what is not known last."""
        return refusal_words.ORDER.index(self.cause)

    @property
    def refusal(self) -> str:
        """What a delivery that was refused for good notes of it: a ``Delivery.Refusal``, or ""."""
        if self.kind is not Kind.HARD:
            return ""
        return Delivery.Refusal.GONE if self.is_certain else Delivery.Refusal.UNCLEAR


def judge(words: str, *, status: str = "", code: int = 0) -> Judgement:
    """Return what a refusal means.

    ``words`` is what the server said, which may hold reply codes and enhanced statuses; ``status`` is an
    enhanced status from a field of its own, and ``code`` a reply code that was heard. A refusal of which
    nothing is known is a hard one that is UNEXPLAINED.
    """
    words = " ".join(words[:READ_OF_WORDS].split())
    own, said = _STATUS.findall(status), statuses_in(words)
    statuses = [*own, *said]
    replies = [code] if code else replies_in(words)
    by_reply = [] if said else [_REPLIES.get(reply) for reply in replies]
    signs = [*map(_cause_of, statuses), *by_reply, refusal_words.cause_in(words)]
    cause = min(filter(None, [*signs, Cause.UNEXPLAINED]), key=refusal_words.ORDER.index)
    passes = any(each[0] == "4" for each in statuses) or any(reply < 500 for reply in replies)
    if _KINDS[cause] is Kind.HARD and passes:
        cause = Cause.SYSTEM
    speaking = [each for each in statuses if _cause_of(each) is cause]
    exact = [each for each in statuses if each[0] == "5" and not each.endswith(".0.0")]
    is_certain = cause is Cause.NO_MAILBOX or (
        _KINDS[cause] is Kind.HARD and bool({*speaking} & NOBODY_THERE)
    )
    is_certain = is_certain and not _AT_THE_MESSAGE.search(words)
    return Judgement(cause, [*speaking, *exact, *statuses, ""][0], is_certain)


def statuses_in(words: str) -> list[str]:
    """Return the enhanced statuses in words: those right behind a reply code, or else any."""
    return [match[2] for match in _AFTER_REPLY.finditer(words)] or _STATUS.findall(words)


def replies_in(words: str) -> list[int]:
    """Return the reply codes (RFC 5321, 4.2) in words, in their order."""
    return [int(found) for found in _REPLY.findall(words)]


def _cause_of(status: str) -> Cause | None:
    group, _, detail = status[2:].partition(".")
    return _STATUSES.get(f"{group}.{detail}") or _STATUSES.get(group)
