"""While one types the server is killed, comes again, and has forgotten who one is."""

import os
import signal
import time

import pytest
from playwright.sync_api import expect

from tests.browser.actions import log_in, press_save, the_editor
from tests.browser.conftest import fresh_visitor
from tests.databases import shared_database
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tipsite.processes import Site, answer, descendants, free_port, wait_until
from tips.models import TipState

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.soak]
# So much typing may be lost, in seconds.
MOST_LOST = 5


@pytest.fixture
def tip(transactional_db):
    make_person("ed", "Editor")
    return make_tip("As saved", body="<p>Saved words.</p>", state=TipState.DRAFT, publish_at=None)


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def site(tip, tmp_path, collected, port):
    site = Site(tmp_path, shared_database(tmp_path))
    site.environment["PORT"] = str(port)
    (tmp_path / "static").symlink_to(collected["STATIC_ROOT"])
    # As the site itself keeps passwords, and the tests do not.
    shell(site, "p = User.objects.get(username='ed'); p.set_password('ed-knows-this'); p.save()")
    yield site
    site.end_all()


def shell(site, words):
    imports = (
        "from django.contrib.auth.models import User; from django.contrib.sessions.models import Session"
    )
    done = site.manage("shell", "-v0", "-c", f"{imports}; {words}")
    assert done.returncode == 0, done.stderr


def begin(site, port):
    process = site.start("serve")
    wait_until(lambda: answer(port) == 200)
    return process


def kill(process):
    for pid in [process.pid, *descendants(process.pid)]:
        os.kill(pid, signal.SIGKILL)
    process.wait()


def test_at_most_five_seconds_are_lost_and_another_device_has_the_rest(browser, site, port, tip):
    url, change = f"http://localhost:{port}", f"/admin/tips/tip/{tip.pk}/change/"
    process, typed = begin(site, port), []

    def come_in(page):
        log_in(page, "ed")
        page.wait_for_url("**/admin/")
        page.goto(change)

    def write(page, count):
        """Type so many words, and note when each was there."""
        for number in range(len(typed), len(typed) + count):
            page.keyboard.type(f" word{number}", delay=20)
            typed.append((f"word{number}", time.monotonic()))

    def lost_of_another_device(until):
        """Return the words typed until a moment that the same person is not offered elsewhere."""
        with fresh_visitor(browser, url) as phone:
            come_in(phone)
            phone.locator(".kept-draft").get_by_role("link", name="Bring it back").click()
            expect(the_editor(phone)).to_contain_text("Saved words.")
            text = the_editor(phone).inner_text().split()
        return [word for word, moment in typed if moment <= until and word not in text]

    with fresh_visitor(browser, url) as page:
        come_in(page)
        the_editor(page).get_by_text("Saved words.").click()
        page.keyboard.press("End")
        write(page, 60)
        killed_at = time.monotonic()
        kill(process)
        write(page, 20)
        expect(page.locator("[data-keeping]")).to_contain_text("in this browser alone")
        process = begin(site, port)
        # By whoever was killed with it: nothing of what was typed since is there yet, nor need be.
        assert lost_of_another_device(killed_at - MOST_LOST) == []
        write(page, 5)
        expect(page.locator("[data-keeping]")).to_contain_text("What you typed is kept.")
        assert lost_of_another_device(time.monotonic()) == []
        # The session goes: the text is saved by the password, on the same page.
        shell(site, "Session.objects.all().delete()")
        write(page, 5)
        expect(page.locator("[data-keeping]")).to_contain_text("You are signed out.")
        press_save(page)
        page.get_by_label("Password").fill("ed-knows-this")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".messagelist")).to_contain_text("Saved.")
        saved = the_editor(page).inner_text().split()
        assert [word for word, _ in typed if word not in saved] == []
        # The browser tells of each request that was not answered.
        page.complaints.clear()
