"""A real browser, and the site as it is served: static files collected and under their hashed names.

``page`` is a page of a fresh visitor. When its test ends, it fails the test on anything that the browser
complained about in its console, and on any request that left the site; a test that provokes one on purpose
empties ``page.complaints``.
"""

import contextlib
import os
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.test import Client, override_settings
from playwright.sync_api import Error, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.tips.people import make_person

CHROMIUM = "/usr/bin/chromium"
IDLE = "new Promise(done => requestIdleCallback(() => setTimeout(done)))"


@pytest.fixture(scope="session")
def browser():
    if not Path(CHROMIUM).exists():
        absent = f"needs Chromium at {CHROMIUM}"
        pytest.fail(absent) if os.environ.get("CI") == "true" else pytest.skip(absent)
    # Playwright keeps an event loop in this thread, in which Django would refuse to ask the database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # Five seconds are short on a machine that runs the suite on two databases at once.
    expect.set_options(timeout=30_000)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def collected(tmp_path_factory):
    """Settings under which static files are served as on a real site, but not compressed."""
    storage = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    changed = {"STATIC_ROOT": str(tmp_path_factory.mktemp("static"))}
    with override_settings(STORAGES={"staticfiles": storage}, **changed):
        call_command("collectstatic", interactive=False, verbosity=0)
    return {"staticfiles": storage, **changed}


@pytest.fixture(scope="session")
def live_server(browser, collected):
    """The site in a thread; takes static files from where they were collected to.

    They are served as on a real site, to be kept by the browser, and not asked for again with each page.
    """
    server = LiveServer("localhost", start=False)
    server.thread.static_handler = lambda application: application
    with override_settings(
        STATIC_ROOT=collected["STATIC_ROOT"],
        STORAGES={**site_settings.STORAGES, "staticfiles": collected["staticfiles"]},
    ):
        server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def served(settings, collected):
    settings.STATIC_ROOT = collected["STATIC_ROOT"]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": collected["staticfiles"]}


@pytest.fixture
def page(browser, live_server):
    with fresh_visitor(browser, live_server.url) as page:
        yield page


class _Answering:
    """Counts the requests that the site is answering: a page goes on asking while its test ends."""

    def __init__(self):
        self.changed, self.number = threading.Condition(), 0
        request_started.connect(self.begin)
        request_finished.connect(self.end)

    def begin(self, **_):
        self._add(1)

    def end(self, **_):
        self._add(-1)

    def _add(self, number):
        with self.changed:
            self.number += number
            self.changed.notify_all()

    def wait_until_done(self):
        with self.changed:
            self.changed.wait_for(lambda: self.number <= 0, timeout=10)


answering = _Answering()


@contextlib.contextmanager
def fresh_visitor(browser, address):
    """Give a page of somebody new to the site at an address, which listens as said above."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.complaints, page.awaited = [], set()

    def hear(message):
        if message.type in ("error", "warning"):
            page.complaints.append(message.text)

    def watch(request):
        page.awaited.add(request)
        if not request.url.startswith((address, "data:", "blob:")):
            page.complaints.append(f"asked a stranger for {request.url}")

    def forget(request):
        page.awaited.discard(request)

    page.on("console", hear)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", watch)
    page.on("requestfinished", forget)
    page.on("requestfailed", forget)
    try:
        yield page
    finally:
        complaints = [*page.complaints]
        come_to_rest(page)
        context.close()
        answering.wait_until_done()
    assert complaints == []


def come_to_rest(page):
    """Let a page ask nothing more, and wait for what it asked: the database is emptied next.

    What a page asks when it is left, or from time to time, would otherwise be answered meanwhile.
    """
    with contextlib.suppress(Error):
        page.context.set_offline(True)
        deadline = time.monotonic() + 10
        page.wait_for_timeout(50)
        while page.awaited and time.monotonic() < deadline:
            page.wait_for_timeout(50)


@pytest.fixture
def editor(live_server):
    return make_person("ed", "Editor")


@pytest.fixture
def desk(page, editor, live_server):
    """A page in which an editor is logged in. How one logs in by the form is held by test_staff.py."""
    sign_in(page, editor, live_server)
    return page


def sign_in(page, person, live_server):
    """Give a page the session of somebody who is logged in."""
    client = Client()
    client.force_login(person)
    session = {"name": site_settings.SESSION_COOKIE_NAME, "value": client.session.session_key}
    page.context.add_cookies([{**session, "url": live_server.url}])


def visit(page, address):
    """Go to a page, and wait until all that it asks for has come and its scripts have nothing left to do.

    That an absent page is absent is no complaint of the browser's.
    """
    answer = page.goto(address)
    deadline = time.monotonic() + 30
    page.evaluate(IDLE)
    while page.awaited:
        assert time.monotonic() < deadline, [each.url for each in page.awaited]
        page.evaluate(IDLE)
    if answer.status in (404, 410):
        page.complaints[:] = [
            each for each in page.complaints if f"responded with a status of {answer.status}" not in each
        ]
