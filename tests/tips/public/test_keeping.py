"""Each page that may be kept tells of all that changes it: rows by triggers, moments, parameters."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tips import triggers
from tips.models import FormerPath, FormerSlug, Page, Series, SeriesPart, TipState, Word
from tips.public import keeping

pytestmark = pytest.mark.django_db
FEEDS = (("rss", ""), ("atom", "atom/"), ("json", "json/"))
# One page of each kind, and those that lead elsewhere or are gone.
PAGES = {
    "tips:home": ["/"],
    "tips:detail": ["/tips/call-back/", "/tips/once/", "/tips/gone/", "/tips/nothing/", "/tips/undated/"],
    "tips:robots": ["/robots.txt"],
    "tips:list": ["/tips/"],
    "tips:contents": ["/contents/"],
    "tips:contents_year": ["/contents/2019/", "/contents/1999/"],
    "tips:topics": ["/topics/"],
    "tips:huddle": ["/tips/call-back/huddle/", "/tips/once/huddle/", "/tips/gone/huddle/"],
    "tips:all_series": ["/series/"],
    "tips:series": ["/series/calls/", "/series/none/"],
    "tips:page": ["/team/", "/former/", "/nobody/"],
    "tips:topics_page": ["/topics/page/2/"],
    "tips:list_page": ["/tips/page/2/", "/tips/page/1/"],
    "tips:category": ["/category/sports/", "/category/none/"],
    "tips:category_page": ["/category/sports/page/2/"],
    "tips:tag": ["/tag/phone/", "/tag/none/"],
    "tips:tag_page": ["/tag/phone/page/2/"],
    "tips:year": ["/2019/"],
    "tips:year_page": ["/2019/page/2/"],
    "tips:month": ["/2019/04/"],
    "tips:month_page": ["/2019/04/page/2/"],
    **{f"tips:{kind}": [f"/feed/{path}"] for kind, path in FEEDS},
    **{f"tips:category_{kind}": [f"/category/sports/feed/{path}"] for kind, path in FEEDS},
    **{f"tips:tag_{kind}": [f"/tag/phone/feed/{path}"] for kind, path in FEEDS},
    "tips:sitemap": ["/sitemap.xml"],
    "tips:sitemap_part": ["/sitemap-tips.xml", "/sitemap-lists.xml"],
    "tips:search": ["/search/"],
    "tips:embed": ["/embed/call-back/", "/embed/once/", "/embed/gone/", "/embed/nothing/"],
    "tips:embed_current": ["/embed/tip-of-the-week/"],
    "tips:current_json": ["/tip-of-the-week.json"],
    "tips:calendar": ["/tips.ics"],
    "tips:oembed": ["/oembed/"],
    "subscribers:subscribe": ["/subscribe/"],
    "subscribers:again": ["/subscribe/again/"],
    "subscribers:ask": ["/subscribe/preferences/"],
    "subscribers:contact": ["/contact/"],
    "subscribers:privacy": ["/privacy/"],
}
TABLE = re.compile(r'(?:FROM|JOIN)\s+"?([a-z]+_[a-z_]+)"?', re.IGNORECASE)


@pytest.fixture
def read(client, monkeypatch):
    """A function that asks for a page, and returns its answer, the tables and the parameters that it read."""
    for number in range(12):
        at = f"2019-04-{number + 1:02}T11:00Z"
        make_tip(f"Tip {number}", publish_at=at, tags=["phone"], categories=["Sports"])
    call = make_tip(
        "Call back",
        slug="call-back",
        publish_at="2019-04-30T11:00Z",
        tags=["phone"],
        author=make_person("pia", "Editor"),
    )
    FormerSlug.objects.create(slug="once", tip=call)
    SeriesPart.objects.create(tip=call, series=Series.objects.create(name="Calls", slug="calls"), place=1)
    team = Page.objects.create(title="Team", path="/team/", body="<p>We are three.</p>", state="approved")
    FormerPath.objects.create(path="/former/", page=team)
    make_tip("Undated", slug="undated", undated=True, publish_at=None)
    make_tip("Gone", slug="gone", state=TipState.WITHDRAWN)
    # Common enough to say what is related to what.
    Word.objects.update(tips=3)
    one, all_of = QueryDict.__getitem__, QueryDict.getlist

    def read(url):
        tables, parameters = set(), set()

        def note(execute, sql, params, many, context):
            tables.update(TABLE.findall(sql))
            return execute(sql, params, many, context)

        def getitem(query, name):
            parameters.add(name)
            return one(query, name)

        def getlist(query, name, default=None):
            parameters.add(name)
            return all_of(query, name, default)

        # By the first, ``get`` asks as well.
        monkeypatch.setattr(QueryDict, "__getitem__", getitem)
        monkeypatch.setattr(QueryDict, "getlist", getlist)
        with connection.execute_wrapper(note):
            return client.get(url), tables, parameters

    return read


def test_each_kind_of_page_that_may_be_kept_is_tried_here():
    assert sorted(PAGES) == sorted(keeping.names())


def test_each_table_that_a_kept_page_reads_is_watched_or_says_why_not(read):
    watched = triggers.watched_tables()
    seen, wrong = set(), []
    for name, urls in PAGES.items():
        for url in urls:
            answer, tables, parameters = read(url)
            assert answer.status_code in (200, 301, 404, 410), url
            seen |= tables
            wrong += [(url, table) for table in tables - watched - keeping.UNWATCHED.keys()]
            assert parameters <= keeping.parameters_of(name), url
    assert wrong == []
    assert keeping.UNWATCHED.keys() - watched - seen == set()
    assert all(reason.endswith(".") for reason in keeping.UNWATCHED.values())


def test_no_page_that_may_be_kept_is_anybodys_own(read):
    for urls in PAGES.values():
        for url in urls:
            answer, _, _ = read(url)
            assert (url, answer.cookies, answer["Cache-Control"]) == (url, {}, "no-cache")
            assert answer.get("Vary", "Accept-Encoding") == "Accept-Encoding"


def test_no_page_that_may_be_kept_shows_anything_of_who_asks(read, client):
    client.cookies["marker"] = "marker"
    said = {
        "user-agent": "marker",
        "accept-language": "de",
        "x-forwarded-for": "192.0.2.9",
        "referer": "/marker/",
    }
    for urls in PAGES.values():
        for url in urls:
            plain, asked = Client().get(url), client.get(f"{url}?marker=marker&marker=2", headers=said)
            assert (url, asked.status_code, asked.content) == (url, plain.status_code, plain.content)


def test_moments_are_those_at_which_an_approved_or_a_withdrawn_tip_comes_due():
    now = timezone.now()
    assert keeping.moments_around(now) == (None, None)
    make_tip(publish_at=(last := ago(hours=2)))
    make_tip(publish_at=ago(days=2))
    make_tip(publish_at=(following := now + timedelta(hours=3)))
    make_tip(publish_at=following)
    make_tip(state=TipState.DRAFT, publish_at=now + timedelta(hours=1))
    make_tip(undated=True, publish_at=None)
    assert keeping.moments_around(now) == (last, following)
    # At the moment itself it has come.
    assert keeping.moments_around(following) == (following, None)
    gone = make_tip(state=TipState.WITHDRAWN, publish_at=now + timedelta(hours=2))
    assert keeping.moments_around(now) == (last, gone.publish_at)
