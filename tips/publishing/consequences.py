"""What follows elsewhere when a tip is taken back: withdrawn, sent back, re-dated, or no longer for mail.

This room does not know what follows. An upper room says it by ``register`` in its ``AppConfig.ready``.
"""

from collections.abc import Callable

from tips.models import Tip

Consequence = Callable[[Tip], str]
_CONSEQUENCES: list[Consequence] = []


def register(consequence: Consequence) -> None:
    """Add a function that does what follows, and says so; adding it twice is the same.

    It is called with a tip that was taken back, in the transaction that wrote it, with the tip locked. It
    returns a sentence for the person who took the tip back, or "" where nothing follows.
    """
    if consequence not in _CONSEQUENCES:
        _CONSEQUENCES.append(consequence)


def follow(tip: Tip, sentence: str) -> str:
    """Do what follows for a tip that was taken back; return a verb's sentence and those that follow."""
    return " ".join(filter(None, [sentence, *(consequence(tip) for consequence in _CONSEQUENCES)]))
