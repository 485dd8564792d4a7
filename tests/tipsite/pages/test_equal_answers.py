"""The same answers with kept pages as without, whatever is asked."""

import random
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.tips.making import make_tip
from tests.tipsite.pages.asking import HOST, Readers
from tips.models import FormerSlug, TipState

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
# By design: kept pages have strong tags and dates, and are compressed once, without padding.
OF_KEPT_PAGES = {"etag", "last-modified", "content-encoding", "content-length"}

# Of each, more of what most readers ask.
METHODS = ["GET"] * 12 + ["HEAD"] * 3 + "POST OPTIONS PUT DELETE PATCH TRACE BREW get".split()
HOSTS = [HOST] * 12 + [
    HOST.upper(),
    f"{HOST}, {HOST}",
    "localhost",
    "127.0.0.1:8000",
    "other.example",
    "",
    "a b",
]
SCHEMES = ["http"] * 12 + ["https"]
PATHS = """
    / // /tips/ /tips/page/1/ /tips/page/2/ /tips/page/9/ /tips /tips/call-back/ /tips/CALL-Back/ /tips/once/
    /tips/nothing/ /tips/gone/ /tips/teaser/ /tips/hidden/ /tips/draft/ /tips/\xff/ /tips/\xc3\xbcber/
    /category/sports/ /category/sports/page/2/ /category/none/ /tag/phone/ /tag/phone/feed/ /tag/Phone/ /2026/
    /2026/02/ /2026/13/ /1999/ /feed/ /feed/atom/ /feed/json/ /feed /sitemap.xml /sitemap-tips.xml
    /sitemap-none.xml /robots.txt /search/ /subscribe/ /subscribe/again/ /subscribe/preferences/ /privacy/
    /unsubscribe/ /unsubscribe/a-token/ /preview/a-token/ /admin/ /healthz /no/such/page /wp-login.php /%2e
    /media/none.png /static/none.css
""".split()
QUERIES = """
    utm_source=mail utm_source=a&utm_medium=b fbclid=1 x=1 p=2 %70=2 p=none q=call q= page=2 category=sports
    &&&= a=%ff preview=a-token
""".split()
QUERIES += ["", "", "", "", "x" * 3000]
# A token of another form than Django's own is answered with a new one; kept pages set no cookie.
HEADERS = {
    "cookie": [
        f"csrftoken={'x' * 32}",
        "sessionid=nobody",
        "a=b; sessionid=nobody",
        "messages=x",
        "c" * 8000,
        "=",
    ],
    "authorization": ["Basic YTpi", "Bearer x"],
    "range": ["bytes=0-9", "bytes=900000-", "none"],
    "accept_encoding": "gzip|br|gzip, br|gzip;q=0.5, br;q=0.1|*|identity|GZIP|;;,=|br;q=x|gzip;q=0".split(
        "|"
    ),
    "accept": ["text/plain", "*/*"],
    "accept_language": ["de"],
    "if_none_match": ["*", '"other"', "W/OWN", '"a", OWN, W/"b"', "OWN", "none"],
    "if_match": ["*", '"other"'],
    "if_modified_since": ["yesterday"],
    "user_agent": ["", "Feed reader/1"],
    "x_forwarded_proto": ["https", "http, https"],
    "x_forwarded_host": ["other.example"],
    "x_forwarded_for": ["192.0.2.1, 198.51.100.2"],
    "x_http_method_override": ["DELETE"],
    "expect": ["100-continue"],
    "referer": ["https://other.example/"],
}


def requests(count, seed):
    """Yield (method, url, host, scheme, headers) of many a request, the same ones for a seed."""
    chosen = random.Random(seed)
    for _ in range(count):
        query = chosen.choice(QUERIES)
        names = chosen.sample(sorted(HEADERS), chosen.choice([0, 1, 1, 2, 3]))
        headers = {name: chosen.choice(HEADERS[name]) for name in names}
        url = chosen.choice(PATHS) + (f"?{query}" if query else "")
        yield chosen.choice(METHODS), url, chosen.choice(HOSTS), chosen.choice(SCHEMES), headers


def asked(readers, method, url, host, scheme, headers):
    """Return (status, headers, body) of an answer, without what kept pages have by design."""
    if "OWN" in headers.get("if_none_match", ""):
        # Whoever was here before has the tag of what they were sent.
        codings = {name: value for name, value in headers.items() if name == "accept_encoding"}
        before = readers.ask("GET", url, host, scheme, **codings)
        tag = before.headers.get("etag", '"none"').removeprefix("W/")
        headers = {**headers, "if_none_match": headers["if_none_match"].replace("OWN", tag)}
    answer = readers.ask(method, url, host, scheme, **headers)
    # RFC 9110, 15.4.5: it belongs there, and Django forgets it where another header comes later.
    by_design = OF_KEPT_PAGES | ({"vary"} if answer.status == 304 else set())
    said = {name: value for name, value in answer.headers.items() if name not in by_design}
    if "set-cookie" in said:
        # A token is another one each time.
        said["set-cookie"] = said["set-cookie"].partition("=")[0]
    return answer.status, said, answer.body


def make_archive():
    for number in range(12):
        at = NOON - timedelta(days=number + 1)
        make_tip(f"Tip {number}", publish_at=at, tags=["phone"], categories=["Sports"])
    call = make_tip("Call back", slug="call-back", publish_at=NOON - timedelta(days=30))
    FormerSlug.objects.create(slug="once", tip=call)
    make_tip("Undated", undated=True, publish_at=None)
    make_tip("Teaser", slug="teaser", body="", excerpt="It begins.")
    make_tip("Gone", slug="gone", state=TipState.WITHDRAWN)
    make_tip("Draft", slug="draft", state=TipState.DRAFT, publish_at=None)
    make_tip("Hidden", slug="hidden", publish_at=NOON + timedelta(days=5))


def differences(count, seed):
    make_archive()
    kept, plain = Readers(), Readers(megabytes=0)
    found = []
    for request in requests(count, seed):
        with_store, without = asked(kept, *request), asked(plain, *request)
        if with_store != without:
            found.append((request, with_store[:2], without[:2]))
    assert kept.store.counts.hits > count / 10
    return found


@time_machine.travel(NOON, tick=False)
def test_kept_pages_answer_as_all_others_do():
    assert differences(200, seed=1) == []


@pytest.mark.soak
@time_machine.travel(NOON, tick=False)
def test_kept_pages_answer_many_a_request_as_all_others_do():
    assert differences(2000, seed=2) == []
