"""A reader's whole path: real processes, mail server and browser; then a search for what is left of it."""

import base64
import contextlib
import io
import re
import sqlite3

import psycopg2
import pytest
from django.conf import settings
from playwright.sync_api import expect
from psycopg2 import sql

from tests.browser.conftest import fresh_visitor
from tests.subscribers.conftest import post_office  # noqa: F401 - a fixture
from tests.tipsite.processes import Site, free_port, own_database, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.processes]

ADDRESS = "Quilla.Vandermeer@kiln-works.example"
# What may be nowhere in the end: either half of the address, and each first name.
OF_THE_PERSON = ("quilla.vandermeer", "kiln-works", "quillabel", "quillamore")


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def site(tmp_path, collected, port, post_office):  # noqa: F811
    """The site with its demonstration, web processes and worker; whatever they write is in its folder."""
    with own_database(tmp_path) as url:
        site = Site(tmp_path, url)
        for folder in ("tmp", "media"):
            (tmp_path / folder).mkdir()
        site.environment |= {
            "PORT": str(port),
            "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
            "TMPDIR": str(tmp_path / "tmp"),
        }
        (tmp_path / "static").symlink_to(collected["STATIC_ROOT"])
        for command in (["migrate", "--verbosity=0"], ["demo", "--if-empty"]):
            done = site.manage(*command)
            assert done.returncode == 0, done.stderr
        site.start("serve")
        wait_until(lambda: "Ctrl-C" in site.log.read_text())
        yield site
        site.end_all()


def test_a_reader_signs_up_changes_leaves_returns_and_is_erased_and_nothing_of_them_is_left(
    browser,
    site,
    port,
    post_office,  # noqa: F811
):
    with fresh_visitor(browser, f"http://localhost:{port}") as page:

        def heading(text):
            expect(page.get_by_role("heading", level=1)).to_have_text(text)

        def press(name):
            page.get_by_role("button", name=name, exact=True).click()

        def follow(number, subject, link):
            """Open the mail of a number, once it has come, and what a link in it leads to."""
            letter = mail(number, subject)
            # A mail program has no policy of ours.
            page.goto("about:blank")
            # A page without an address may not load the bell from this machine.
            page.set_content(re.sub(r"<img [^>]*>", "", letter.html))
            page.get_by_role("link", name=link).click()

        def mail(number, subject):
            wait_until(lambda: len(post_office.letters) >= number)
            letter = post_office.letters[number - 1]
            assert letter.recipients == [ADDRESS]
            assert letter.message["Subject"].startswith(subject)
            return letter

        page.goto("/")
        newest = page.locator("h1").first.inner_text()
        page.get_by_label("E-mail address").fill(ADDRESS)
        press("Sign up for free tips")
        heading("One more step: look at your mail")

        follow(1, "Please confirm", "Confirm my sign-up")
        page.get_by_label("Your first name").fill("Quillabel")
        press("Yes, send me the tips")
        heading("You are subscribed")

        welcome = mail(2, "Welcome")
        assert "Hello Quillabel," in welcome.text
        assert newest in welcome.text

        page.get_by_role("link", name="ask for a link to your preferences").click()
        page.get_by_label("E-mail address").fill(ADDRESS.lower())
        press("Mail me the link")
        heading("Look at your mail")

        follow(3, "Your link to your preferences", "Open my preferences")
        preferences = page.url
        page.get_by_label("First name").fill("Quillamore")
        press("Save the name")
        expect(page.get_by_role("status")).to_have_text("Your first name is saved: Quillamore.")

        follow(2, "Welcome", "Unsubscribe")
        press("Stop sending me tips")
        heading("You have left")
        assert ADDRESS not in page.content()
        press("Undo: send them again")
        heading("The tips come again")

        # The search finds what it looks for, as long as there is something to find. Of the former name, a
        # database may have let go already.
        assert {name for _, name in traces(site)} | {"quillabel"} == set(OF_THE_PERSON)
        page.goto(preferences)
        expect(page.get_by_label("First name")).to_have_value("Quillamore")
        page.get_by_label("Yes, delete everything for good").check()
        press("Erase me")
        heading("You have been erased")
        receipt = page.locator(".receipt .number dd").inner_text()

    with contextlib.suppress(AssertionError):
        # SQLite empties its log as soon as nobody reads.
        wait_until(lambda: not traces(site), seconds=10)
    assert traces(site) == []
    site.end_all()
    assert traces(site) == []
    # It was the right database, the right journal and the right log that were searched.
    places = dict(contents(site))
    assert any(receipt.encode() in content for content in places.values())
    assert len(places[site.folder / "journal.jsonl"].splitlines()) >= 3
    assert places[site.log]


def traces(site):
    """Return (place, name) for each place that holds something of the person, in any case or in base64."""
    return sorted(
        (str(place), name)
        for place, content in contents(site)
        for name in OF_THE_PERSON
        if name.encode() in content.lower() or any(each in content for each in in_base64(name))
    )


def contents(site):
    """Give (place, bytes) of all files in the site's folder, and of all rows of the database.

    The files are the database with its log and index (SQLite), the journal, the uploads, what the processes
    printed, and what they laid aside.
    """
    for path in sorted(site.folder.rglob("*")):
        # SQLite's log comes and goes.
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and "static" not in path.parts:
                yield path, path.read_bytes()
    url = site.environment["DATABASE_URL"]
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(site.folder / "tips.sqlite3")) as connection:
            yield "dump", "\n".join(connection.iterdump()).encode()
    else:
        with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in cursor.fetchall():
                rows = io.BytesIO()
                cursor.copy_expert(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table)), rows)
                yield table, rows.getvalue()


def in_base64(name):
    """Return how a text may stand inside something longer in base64: there are three ways."""
    for before in range(3):
        whole = base64.urlsafe_b64encode(b"\0" * before + name.encode())
        # The signs at either end depend on the neighbours.
        yield whole[-(-before * 8 // 6) : (before + len(name)) * 8 // 6]
