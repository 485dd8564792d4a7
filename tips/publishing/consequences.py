"""What follows elsewhere from a verb over a tip: said before it, and done where a tip is taken back.

This room does not know what follows. An upper room says it in its ``AppConfig.ready``: by ``register`` what
is done when a tip is withdrawn, sent back, re-dated, or no longer for mail; by ``register_outlook`` what will
be, whatever the verb.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.foresight import Step
from tips.models import Tip

Consequence = Callable[[Tip], str]
_CONSEQUENCES: list[Consequence] = []


@dataclass(frozen=True)
class Outlook:
    """What a room foresees of a tip.

    ``clause`` completes “It goes live on the site and …”, ``press`` completes “Publish now, and …”; either is
    empty where nothing is added. ``sentence`` says the same on its own, before the verb and after it.
    ``key`` is what the words depend on, but for numbers that change by themselves.
    """

    sentence: str = ""
    clause: str = ""
    press: str = ""
    steps: Sequence[Step] = ()
    key: str = ""


Look = Callable[[Tip, Tip, datetime], Outlook]
_LOOKS: list[Look] = []


def register(consequence: Consequence) -> None:
    """Add a function that does what follows, and says so; adding it twice is the same.

    It is called with a tip that was taken back, in the transaction that wrote it, with the tip locked. It
    returns a sentence for the person who took the tip back, or "" where nothing follows.
    """
    if consequence not in _CONSEQUENCES:
        _CONSEQUENCES.append(consequence)


def register_outlook(look: Look) -> None:
    """Add a function that says what will follow; adding it twice is the same.

    It is called with a tip as it stands, the tip as it will stand after a verb, and the moment of the verb.
    After the verb both are the tip as it stands. The function changes nothing.
    """
    if look not in _LOOKS:
        _LOOKS.append(look)


def follow(tip: Tip, sentence: str) -> str:
    """Do what follows for a tip that was taken back; return a verb's sentence and those that follow."""
    return " ".join(filter(None, [sentence, *(consequence(tip) for consequence in _CONSEQUENCES)]))


def outlook(before: Tip, after: Tip, now: datetime) -> Outlook:
    """Return what all rooms foresee of a tip, as one Outlook."""
    seen = [look(before, after, now) for look in _LOOKS]
    return Outlook(
        sentence=" ".join(each.sentence for each in seen if each.sentence),
        clause=" and ".join(each.clause for each in seen if each.clause),
        press=" and ".join(each.press for each in seen if each.press),
        steps=[step for each in seen for step in each.steps],
        key=" ".join(each.key for each in seen if each.key),
    )
