"""Disks that fill up or turn read-only under a site that runs: sign-up, leaving, signing in, and a mailing.

SQLite lies on that disk, a small tmpfs; where mounting is refused, these are skipped. By `make soak` only.
"""

import contextlib
import json
import re
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.subscribers.mailserver import running
from tests.tipsite.processes import Site, answer, descendants, free_port, is_alive, wait_until

pytestmark = [pytest.mark.soak, pytest.mark.processes, pytest.mark.once]
READERS = (
    "/",
    "/tips/",
    "/tips/greet-0/",
    "/feed/",
    "/search/?q=greet",
    "/subscribe/",
    "/admin/login/",
    "/readyz",
)
PEOPLE = 1200
# At most so many a line may go out twice where what became of them cannot be noted.
LINES, A_LINE = 4, 20
FILL = f"""
from django.contrib.auth.models import User
from tests.subscribers.making import make_people, open_mailing
make_people({PEOPLE})
User.objects.create_superuser("ed", "ed@example.org", "a-good-long-secret")
open_mailing()
"""
TOKEN = "from subscribers.models import Subscriber; print(Subscriber.objects.get(pk={}).leave_token)"
FACTS = """
import json
from subscribers.models import LinkRequest, Mailing, Subscriber, Suppression
left = Subscriber.objects.filter(state="left").count()
counts = [left, Suppression.objects.count(), LinkRequest.objects.count()]
print(json.dumps([Mailing.objects.get().state, *counts]))
"""


class SiteOnADisk(Site):
    """A site whose log lies elsewhere, as that of a service does."""

    @property
    def log(self):
        return self.folder.parent / "log"


@pytest.fixture
def disk(tmp_path):
    """A disk of its own, small enough to be filled."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine refuses to mount a disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def mail():
    with running() as server:
        yield server


@pytest.fixture
def site(disk, mail):
    site = SiteOnADisk(disk, f"sqlite:///{disk / 'tips.sqlite3'}")
    site.environment |= {
        "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
        "MAIL_PER_MINUTE": "1800",
        "MAIL_PER_DOMAIN": "0",
    }
    for command in (["migrate", "-v0"], ["collectstatic", "--no-input", "-v0"], ["shell", "-v0", "-c", FILL]):
        done = site.manage(*command)
        assert done.returncode == 0, done.stderr
    yield site
    site.end_all()


@contextlib.contextmanager
def full(disk):
    """Leave not a byte of a disk for the length of a ``with`` block."""
    with (disk / "fill").open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass
        with pytest.raises(OSError, match="No space left"):
            file.write(b"x")
    yield
    (disk / "fill").unlink()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class Visitor:
    """A browser with cookies; ``send`` returns (status, Retry-After, the page)."""

    def __init__(self, port):
        self.base = f"http://localhost:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), NoRedirect())

    def ask(self, path, fields=None):
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(  # noqa: S310  our own
            self.base + path, data, {"Sec-Fetch-Site": "same-origin"}
        )
        try:
            with self.opener.open(request, timeout=60) as response:
                return response.status, response.headers["Retry-After"], response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Retry-After"], error.read().decode()

    def send(self, path, fields):
        page = self.ask(path)[2]
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        return self.ask(path, {**hidden, **fields})


def forms(site):
    return {
        "sign-up": ("/subscribe/", {"address": f"ben{time.monotonic_ns()}@example.org", "subject": ""}, 200),
        "leaving": (f"/unsubscribe/{token(site)}/", {"List-Unsubscribe": "One-Click"}, 200),
        "sign-in": ("/admin/login/", {"username": "ed", "password": "a-good-long-secret", "next": "/"}, 302),
    }


def token(site):
    """Return the token by which the last of the readers leaves."""
    return site.manage("shell", "-v0", "-c", TOKEN.format(PEOPLE)).stdout.strip()


def facts(site):
    told = site.manage("shell", "-v0", "-c", FACTS)
    assert told.returncode == 0, told.stderr
    state, left, suppressed, requests = json.loads(told.stdout)
    return state, left, suppressed, requests


def serve(site):
    port = free_port()
    process = site.start("serve", f"--port={port}")
    wait_until(lambda: answer(port) == 200)
    return process, port


def end(process):
    started = descendants(process.pid)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    wait_until(lambda: not any(map(is_alive, started)))


def test_a_disk_that_fills_up_in_mid_mailing_stops_it_and_nothing_is_half_done(site, disk, mail):
    sent = forms(site)
    process, port = serve(site)
    wait_until(lambda: len(mail.taken) > 100)
    *_, requests_before = facts(site)
    with full(disk):
        assert {path: Visitor(port).ask(path)[0] for path in READERS} == dict.fromkeys(READERS, 200)
        answers = {name: Visitor(port).send(path, fields) for name, (path, fields, _) in sent.items()}
        time.sleep(5)
        known = len(mail.taken)
        time.sleep(10)
        assert len(mail.taken) - known <= LINES * A_LINE
    for name, (status, retry_after, page) in answers.items():
        is_done = status == sent[name][2]
        assert is_done or (status, retry_after) == (503, "300"), (name, status, page)
        assert is_done or "Nothing can be saved just now" in page
    _, left, suppressed, requests = facts(site)
    is_left = answers["leaving"][0] == 200
    # The journal's line may have found room where the database had none: then it holds, as after a crash.
    assert (left, suppressed) in ({(1, 1)} if is_left else {(0, 0), (1, 1)})
    assert requests - requests_before == (answers["sign-up"][0] == 200)
    # The same again, now that there is room.
    again = {name: Visitor(port).send(path, fields)[0] for name, (path, fields, _) in sent.items()}
    assert again == {name: status for name, (_, _, status) in sent.items()}
    wait_until(lambda: facts(site)[0] == "sent", seconds=300)
    readers = {address: times for address, times in mail.recipients.items() if address.startswith("reader")}
    assert len(readers) >= PEOPLE - 1
    assert sum(times - 1 for times in readers.values()) <= LINES * A_LINE
    end(process)


def test_a_disk_that_is_read_only_from_the_start_serves_readers_and_tells_the_others(site, disk, mail):
    sent = forms(site)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    process, port = serve(site)
    assert {path: Visitor(port).ask(path)[0] for path in READERS} == dict.fromkeys(READERS, 200)
    for name, (path, fields, _) in sent.items():
        status, retry_after, page = Visitor(port).send(path, fields)
        assert (name, status, retry_after) == (name, 503, "300"), page
    told = site.manage("safe")
    assert "The disk of the database is read-only" in told.stdout, told
    time.sleep(10)
    assert mail.taken == []
    end(process)
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert facts(site)[1:] == (0, 0, 0)
    process, port = serve(site)
    assert Visitor(port).send(*sent["leaving"][:2])[0] == 200
    wait_until(lambda: facts(site)[0] == "sent", seconds=300)
    # Whoever left may have been mailed just before.
    assert len([address for address in mail.recipients if address.startswith("reader")]) >= PEOPLE - 1
    assert max(mail.recipients.values()) == 1
    end(process)
