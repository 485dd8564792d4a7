"""What a mail server's answer means for a delivery."""

import enum
import re
from dataclasses import dataclass

from subscribers.delivery import judgement
from subscribers.delivery.judgement import Judgement

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")


class Stage(enum.Enum):
    """How far a message had come when the answer came."""

    CONNECT = "the connection"
    HELLO = "the greeting"
    SIGN_IN = "signing in"
    SENDER = "the sender"
    RECIPIENT = "the recipient"
    DATA = "the message"


class Verdict(enum.Enum):
    """What becomes of the delivery."""

    SENT = "sent"
    LATER = "put off"
    REFUSED = "refused"
    # Refused, and the person gets nothing any more.
    GONE = "refused, nobody is there"
    # The sender is at fault, by what the server says: nobody is refused for it.
    SENDER_AT_FAULT = "the sender is at fault"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Answer:
    """A verdict, the stage that it came in, and the numbers that the server said, such as "550 5.1.1"."""

    verdict: Verdict
    stage: Stage
    reply: str = ""
    # Whether the connection cannot be used any more.
    broken: bool = False
    # Of a refusal of the recipient or of the message: what it means.
    judged: Judgement | None = None
    # What went wrong, in a sentence for staff without its full stop, where the reply alone would not tell.
    explanation: str = ""


TAKEN = Answer(Verdict.SENT, Stage.DATA)


def judge(stage: Stage, code: int, text: bytes | str = b"") -> Answer:
    """Return the Answer for a reply of the server that is not the expected one.

    ``code`` is the reply's number and ``text`` its words. They are judged as a whole, and only an enhanced
    status (RFC 3463) of them is kept: the words may quote the address.
    """
    words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    enhanced = _ENHANCED.match(words.strip())
    status = enhanced[1] if enhanced and enhanced[1][0] == str(code)[0] else ""
    reply = f"{code} {status}".strip()
    if not 500 <= code < 600:
        return Answer(Verdict.LATER, stage, reply, broken=code == 421)
    if status.startswith("5.7.") or stage not in (Stage.RECIPIENT, Stage.DATA):
        return Answer(Verdict.SENDER_AT_FAULT, stage, reply)
    judged = judgement.judge(words, code=code)
    # At the message itself, a server may speak of whatever it found in that.
    is_gone = judged.is_certain and stage is Stage.RECIPIENT
    return Answer(Verdict.GONE if is_gone else Verdict.REFUSED, stage, reply, judged=judged)


def broken(stage: Stage, error: Exception, *, after_data: bool = False) -> Answer:
    """Return the Answer where the connection broke; ``after_data`` tells that all was sent by then."""
    verdict = Verdict.UNCERTAIN if after_data else Verdict.LATER
    return Answer(verdict, stage, type(error).__name__[:60], broken=True)
