"""From outside: a site is backed up, goes on, is lost, and is restored on an empty machine.

Everything is real: `manage.py serve` with its worker, the commands, a mail server, people who leave by the
link in their mail, and a Publisher who signs in.
"""

import contextlib
import http.cookiejar
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter

import pytest

from tests.postgres import NoPostgresError, running_server
from tests.subscribers import mailserver
from tests.tipsite.processes import Site, answer, free_port, wait_until

pytestmark = [pytest.mark.soak, pytest.mark.processes]
PEOPLE, LEAVERS = 300, 10
PASSWORD = "pia-knows-this"
# A tip that goes live in so many seconds, and the clock's look at it, which else comes within a minute.
ADD_TIP = """
from datetime import timedelta
from django.utils import timezone
from subscribers.delivery import scheduling
from tests.subscribers.making import make_tip
make_tip(timezone.now() + timedelta(seconds={seconds}), for_mail=True, title="{title}")
scheduling.keep_up(timezone.now())
"""
PREPARE = f"""
from tests.subscribers.making import make_people
from tests.tips.people import make_person
make_people({PEOPLE}, domains=20)
make_person("pia", "Publisher")
"""
LOOK = "from subscribers.delivery import scheduling; from django.utils import timezone;"
LOOK += "scheduling.keep_up(timezone.now())"
# So long is watched that nothing goes out: a worker looks each second.
QUIET = 8


class Running(Site):
    """A site that is served, in a folder and a database of its own."""

    def __init__(self, folder, url, office, **keys):
        super().__init__(folder, url)
        folder.mkdir()
        self.port = free_port()
        self.environment |= {
            "EMAIL_URL": f"smtp://127.0.0.1:{office.port}",
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "MAIL_PER_MINUTE": "0",
            "MAIL_PER_DOMAIN": "0",
            **keys,
        }
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(cookies)

    def do(self, *command):
        done = self.manage(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, code):
        return self.do("shell", "--verbosity=0", "--command", code)

    def serve(self):
        self.start("serve", "--port", str(self.port))
        wait_until(lambda: answer(self.port) == 200, seconds=300)

    def open(self, path, data=None):
        """Ask for a page, or send a form; return (status, text)."""
        headers = {"Referer": f"http://127.0.0.1:{self.port}/"}
        body = None
        if data is not None:
            body, headers["Content-Type"] = multipart(data)
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        try:
            with self.browser.open(request, timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def press(self, path, **data):
        """Open a page, and send its form."""
        _, page = self.open(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        return self.open(path, data | ({"csrfmiddlewaretoken": token[1]} if token else {}))


def taken(office):
    """Return the mails to readers: staff are told of what is wrong as well."""
    return [each for each in office.taken if each.recipient.endswith(".example")]


def multipart(fields):
    """Return a form as bytes, and its type; a field that is bytes is a file."""
    parts = []
    for name, value in fields.items():
        file = '; filename="left.csv"\r\nContent-Type: text/csv' if isinstance(value, bytes) else ""
        value = value if isinstance(value, bytes) else str(value).encode()
        parts.append(
            f'--edge\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + value
        )
    return b"\r\n".join([*parts, b"--edge--\r\n"]), "multipart/form-data; boundary=edge"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def databases(request, tmp_path):
    """Give the addresses of two empty databases."""
    if request.param == "SQLite":
        yield f"sqlite:///{tmp_path / 'first.sqlite3'}", f"sqlite:///{tmp_path / 'second.sqlite3'}"
        return
    with contextlib.ExitStack() as stack:
        try:
            yield tuple(stack.enter_context(running_server()).url for _ in range(2))
        except NoPostgresError as error:
            pytest.skip(f"needs PostgreSQL: {error}")


@pytest.mark.parametrize("journal", ["the backup's", "none"])
@pytest.mark.parametrize("moment", ["before the tip", "amid its mailing"])
def test_nobody_gets_a_tip_twice_after_a_restore_on_an_empty_machine(databases, tmp_path, moment, journal):
    file = tmp_path / "all.tar"
    with mailserver.running() as office:
        first = Running(tmp_path / "first", databases[0], office)
        try:
            leavers = live_and_lose(first, office, file, moment)
        finally:
            first.end_all()
        keys = {name: (first.folder / name.lower()).read_text() for name in ("SUPPRESSION_KEY", "SECRET_KEY")}
        office.script = None
        second = Running(tmp_path / "second", databases[1], office, **keys)
        try:
            restore_and_go_on(second, office, file, journal, leavers)
        finally:
            second.end_all()


def live_and_lose(site, office, file, moment):
    """Let a site mail a tip to all; some leave. Take a backup before that, or amid; return who left."""
    site.do("migrate", "--verbosity=0")
    site.do("collectstatic", "--no-input", "--verbosity=0")
    site.run(PREPARE)
    site.serve()
    pauses = [0.02]
    office.script = lambda stage, *_: time.sleep(pauses[-1]) if stage == "end" else None
    site.run(ADD_TIP.format(seconds=30, title="The lost one"))
    if moment == "amid its mailing":
        wait_until(lambda: len(taken(office)) > PEOPLE // 5, seconds=300)
    # However long a busy machine takes for the backup, the mailing outlasts that.
    pauses.append(0.5)
    site.do("backup", str(file))
    pauses.pop()
    begun_at = len(taken(office))
    assert begun_at < PEOPLE, "the backup came too late"
    wait_until(lambda: len(taken(office)) == PEOPLE, seconds=300)
    leavers = taken(office)[:LEAVERS]
    for each in leavers:
        text = each.message.get_body(["plain"]).get_content()
        assert site.press(re.search(r"http://[^/]+(/unsubscribe/\S+)", text)[1])[0] == 200
    letters = PEOPLE + LEAVERS
    wait_until(lambda: len(taken(office)) == letters, seconds=300)
    return {each.recipient for each in leavers}


def restore_and_go_on(site, office, file, journal, leavers):
    """Restore a backup, say that this is the real one, and mail another tip."""
    del office.taken[:]
    site.do("restore", str(file))
    site.do("migrate", "--verbosity=0")
    site.do("collectstatic", "--no-input", "--verbosity=0")
    if journal == "none":
        (site.folder / "journal.jsonl").unlink()
    site.serve()
    site.run(LOOK)
    time.sleep(QUIET)
    assert taken(office) == []
    site.press("/admin/login/", username="pia", password=PASSWORD)
    page = site.open("/admin/safe/real/")[1]
    assert "The lost one" in page
    assert ("There is no journal here." in page) == (journal == "none")
    assert ("The journal’s last line is" in page) == (journal != "none")
    # Nobody is asked for in vain.
    assert site.press("/admin/safe/real/")[0] == 422
    listed = "\n".join(["email", *leavers]).encode()
    status, page = site.press("/admin/safe/real/", leavers=listed)
    assert (status, f"From your list: {LEAVERS} taken off" in page) == (200, True)
    site.run(LOOK)
    time.sleep(QUIET)
    assert taken(office) == []
    site.run(ADD_TIP.format(seconds=10, title="The next one"))
    wait_until(lambda: len(taken(office)) >= PEOPLE - LEAVERS, seconds=300)
    time.sleep(QUIET)
    assert {str(each.message["Subject"]) for each in taken(office)} == {"The next one"}
    assert set(Counter(each.recipient for each in taken(office)).values()) == {1}
    assert len(taken(office)) == PEOPLE - LEAVERS
    assert not leavers & {each.recipient for each in taken(office)}
