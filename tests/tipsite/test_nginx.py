"""The shipped site file of nginx, before the site's own processes."""

import contextlib
import os
import re
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.tipsite import nginx
from tests.tipsite.nginx import HOST, ask
from tests.tipsite.pages.changes import TIPS, Desk
from tests.tipsite.processes import Site, wait_until

pytestmark = [nginx.needs_nginx, pytest.mark.processes, pytest.mark.once]
# What each of two servers says of itself alone.
OF_A_SERVER = set(
    "date server connection transfer-encoding content-length etag last-modified accept-ranges".split()
)


@pytest.fixture(scope="module")
def front(prepared_site, tmp_path_factory):
    """nginx in front of a real site; ``front.site`` runs it, on ``front.site_port``."""
    site = Site(prepared_site.folder, prepared_site.environment["DATABASE_URL"])
    with nginx.in_front_of(site, tmp_path_factory.mktemp("nginx")) as front:
        yield front


def directly(front, path, method="GET", **headers):
    """What the site answers to nginx."""
    connection = nginx.http.client.HTTPConnection("127.0.0.1", front.site_port, timeout=60)
    answer = ask(connection, path, method, X_Forwarded_Proto="https", X_Forwarded_For="127.0.0.1", **headers)
    connection.close()
    return answer


def told(headers):
    """What headers say, but for how a value is quoted, and for an order that says nothing."""
    there = {name.lower(): value.replace('"utf-8"', "utf-8") for name, value in headers.items()}
    if "content-security-policy" in there:
        there["content-security-policy"] = sorted(there["content-security-policy"].split("; "))
    return {name: value for name, value in there.items() if name not in OF_A_SERVER}


def at_once(front, number, path):
    """The answers to so many requests from one address that are sent at the same moment."""
    together = threading.Barrier(number)

    def click(_):
        with contextlib.closing(front.connect()) as connection:
            together.wait(timeout=120)
            return ask(connection, path)

    with ThreadPoolExecutor(number) as colleagues:
        return list(colleagues.map(click, range(number)))


def test_two_hundred_colleagues_behind_one_address_get_the_page_at_once(front):
    assert Counter(status for status, _, _ in at_once(front, 200, "/")) == {200: 200}


def test_pages_keep_the_headers_of_the_site_and_styles_come_as_the_site_would_send_them(front):
    status, headers, page = front.ask("/")
    assert (status, told(headers)) == (200, told(directly(front, "/")[1]))
    style = re.search(r'"(/static/site\.[0-9a-f]{12}\.css)"', page)[1]
    status, headers, _ = front.ask(style, Accept_Encoding="gzip")
    ours = directly(front, style, Accept_Encoding="gzip")[1]
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert told(headers) == told(ours)
    assert headers["Content-Length"] == ours["Content-Length"]
    for path in ("/static/bell.svg", "/static/gone.css"):
        status, headers, _ = front.ask(path)
        theirs = directly(front, path)
        assert (status, told(headers)) == (theirs[0], told(theirs[1]))


def from_file(front, path, method="GET", **headers):
    """The answer for which nginx asks nobody: it has no tag. Wait until there is one."""

    def asked():
        answer = front.ask(path, method, **headers)
        return answer if answer[1]["ETag"] is None else None

    return wait_until(asked)


def test_a_finished_page_comes_from_a_file_as_the_site_would_send_it(front):
    for coding in ("gzip", "identity"):
        status, headers, text = from_file(front, "/tips/", Accept_Encoding=coding)
        ours = directly(front, "/tips/", Accept_Encoding=coding)
        assert (status, told(headers), text) == (200, told(ours[1]), ours[2])
        assert headers["Content-Length"] == ours[1]["Content-Length"]
    date = headers["Last-Modified"]
    status, headers, text = from_file(front, "/tips/", If_Modified_Since=date)
    assert (status, headers["Last-Modified"], text) == (304, date, "")
    assert from_file(front, "/tips/", "HEAD")[::2] == (200, "")
    assert from_file(front, "/tips/", Cookie="theme=dark")[0] == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/tips/", {"Cookie": "a=b; sessionid=nobody"}),
        ("/tips/", {"Authorization": "Basic YTpi"}),
        ("/tips/", {"Authorization": "no "}),
        ("/tips/", {"If_None_Match": '"other"'}),
        ("/tips/", {"Range": "bytes=0-9"}),
        ("/tips/", {"Host": "other.example"}),
        ("/tips/?page=2", {}),
        ("/tips/?", {}),
        ("//tips/", {}),
        ("/./tips/", {}),
        ("/%74ips/", {}),
        ("/tips", {}),
        ("/live/", {}),
        ("/feed/", {}),
    ],
)
def test_what_is_not_everybodys_is_answered_by_the_site(front, path, headers):
    from_file(front, "/tips/")
    for method in ("GET", "HEAD", "POST"):
        status, said, text = front.ask(path, method, **headers)
        ours = directly(front, path, method, **headers)
        assert (status, said["ETag"], said["Location"], text) == (
            ours[0],
            ours[1]["ETag"],
            ours[1]["Location"],
            ours[2],
        )


def test_a_change_by_whoever_is_seen_though_the_page_comes_from_a_file(front):
    assert front.site.manage("shell", "-v0", "-c", TIPS).returncode == 0
    desk = Desk(front.site.environment["DATABASE_URL"])
    with contextlib.closing(desk.connection):
        from_file(front, "/tips/said-often/")
        desk.run("UPDATE tips_tip SET title = 'Said 1 times' WHERE slug = 'said-often'")
        wait_until(lambda: "Said 1 times" in front.ask("/tips/said-often/")[2])
        # It goes live though nobody asks the site at that moment.
        desk.let_go_live(time.time() + 4)
        wait_until(lambda: "said-soon" in front.ask("/tips/")[2])
        desk.run("UPDATE tips_tip SET state = 'withdrawn' WHERE slug = 'said-often'")
        wait_until(lambda: front.ask("/tips/said-often/")[0] == 410)


def test_a_page_whose_file_is_taken_away_just_then_comes_from_the_site(front):
    from_file(front, "/tips/")
    ended, live, other = threading.Event(), front.pages / "live", front.pages / "other"

    def take_away():
        while not ended.is_set():
            kept = os.readlink(live)
            for name in ("nowhere", kept):
                os.symlink(name, other)
                os.rename(other, live)

    thread = threading.Thread(target=take_away)
    thread.start()
    try:
        with contextlib.closing(front.connect()) as connection:
            assert Counter(ask(connection, "/tips/")[0] for _ in range(600)) == {200: 600}
    finally:
        ended.set()
        thread.join()


def test_it_speaks_http2_and_leads_from_http_to_https(front):
    context = nginx.any_certificate()
    context.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection(("127.0.0.1", front.port))
    with context.wrap_socket(plain, server_hostname=HOST) as secure:
        assert secure.selected_alpn_protocol() == "h2"
        assert secure.version() in ("TLSv1.2", "TLSv1.3")
    connection = nginx.http.client.HTTPConnection("127.0.0.1", front.plain_port, timeout=60)
    status, headers, _ = ask(connection, "/tips/?page=2")
    connection.close()
    assert (status, headers["Location"]) == (301, f"https://{HOST}/tips/?page=2")


def test_what_it_refuses_is_said_in_the_words_of_the_site(front):
    kept_from_all = [front.ask(path) for path in ("/readyz", "/metrics")]
    with_too_much = front.ask("/subscribe/", "POST", body=b"x" * 2_000_000)
    in_a_hurry = at_once(front, 60, "/healthz/safe")
    assert {status for status, _, _ in in_a_hurry} <= {200, 503, 429}
    refused = next(each for each in in_a_hurry if each[0] == 429)
    kept = from_file(front, "/tips/")
    front.end_site()
    assert front.ask("/tips/")[2] == kept[2]
    away = front.ask("/tips/page/99/")
    for answered, status, words, seconds in [
        *((each, 404, "There is no page at this address", None) for each in kept_from_all),
        (with_too_much, 413, "What you sent is too large", None),
        (refused, 429, "Very many pages were asked for at once", "5"),
        (away, 502, "This page cannot be had just now", "10"),
    ]:
        assert (answered[0], answered[1]["Retry-After"]) == (status, seconds)
        assert f"<h1>{words}" in answered[2]
        assert "| Whistle and Bell</title>" in answered[2]
        assert "style-src 'self'" in answered[1]["Content-Security-Policy"]
        assert answered[1]["Cache-Control"] == "no-store"
    style = re.search(r'"(/static/site\.[^"]+)"', away[2])[1]
    assert front.ask(style)[0] == 200
    # Nobody asks for these pages by their own addresses.
    assert front.ask("/static/error-pages/429.html")[0] == 404
    assert "/healthz/safe" in (front.folder / "tips.log").read_text()
