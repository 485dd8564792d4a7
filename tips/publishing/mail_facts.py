"""What the list of tips says of the mail of each: this room does not know it, the room of mail says it."""

from collections.abc import Callable, Mapping, Sequence

from tips.models import Tip

Facts = Mapping[int, str]
_SAYS: list[Callable[[Sequence[Tip]], Facts]] = []


def register(says: Callable[[Sequence[Tip]], Facts]) -> None:
    """Add a function that returns {id: a few words} for those of some tips whose mail there is to tell of.

    It is called once for a page of a list. Adding it twice is the same.
    """
    if says not in _SAYS:
        _SAYS.append(says)


def of(tips: Sequence[Tip]) -> Facts:
    """Return {id: a few words, such as “2,171 got it”} for tips."""
    facts: dict[int, str] = {}
    for says in _SAYS if tips else ():
        facts |= says(tips)
    return facts
