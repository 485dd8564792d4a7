"""Many readers while a tip goes live, is edited, renamed and withdrawn: nobody sees it early, nor late.

The suite has a short form, which asks nothing of the clock but that nothing shows early. The long one is for
``make soak``.
"""

import contextlib
import re
from itertools import count
from urllib.request import urlopen

import pytest

from tests.tipsite import nginx
from tests.tipsite.pages.changes import TIPS, Desk, changes
from tests.tipsite.pages.crowd import Crowd
from tests.tipsite.processes import answer, free_port, wait_until

pytestmark = pytest.mark.processes
URLS = ["/", "/tips/", "/feed/", "/tips/said-often/", "/tips/said-anew/", "/tips/said-soon/"]
PROCESSES = 2


def builds(port):
    text = urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode()
    return int(float(re.search(r"^tips_page_builds_total (\S+)$", text, re.MULTILINE)[1]))


def run(site, readers, pause, rest, editions):
    """Let readers read while all of it changes; return the crowd, the changes, and how many were built."""
    port = free_port()
    site.start("serve", "--port", str(port), "--processes", str(PROCESSES))
    wait_until(lambda: answer(port) == 200)
    return *read(site, Crowd(port, URLS, readers, pause), rest, editions), builds(port)


def read(site, crowd, rest, editions):
    """Let a crowd read while all of it changes; return the crowd and the changes."""
    done = site.manage("shell", "-v0", "-c", TIPS)
    assert done.returncode == 0, done.stderr
    desk = Desk(site.environment["DATABASE_URL"])
    with contextlib.closing(desk.connection), crowd:
        wait_until(lambda: {each.url for each in list(crowd.seen)} == {*URLS})
        return crowd, list(changes(desk, crowd, site, rest, editions))


def early(crowd, made):
    """Return the answers that showed a change and were there before it was made."""
    return [
        seen
        for change in made
        for seen in crowd.seen
        if seen.url == change.url and seen.answered_at < change.begun_at and change.is_new(seen)
    ]


def delays(crowd, made):
    """Return for how long after a change each reader who asked then was still sent the page before it."""
    longest = {}
    for number, change in enumerate(made):
        for seen in crowd.seen:
            if seen.url == change.url and seen.asked_at > change.done_at:
                delay = 0 if change.is_new(seen) else seen.asked_at - change.done_at
                key = number, seen.reader
                longest[key] = max(longest.get(key, 0), delay)
    return sorted(longest.values())


def most_builds(made):
    # Each page in each process once for the edition before, and once for each after, or in a new hour.
    states = len({change.done_at for change in made}) + 3
    return PROCESSES * len(URLS) * states


def test_readers_see_each_change_and_none_before_it_is_made(site):
    crowd, made, built = run(site, readers=6, pause=0.02, rest=0, editions=1)
    assert crowd.errors == []
    assert early(crowd, made) == []
    assert built <= most_builds(made)


@pytest.mark.soak
def test_two_hundred_readers_see_each_change_at_once(site):
    crowd, made, built = run(site, readers=200, pause=0.5, rest=6, editions=3)
    print(f"{built} pages built")  # noqa: T201
    assert built <= most_builds(made)
    judge(crowd, made)


@nginx.needs_nginx
@pytest.mark.soak
def test_two_hundred_readers_see_each_change_at_once_where_nginx_has_files(site, tmp_path):
    # Each has an address of their own, as readers have.
    numbers = count(2)
    with nginx.in_front_of(site, tmp_path) as front:
        connect = lambda: front.connection(f"127.0.1.{next(numbers) % 250}")  # noqa: E731
        crowd = Crowd(front.port, URLS, readers=200, pause=0.5, connect=connect, host=nginx.HOST)
        crowd, made = read(site, crowd, rest=6, editions=3)
    from_files = sum(each.is_from_file for each in crowd.seen)
    print(f"{from_files} answers came from files")  # noqa: T201
    # Three of six addresses have pages; and none is written within seconds of a change.
    assert from_files > len(crowd.seen) / 10
    judge(crowd, made)


def judge(crowd, made):
    """Print, and hold, that each reader saw each change soon and none before it was made."""
    late, waits = delays(crowd, made), sorted(crowd.bare_waits)
    print(f"{len(crowd.seen)} answers, {len(late)} times a reader met a change")  # noqa: T201
    print(f"99 % after {late[len(late) * 99 // 100]:.3f} s, all after {late[-1]:.3f} s")  # noqa: T201
    print(f"A bare reader waited {waits[len(waits) * 99 // 100]:.3f} s (99 %), {waits[-1]:.3f} s at most")  # noqa: T201
    assert crowd.errors == []
    assert early(crowd, made) == []
    assert late[len(late) * 99 // 100] <= 0.3 + waits[-1]
    assert late[-1] <= 1 + waits[-1]
