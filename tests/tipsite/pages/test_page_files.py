"""Pages that nginx serves by itself: where they lie, for how long, and whose they are."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine

from tipsite.pages import page_files
from tipsite.pages.page import Page, Response
from tipsite.pages.page_files import HEADERS, PageFiles
from tipsite.pages.state import State

AT = 1_772_536_205
STATE = State(1, (7, AT - 60, 1), AT - 60, AT + 3600, AT - 300, AT + 3300, AT - 60)
SAID = [*HEADERS.items(), ("Content-Type", "text/html; charset=utf-8"), ("Vary", "Accept-Encoding")]


class Watching:
    """Says what state holds."""

    is_away = False

    def __init__(self):
        self.now = STATE

    def state(self):
        return self.now


@pytest.fixture(autouse=True)
def no_thread(monkeypatch):
    """Let the tests look for changes themselves."""
    monkeypatch.setattr(page_files.Thread, "start", lambda thread: None)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


@pytest.fixture
def watch():
    return Watching()


@pytest.fixture
def files(tmp_path, watch):
    return PageFiles(tmp_path, watch, generation=1)


def page(text="<p>Listen.</p>" * 40, headers=SAID):
    return Page(Response("200 OK", headers, text.encode()), STATE)


def served(folder, path="/tips/", at=AT):
    """What nginx finds for a path at a moment, None where it asks the site."""
    file = folder / "live" / "now" / str(at)[:-1] / path.strip("/") / "index.html"
    return file.read_text() if file.exists() else None


def test_a_page_is_served_for_its_ten_seconds_and_not_after(files, tmp_path):
    files.offer(STATE, "/tips/", page())
    files.offer(STATE, "/", page("Home" * 100))
    assert served(tmp_path) == "<p>Listen.</p>" * 40
    assert served(tmp_path, "/") == "Home" * 100
    assert served(tmp_path, at=AT + 10) is None


def test_no_page_outlives_its_moment(files, tmp_path, watch):
    watch.now = replace(STATE, until=AT + 4.5)
    files.offer(watch.now, "/tips/", page())
    assert served(tmp_path) is None
    watch.now = replace(STATE, until=AT + 250)
    files.offer(watch.now, "/tips/", page())
    assert served(tmp_path)
    # What is for the time while the site is away ends before the moment, too.
    assert sorted(os.listdir(tmp_path / "live" / "later")) == [str(AT // 100), str(AT // 100 + 1)]


def test_a_page_is_written_when_no_other_can_have_its_date(files, tmp_path, clock):
    changed_now = replace(STATE, modified_at=AT - 1)
    files.offer(changed_now, "/tips/", page())
    assert served(tmp_path) is None
    clock.move_to(AT + 2)
    files.offer(changed_now, "/tips/", page())
    assert served(tmp_path)


def test_after_a_change_nothing_of_before_is_served(files, tmp_path, watch):
    files.offer(STATE, "/tips/", page())
    watch.now = replace(STATE, number=2, edition=(8, AT, 1))
    # One that was long in the making comes too late.
    files.offer(STATE, "/", page())
    assert served(tmp_path, "/") is None
    assert files.follow()
    assert served(tmp_path) is None
    files.offer(watch.now, "/tips/", page("Changed" * 50))
    assert served(tmp_path) == "Changed" * 50
    watch.now = None
    assert files.follow()
    assert served(tmp_path) is None


def test_a_change_is_seen_for_as_long_as_a_page_may_be_served(files, tmp_path, watch, clock, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(page_files.time, "monotonic", lambda: now)
    files.offer(STATE, "/tips/", page())
    last = max(int(name) for name in os.listdir(tmp_path / "live" / "later"))
    now += last * page_files.LATER + page_files.LATER - AT
    assert files.follow()
    watch.now = replace(STATE, number=2, edition=(8, AT, 1))
    assert files.follow()
    assert not (tmp_path / "live" / "later").exists()
    now += 2 * page_files.LATER
    assert not files.follow()


def test_what_is_written_anew_in_the_same_state_changes_no_other_page(files, tmp_path, watch):
    files.offer(STATE, "/", page("Home" * 100))
    watch.now = None
    files.follow()
    watch.now = STATE
    files.offer(STATE, "/tips/", page())
    assert (served(tmp_path, "/"), served(tmp_path)) == ("Home" * 100, "<p>Listen.</p>" * 40)


def test_what_is_for_nobody_or_says_something_of_its_own_is_not_written(files, tmp_path):
    own = [pair for pair in SAID if pair[0] != "X-Frame-Options"]
    files.offer(STATE, "/embed/", page(headers=own))
    files.offer(STATE, "/tips/x/", Page(Response("404 Not Found", SAID, b"x"), STATE))
    for path in (
        f"/tips/{'x' * 256}/",
        "/tips/a/" + "b/" * 40,
        "/../../tips/",
        "/tips",
        "//tips/",
        "/t%69ps/",
        "/tips/\n/",
        "/feed.xml",
    ):
        files.offer(STATE, path, page())
    assert os.listdir(tmp_path) == []


def test_everybody_may_read_whatever_the_program_keeps_to_itself(files, tmp_path):
    before = os.umask(0o077)
    try:
        files.offer(STATE, "/tips/call-back/", page())
    finally:
        os.umask(before)
    below = [each for each in tmp_path.rglob("*") if not each.is_symlink()]
    assert {each.stat().st_mode & 0o777 for each in below if each.is_dir()} == {0o755}
    assert {(each.stat().st_mode & 0o777, each.stat().st_mtime) for each in below if each.is_file()} == {
        (0o644, STATE.modified_at)
    }


def test_the_program_that_was_started_later_writes_while_it_is_there(files, tmp_path, watch, clock):
    later = PageFiles(tmp_path, watch, generation=2)
    later.offer(STATE, "/tips/", page("Later" * 50))
    os.utime(tmp_path / "live" / "now", (AT, AT))
    files.offer(STATE, "/tips/", page("Former" * 50))
    assert served(tmp_path) == "Later" * 50
    # It was taken back.
    clock.shift(60)
    files.offer(STATE, "/tips/", page("Former" * 50))
    assert served(tmp_path, at=AT + 60) == "Former" * 50


def test_of_two_processes_the_one_that_knows_less_takes_nothing_back(files, tmp_path, watch):
    slow = PageFiles(tmp_path, Watching(), generation=1)
    slow.offer(STATE, "/tips/", page("Before" * 50))
    watch.now = replace(STATE, number=2, edition=(8, AT, 1))
    files.offer(watch.now, "/tips/", page("Changed" * 50))
    os.utime(tmp_path / "live" / "now", (AT, AT))
    slow.follow()
    slow.offer(STATE, "/", page("Before" * 50))
    assert (served(tmp_path), served(tmp_path, "/")) == ("Changed" * 50, None)


@pytest.mark.parametrize("place", ["full", "not/there"])
def test_a_fault_of_the_disk_is_said_once_and_keeps_no_reader_waiting(tmp_path, watch, caplog, place):
    (tmp_path / "full").write_text("")
    files = PageFiles(tmp_path / place, watch, generation=1)
    for path in ("/", "/tips/", "/tips/call-back/"):
        files.offer(STATE, path, page())
    assert [record.message.split(";")[0] for record in caplog.records] == ["No page can be written for nginx"]


def test_what_is_served_no_more_is_taken_away(files, tmp_path, watch, clock):
    files.offer(STATE, "/tips/", page())
    first = os.readlink(tmp_path / "live")
    watch.now = replace(STATE, number=2, edition=(8, AT, 1))
    files.offer(watch.now, "/tips/", page())
    for each in tmp_path.iterdir():
        os.utime(each, (AT, AT), follow_symlinks=False)
    clock.shift(120)
    files.offer(watch.now, "/tips/", page())
    files.tidy()
    assert not Path(tmp_path / first).exists()
    assert os.listdir(tmp_path / "live" / "now") == [str(AT + 120)[:-1]]
