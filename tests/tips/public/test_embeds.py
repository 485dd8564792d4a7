"""A tip in somebody else's page: what may be framed, what nginx leaves alone, and what oEmbed says of it."""

import json
import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from tests.tips.making import ago, hidden_tips, make_tip
from tests.tipsite.pages.asking import Readers
from tips.models import FormerSlug, TipState
from tipsite.pages import page_files
from tipsite.pages.page import Page, Response
from tipsite.pages.state import State

pytestmark = pytest.mark.django_db
STATE = State(1, (1, 1, 1), 0, 9, 0, 9, 1)


def oembed(client, url, **more):
    return client.get(f"/oembed/?{urlencode({'url': url, **more})}")


def test_an_embed_may_be_framed_by_anybody_and_asks_for_nothing_else(client):
    tip = make_tip("Say “sorry” <once>", takeaway="Then put it right.")
    for url in (f"/embed/{tip.slug}/", "/embed/tip-of-the-week/"):
        answer = client.get(url)
        html = answer.content.decode()
        assert answer.status_code == 200
        assert "X-Frame-Options" not in answer
        assert "frame-ancestors *" in answer["Content-Security-Policy"]
        assert "Then put it right." in html
        assert "Say “sorry” &lt;once&gt;" in html
        assert re.findall("<(?:form|script|link|img|input|iframe)", html) == []
        assert {*re.findall(r"<a ([^ ]+) ", html)} == {'target="_top"'}
        # The policy lets this style in and no other.
        style = re.search("<style>(.*?)</style>", html, re.DOTALL)[1]
        assert (
            f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"
            in (answer["Content-Security-Policy"])
        )


def test_nothing_else_may_be_framed(client):
    tip = make_tip()
    for url in ("/", tip.get_absolute_url(), "/embed/nothing/", "/subscribe/", "/oembed/"):
        answer = client.get(url)
        assert answer["X-Frame-Options"] == "DENY", url
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_an_embed_is_below_three_kilobytes_however_long_its_texts_are(client):
    tip = make_tip("“Why” & " * 25, slug="y" * 220, takeaway="“Because” & so on. " * 200)
    assert len(client.get(f"/embed/{tip.slug}/").content) < 3000
    assert len(client.get("/embed/tip-of-the-week/").content) < 3000


def test_an_embed_keeps_to_the_schedule_of_its_tip(client):
    for tip in hidden_tips():
        status = 410 if tip.state == TipState.WITHDRAWN else 404
        for answer in (client.get(f"/embed/{tip.slug}/"), oembed(client, _full(tip))):
            assert answer.status_code == status
            assert "Hidden" not in answer.content.decode()
    assert "on its way" in client.get("/embed/tip-of-the-week/").content.decode()
    now = make_tip("Now", slug="now")
    FormerSlug.objects.create(slug="before", tip=now)
    moved = client.get("/embed/before/")
    assert (moved.status_code, moved["Location"], moved["Cache-Control"]) == (301, "/embed/now/", "no-cache")


def test_the_tip_of_the_week_is_the_newest_full_one_of_its_moment(client):
    make_tip("Undated", undated=True)
    assert "Undated" in client.get("/embed/tip-of-the-week/").content.decode()
    first = make_tip("First of two", publish_at=ago(days=8), takeaway="Listen.")
    make_tip("A teaser", body="", excerpt="Cut off", publish_at=ago(days=1))
    make_tip("Second of two", publish_at=timezone.now() + timedelta(hours=1))
    answer = client.get("/tip-of-the-week.json")
    said = json.loads(answer.content)
    assert (said["title"], said["takeaway"]) == ("First of two", "Listen.")
    assert said["url"].endswith(first.get_absolute_url())
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "First of two" in client.get("/embed/tip-of-the-week/").content.decode()


def test_nginx_is_given_pages_and_no_embed():
    tip = make_tip()
    readers = Readers()

    def is_for_nginx(url):
        answer = readers.get(url)
        said = [
            (name, value) for name, value in answer.headers.items() if name not in ("etag", "content-length")
        ]
        # What a site on the net says besides.
        said = [*said, ("strict-transport-security", page_files.HEADERS["Strict-Transport-Security"])]
        said = [pair for pair in said if pair[0] not in ("last-modified", "content-encoding")]
        return page_files._is_for_nginx(Page(Response("200 OK", said, answer.body), STATE))

    assert is_for_nginx(tip.get_absolute_url())
    assert not is_for_nginx(f"/embed/{tip.slug}/")
    assert not is_for_nginx("/embed/tip-of-the-week/")
    assert readers.store.count == 3


# --- oEmbed -----------------------------------------------------------------------------------------------


def _full(tip):
    return f"http://localhost:8000{tip.get_absolute_url()}"


def test_oembed_answers_with_a_frame_as_the_specification_has_it(client):
    tip = make_tip('Say "sorry" <once>')
    answer = oembed(client, f"{_full(tip)}?utm_source=mail#text", format="json")
    assert answer["Content-Type"] == "application/json"
    said = json.loads(answer.content)
    assert (said["version"], said["type"], said["title"]) == ("1.0", "rich", tip.title)
    assert f'src="http://localhost:8000/embed/{tip.slug}/"' in said["html"]
    assert 'title="Say &quot;sorry&quot; &lt;once&gt;"' in said["html"]
    assert f'width="{said["width"]}" height="{said["height"]}"' in said["html"]
    small = json.loads(oembed(client, _full(tip), maxwidth=320, maxheight=100).content)
    assert (small["width"], small["height"]) == (320, 100)
    for odd in ("0", "-3", "99999999", "x", "²", ""):
        assert json.loads(oembed(client, _full(tip), maxwidth=odd).content)["width"] == said["width"]


def test_oembed_knows_pages_of_tips_and_no_other(client, settings):
    make_tip("Now", slug="now")
    over = make_tip("Über", slug="über")
    site = settings.SITE_URL
    for path in ("/tips/now/", "/embed/now/", "/embed/tip-of-the-week/", "/", "", over.get_absolute_url()):
        assert oembed(client, site + path).status_code == 200, path
    strange = [
        "",
        "/tips/now/",
        "x",
        "http://[",
        "https://other.example/tips/now/",
        f"{site}/tips/",
        site + "/x" * 5000,
    ]
    for url in (*strange, f"{site}/tips/none/", f"{site}/admin/", f"{site}@other.example/tips/now/", "\x00"):
        answer = oembed(client, url)
        assert (answer.status_code, "error" in json.loads(answer.content)) == (404, True), url
    assert oembed(client, f"{site}/tips/now/", format="xml").status_code == 501


def test_pages_say_where_their_embed_is_to_be_had(client):
    tip = make_tip("Now", slug="now")
    for path, embed in ((tip.get_absolute_url(), "/embed/now/"), ("/", "/embed/tip-of-the-week/")):
        html = client.get(path).content.decode()
        url = re.search(r'type="application/json\+oembed" href="http://localhost:8000(.*?)"', html)[1]
        assert f"{embed}\\" in client.get(url.replace("&amp;", "&")).content.decode()
