"""What several parts of a page ask alike is asked once, and anew wherever something may have been written."""

from contextlib import suppress
from itertools import count

from desk import once


def asking():
    """Return a function that answers how often it was asked."""
    numbers = count(1)
    return once.once_a_page(lambda: next(numbers))


def test_a_page_asks_once_and_the_next_one_anew():
    ask, other = asking(), asking()
    assert (ask(), ask()) == (1, 2)
    with once.page():
        assert (ask(), ask(), other(), ask()) == (3, 3, 1, 3)
    with suppress(RuntimeError), once.page():
        assert ask() == 4
        raise RuntimeError
    assert (ask(), ask()) == (5, 6)


def test_what_is_about_to_be_written_is_asked_for_anew():
    ask = asking()
    with once.page():
        assert (ask(), ask()) == (1, 1)
        once.end()
        assert (ask(), ask()) == (2, 3)
    with once.page():
        assert (ask(), ask()) == (4, 4)


def test_what_is_known_already_is_not_asked():
    with once.page():
        once.note("reachable", 7)
        assert once.asked("reachable", lambda: 8) == 7
    assert once.asked("reachable", lambda: 8) == 8
