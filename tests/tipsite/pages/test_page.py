"""One kept response: which may be kept, its codings, and who has it already."""

import gzip

import brotli
import pytest
from django.utils.http import http_date

from tests.tipsite.pages.pages import make_page, response
from tipsite.pages.page import LARGEST, is_for_everybody, preferred

LONG = b"<p>Listen before you answer.</p>" * 100
MODIFIED = 1_750_000_000


def ask(page, method="GET", **headers):
    environ = {"REQUEST_METHOD": method, **{f"HTTP_{name.upper()}": value for name, value in headers.items()}}
    answer = page.answer(environ, "")
    return answer.status, dict(answer.headers), answer.body


@pytest.mark.parametrize(
    ("is_kept", "answer"),
    [
        (True, response()),
        (True, response(line="404 Not Found")),
        (True, response(line="410 Gone")),
        (True, response(line="301 Moved Permanently", headers=[("Location", "/tips/call-back/")])),
        (True, response(headers=[("Cache-Control", "public, max-age=60")])),
        (False, response(headers=[("Set-Cookie", "a=b")])),
        (False, response(headers=[("Cache-Control", "private, max-age=60")])),
        (False, response(headers=[("Cache-Control", "No-Store")])),
        (False, response(headers=[("Vary", "Accept-Encoding, Cookie")])),
        (False, response(headers=[("Vary", "*")])),
        (False, response(headers=[("Content-Encoding", "gzip")])),
        (False, response(line="302 Found")),
        (False, response(line="403 Forbidden")),
        (False, response(line="429 Too Many Requests")),
        (False, response(line="500 Internal Server Error")),
        (False, response(b"x" * (LARGEST + 1))),
    ],
)
def test_nothing_is_kept_but_what_is_everybodys_and_not_too_large(is_kept, answer):
    assert is_for_everybody(answer) is is_kept


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("GZIP", "gzip"),
        ("br;q=0.1, gzip;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0", ""),
        ("*", "br"),
        ("*;q=0", ""),
        ("br;q=0, *", "gzip"),
        ("identity", ""),
        ("br;q=none", ""),
        (";;,=,", ""),
    ],
)
def test_a_coding_is_sent_that_the_reader_takes(accepted, coding):
    assert preferred(accepted) == coding


def test_each_coding_holds_the_same_page_under_a_strong_tag_of_its_own():
    page = make_page(LONG)
    plain, zipped, brotlied = (ask(page, accept_encoding=coding) for coding in ("", "gzip", "br"))
    assert plain[2] == gzip.decompress(zipped[2]) == brotli.decompress(brotlied[2]) == LONG
    tags = [headers["ETag"] for _, headers, _ in (plain, zipped, brotlied)]
    assert len({*tags}) == 3
    assert not any(tag.startswith("W/") for tag in tags)
    for _, headers, body in (plain, zipped, brotlied):
        assert headers["Content-Length"] == str(len(body))
    assert ask(make_page(LONG), accept_encoding="br") == brotlied
    assert "Content-Encoding" not in ask(make_page(b"short"), accept_encoding="br")[1]


def test_who_has_a_page_already_is_told_so():
    page = make_page(LONG)
    _, headers, _ = ask(page)
    tag = headers["ETag"]
    same, later, earlier = (http_date(MODIFIED + seconds) for seconds in (0, 9, -9))
    assert headers["Last-Modified"] == same
    statuses = {
        304: [
            {"if_none_match": tag},
            {"if_none_match": f'"other", W/{tag}'},
            {"if_none_match": "*"},
            {"if_modified_since": same},
            {"if_none_match": tag, "if_modified_since": earlier},
        ],
        200: [
            {"if_none_match": '"other"'},
            {"if_none_match": '"other"', "if_modified_since": later},
            {"if_none_match": tag, "accept_encoding": "br"},
            {"if_modified_since": earlier},
            # Of another process, of what was before.
            {"if_modified_since": later},
            {"if_modified_since": "yesterday"},
            {"if_match": tag},
            {"if_unmodified_since": same},
        ],
        412: [{"if_match": '"other"'}, {"if_match": f"W/{tag}"}, {"if_unmodified_since": earlier}],
    }
    for status, asked in statuses.items():
        assert [ask(page, **each)[0] for each in asked] == [status] * len(asked)
    not_modified = ask(page, if_none_match=tag)
    assert not_modified[2] == b""
    assert not_modified[1].keys() == {
        "Cache-Control",
        "ETag",
        "Last-Modified",
        "Vary",
        "X-Content-Type-Options",
    }


def test_head_is_answered_as_get_without_the_body():
    page = make_page(LONG)
    status, headers, body = ask(page, "HEAD", accept_encoding="br")
    assert (status, headers, body) == (200, ask(page, accept_encoding="br")[1], b"")


def test_a_date_of_its_own_stays():
    for own in (MODIFIED - 5, MODIFIED + 5, MODIFIED + 10**9):
        page = make_page(headers=[("Last-Modified", http_date(own))])
        assert ask(page)[1]["Last-Modified"] == http_date(own)
    assert "Last-Modified" not in ask(make_page(line="404 Not Found"))[1]
