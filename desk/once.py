"""What several parts of a page ask alike, asked once: for the length of one request that changes nothing."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial, wraps
from typing import TypeVar, cast

Answer = TypeVar("Answer")
# None outside of a page, and from the moment on that something is written: then each asks for itself.
_ANSWERS: ContextVar[dict[Hashable, object] | None] = ContextVar("answers", default=None)


@contextmanager
def page() -> Iterator[None]:
    """Keep the answers of what is asked ``once_a_page`` until the ``with`` block ends."""
    before = _ANSWERS.set({})
    try:
        yield
    finally:
        _ANSWERS.reset(before)


def end() -> None:
    """Forget the answers, and keep none any more: something is about to be written."""
    _ANSWERS.set(None)


def note(key: Hashable, answer: object) -> None:
    """Let ``asked`` give an answer that is known already."""
    if (answers := _ANSWERS.get()) is not None:
        answers[key] = answer


def asked(key: Hashable, ask: Callable[[], Answer]) -> Answer:
    """Return what ``ask`` returns, or returned on this page for the same key. Nobody may change that."""
    answers = _ANSWERS.get()
    if answers is None:
        return ask()
    if key not in answers:
        answers[key] = ask()
    return cast(Answer, answers[key])


def once_a_page(ask: Callable[[], Answer]) -> Callable[[], Answer]:
    """Let a function answer on a page what it answered there before, as ``asked`` does."""
    return wraps(ask)(partial(asked, ask, ask))
