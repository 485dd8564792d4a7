"""What commands have in common: exit statuses, progress bars, and text that is safe on a terminal."""

import sys
from collections.abc import Iterable
from typing import Protocol, TypeVar

from django.core.management.base import CommandError

SOME_REFUSED, NOTHING_DONE = 1, 2

Item = TypeVar("Item")


class Progress(Protocol):
    """A function that passes items on one by one, and may show how many are done."""

    def __call__(self, items: Iterable[Item], /, *, desc: str, unit: str) -> Iterable[Item]: ...


def progress_bar(items: Iterable[Item], /, *, desc: str, unit: str) -> Iterable[Item]:
    """Pass items on under a progress bar on standard error, where that is a terminal."""
    # Loaded when it is needed: web processes show no progress.
    from tqdm import tqdm

    return tqdm(items, desc=desc, unit=unit, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False)


def no_progress(items: Iterable[Item], /, *, desc: str, unit: str) -> Iterable[Item]:
    """Pass items on, and show nothing."""
    return items


def printable(text: str) -> str:
    """Return text on one line with every control character, which a terminal would obey, as its code."""
    return "".join(
        char if char.isprintable() or char == "\u00a0" else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def nothing_done(words: str) -> CommandError:
    """Return what a command raises that could do nothing: one line, and the exit status that says so."""
    return CommandError(words, returncode=NOTHING_DONE)


def reason(error: BaseException | None) -> str:
    """Return the message of an error on one line."""
    return " ".join(str(error).split())
