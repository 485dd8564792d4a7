"""The store: one builds while others wait, within bounds of memory, and never past its state."""

import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.tipsite.pages.pages import HEADERS, make_page, make_state
from tests.tipsite.processes import wait_until
from tipsite.pages import store as module
from tipsite.pages.store import Store


def always():
    return True


def kept(store, state, path, build=make_page, still=always):
    return store.get(state, path) or store.build(state, path, build, still)


def test_one_request_builds_a_page_and_all_others_wait_for_it():
    store, state, goes_on, page = Store(1_000_000), make_state(), Event(), make_page()

    def build():
        assert goes_on.wait(60)
        return page

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(kept, store, state, "/", build) for _ in range(8)]
        wait_until(lambda: store.counts.waits == 7)
        # Another page is not held up.
        assert kept(store, state, "/tips/").status == 200
        goes_on.set()
        assert [each.result(60) for each in asked] == [page] * 8
    assert (store.counts.builds, store.counts.waits) == (2, 7)
    assert store.get(state, "/") is page


def test_who_has_waited_long_builds_a_page_too(monkeypatch):
    monkeypatch.setattr(module, "LONGEST_WAIT", 0)
    store, state, goes_on = Store(1_000_000), make_state(), Event()

    def build():
        assert goes_on.wait(60)
        return make_page()

    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(kept, store, state, "/", build)
        wait_until(lambda: store.counts.builds == 1)
        mine = make_page()
        assert kept(store, state, "/", lambda: mine) is mine
        goes_on.set()
        assert slow.result(60) is not mine


def test_a_failure_leaves_the_next_one_to_build():
    store, state = Store(1_000_000), make_state()
    with pytest.raises(ZeroDivisionError):
        kept(store, state, "/", lambda: 1 / 0)
    assert kept(store, state, "/", lambda: None) is None
    page = make_page()
    assert kept(store, state, "/", lambda: page) is page


def test_a_later_state_empties_the_store_and_an_earlier_one_finds_and_leaves_nothing():
    store, before, after = Store(1_000_000), make_state(1), make_state(2)
    old, late = make_page(b"old"), make_page(b"late")

    def build_while_the_site_moves_on():
        kept(store, after, "/tips/")
        return late

    kept(store, before, "/", lambda: old)
    assert kept(store, before, "/tag/", build_while_the_site_moves_on) is late
    assert [store.get(state, "/tag/") for state in (before, after)] == [None, None]
    assert [store.get(state, "/") for state in (before, after)] == [None, None]
    assert kept(store, before, "/", lambda: old) is old
    assert store.get(after, "/") is None
    assert store.count == 1


def test_what_holds_no_more_after_it_was_built_is_not_kept():
    store, state = Store(1_000_000), make_state()
    assert kept(store, state, "/", still=lambda: False)
    assert store.get(state, "/") is None


def test_the_pages_least_asked_for_go_first_and_what_is_none_pushes_no_page_out():
    store, state = Store(100_000), make_state()
    for number in range(200):
        kept(store, state, f"/tips/{number}/")
        kept(store, state, "/")
        kept(store, state, f"/none/{number}/", lambda: make_page(line="404 Not Found"))
        assert store.bytes <= 100_000
    assert store.get(state, "/")
    assert store.get(state, "/tips/199/")
    assert store.get(state, "/tips/0/") is None
    builds = store.counts.builds
    for number in range(200):
        kept(store, state, f"/none-{number}/", lambda: make_page(line="301 Moved Permanently"))
    kept(store, state, "/"), kept(store, state, "/tips/199/")
    assert store.counts.builds == builds + 200


def test_it_takes_about_as_much_memory_as_it_says():
    store, state = Store(10_000_000), make_state()
    more = [*HEADERS, *((f"X-Header-{number}", "the same on each page" * 4) for number in range(8))]
    tracemalloc.start()
    try:
        for number in range(300):
            body = b"".join(os.urandom(1000).hex().encode() for _ in range(4))
            kept(store, state, f"/tips/{number}/", lambda body=body: make_page(body, headers=more))
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.5 < taken / store.bytes < 1.1
