import json
import re
from datetime import UTC, timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.tips.making import ago, hidden_tips, make_tip
from tests.tips.people import make_person
from tips.models import Category, FormerSlug, Tag, Tip, TipState
from tips.public import overviews

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/",
    "/tips/",
    "/category/sports/",
    "/tag/phone/",
    "/search/?q=hidden",
    "/search/?q=listen",
    "/feed/",
    "/feed/atom/",
    "/feed/json/",
    "/category/sports/feed/",
    "/tag/phone/feed/json/",
    "/sitemap.xml",
]


def page(client, url, status=200):
    response = client.get(url)
    assert response.status_code == status, url
    return response.content.decode()


def titles_in(html, level="h3"):
    """The titles of a list's entries, with what stands beside them."""
    found = re.findall(rf"<{level}><a [^>]*>(.*?)</a>(.*?)</{level}>", html)
    marks = ((title, re.sub("<[^>]*>", "", mark).strip()) for title, mark in found)
    return [f"{title} ({mark})" if mark else title for title, mark in marks]


def head(html, pattern):
    match = re.search(pattern, html)
    return unescape(match[1]) if match else None


@pytest.fixture
def archive():
    """Twenty-five public tips in one category and one tag, and everything that is hidden."""
    made = [make_tip(publish_at=ago(weeks=n + 1), categories=["Sports"], tags=["phone"]) for n in range(25)]
    hidden_tips(categories=["Sports"], tags=["phone"])
    return made


def test_what_is_not_public_is_nowhere(client, archive):
    # The search page repeats what was asked for, as it was typed.
    assert [url for url in ADDRESSES if "Hidden" in page(client, url)] == []


def test_what_is_not_public_is_not_counted(client, archive):
    home = page(client, "/")
    assert re.findall(r'class="count">(\d+)<', home) == ["25", "25"]
    assert "25 tips" in page(client, "/tag/phone/")
    assert "page 1 of 3" in page(client, "/category/sports/")


def test_guessed_addresses_of_hidden_tips_are_not_found(client):
    for tip in hidden_tips():
        was_public = tip.state == TipState.WITHDRAWN
        response = client.get(tip.get_absolute_url())
        assert response.status_code == (410 if was_public else 404)
        if was_public:
            # It may be reinstated: nobody is to be told of the past for ever.
            assert response["Cache-Control"] == "no-cache"


def test_a_tip_withdrawn_before_its_day_is_not_found(client):
    tip = make_tip(state=TipState.WITHDRAWN, publish_at=timezone.now() + timedelta(days=1))
    page(client, tip.get_absolute_url(), 404)


def test_lists_without_a_public_tip_are_not_found(client):
    hidden_tips(categories=["Sports"], tags=["phone"])
    for url in ("/category/sports/", "/tag/phone/", "/tag/phone/feed/", "/category/sports/feed/atom/"):
        page(client, url, 404)
    for url in ("/category/sports/", "/tag/phone/"):
        page(client, f"{url}page/1/", 404)
        assert client.options(url).status_code == client.post(url).status_code == 404
    year = ago(days=2).year
    page(client, f"/{year}/", 404)
    assert "Sports" not in page(client, "/") + page(client, "/search/")


def test_pages_that_do_not_exist_are_not_found(client, archive):
    for end in ("page/0/", "page/-1/", "page/4/", "page/abc/", "page/1234567890/", "page/02/", "page/"):
        for url in ("/tips/", "/category/sports/", "/tag/phone/"):
            page(client, url + end, 404)


@pytest.mark.parametrize(
    "url", ["/tag/%00/", "/tag/a%00b/feed/", "/tips/%00/", "/tag/a/b/", "/sitemap-x.xml"]
)
def test_urls_that_nobody_made_are_not_found(client, url):
    page(client, url, 404)


def test_the_first_page_has_one_url(client, archive):
    response = client.get("/tag/phone/page/1/")
    assert (response.status_code, response["Location"]) == (301, "/tag/phone/")


def test_pages_of_results_that_do_not_exist_are_not_found(client, archive):
    for number in ("0", "-1", "abc", "99", "1234567890", "²", "", "000019999999999999"):
        page(client, f"/search/?q=listen&page={number}", 404)


def test_odd_filters_are_answered_calmly(client, archive):
    for query in (
        "year=abc",
        "year=99999999999",
        "year=00001999999999",
        "year=1",
        "year=9999",
        "year=²",
        "category=%00",
        "tag='--",
        "q=%00",
    ):
        page(client, f"/search/?q=listen&{query}")


def test_the_titles_of_lists_name_the_list_the_site_and_the_page(client, archive, settings):
    settings.SITE_NAME = "Weekly & Co"
    title = r"<title>(.*?)</title>"
    assert head(page(client, "/tag/phone/"), title) == "phone | Weekly & Co"
    assert head(page(client, "/tag/phone/page/2/"), title) == "phone | Weekly & Co - Page 2"
    assert head(page(client, "/category/sports/page/3/"), title) == "Sports | Weekly & Co - Page 3"


def test_a_list_has_ten_tips_and_says_where_the_others_are(client, archive, settings):
    html = page(client, "/tag/phone/page/2/")
    assert html.count('class="entry"') == 10
    site = settings.SITE_URL
    assert head(html, r'<link rel="prev" href="(.*?)"') == f"{site}/tag/phone/"
    assert head(html, r'<link rel="next" href="(.*?)"') == f"{site}/tag/phone/page/3/"
    assert head(html, r'<link rel="canonical" href="(.*?)"') == f"{site}/tag/phone/page/2/"


def test_only_years_and_months_that_hold_a_public_tip_are_offered(client):
    for year, month in ((2017, 3), (2017, 11), (2021, 6)):
        make_tip(publish_at=timezone.datetime(year, month, 9, tzinfo=UTC))
    make_tip(state=TipState.DRAFT, publish_at=timezone.datetime(2019, 4, 2, tzinfo=UTC))
    make_tip(state=TipState.WITHDRAWN, publish_at=timezone.datetime(2017, 8, 1, tzinfo=UTC))
    make_tip(undated=True)
    for url, before in (("/tips/", ""), ("/contents/", "/contents"), ("/contents/2017/", "/contents")):
        offered = re.findall(rf'href="{before}(/[0-9]{{4}}/)"', page(client, url))
        assert offered == ["/2021/", "/2017/"], url
    page(client, "/contents/2016/", 404)
    assert re.findall(r'<option value="[0-9]{4}">([0-9]{4})</option>', page(client, "/search/")) == [
        "2021",
        "2017",
    ]
    assert re.findall(r'href="(/2017/[0-9]{2}/)"', page(client, "/2017/")) == ["/2017/03/", "/2017/11/"]


def test_years_and_months_are_those_of_the_sites_zone(client):
    # Eight in the evening of New Year's Eve in New York.
    tip = make_tip(
        "Late in the year", publish_at=timezone.datetime.fromisoformat("2020-01-01T01:00:00+00:00")
    )
    for url in ("/2019/", "/2019/12/"):
        assert tip.title in page(client, url)
    for url in ("/2020/", "/2020/01/", "/2019/11/", "/2019/13/", "/0000/", "/9999/", "/2019/1/"):
        page(client, url, 404)
    assert 'href="/2019/12/"' in page(client, "/2019/")
    assert head(page(client, "/2019/12/"), "<h1>(.*?)</h1>") == "December 2019"


def test_the_contents_are_the_titles_of_a_year_and_what_has_no_date(client):
    for year, title in ((2019, "An old one"), (2021, "A new one"), (2021, "Another")):
        make_tip(title, publish_at=timezone.datetime(year, 5, 4, 12, tzinfo=UTC))
    make_tip("Whenever", undated=True)
    hidden_tips()
    html = page(client, "/contents/")
    assert re.findall(r'<a href="/tips/[^"]+">(.*?)</a>', html) == ["A new one", "Another", "Whenever"]
    assert "May 4" in html
    assert re.findall(r'<a href="/tips/[^"]+">(.*?)</a>', page(client, "/contents/2019/")) == ["An old one"]


def test_topics_come_by_use_two_hundred_to_a_page(client, monkeypatch):
    monkeypatch.setattr(overviews, "TOPICS", 2)
    for tags in (["b", "c"], ["b", "c"], ["b", "a"]):
        make_tip(tags=tags, categories=["Sports"])
    hidden_tips(tags=["secret"])
    first, second = page(client, "/topics/"), page(client, "/topics/page/2/")
    assert re.findall(r'href="/tag/([^"]+)/"', first) == ["b", "c"]
    assert re.findall(r'href="/tag/([^"]+)/"', second) == ["a"]
    assert "3 tips" in first
    assert ("/category/sports/" in first, "/category/sports/" in second) == (True, False)
    page(client, "/topics/page/3/", 404)
    assert client.get("/topics/page/1/")["Location"] == "/topics/"


def test_a_tip_says_of_itself_what_machines_ask(client):
    tip = make_tip(
        "Say “sorry” </script> once",
        publish_at=timezone.datetime.fromisoformat("2020-01-01T01:00:00+00:00"),
        categories=["Sports"],
        tags=["phone"],
        excerpt="In short.",
    )
    html = page(client, tip.get_absolute_url())
    data = json.loads(head(html, r'<script type="application/ld\+json">(.*?)</script>'))
    assert data["@type"] == "Article"
    assert data["headline"] == tip.title
    assert data["datePublished"] == "2019-12-31"
    assert (data["articleSection"], data["keywords"]) == (["Sports"], ["phone"])
    assert data["description"] == head(html, r'<meta name="description" content="(.*?)"') == "In short."
    assert head(html, r'<meta property="og:title" content="(.*?)"') == tip.title
    assert head(html, r'<link rel="canonical" href="(.*?)"').endswith(tip.get_absolute_url())
    assert html.count("<h1") == 1


def test_an_undated_tip_shows_no_date(client):
    tip = make_tip(undated=True)
    html = page(client, tip.get_absolute_url())
    assert "<time" not in html
    assert "datePublished" not in html
    assert "published_time" not in html


def test_a_teaser_shows_its_excerpt_and_asks_not_to_be_indexed(client):
    tip = make_tip(body="", excerpt="Cut off in the")
    html = page(client, tip.get_absolute_url())
    assert "Cut off in the…" in html
    assert "has still to be brought over" in html
    assert 'content="noindex"' in html
    assert tip.slug not in page(client, "/feed/") + page(client, "/sitemap.xml")
    assert tip.title in page(client, "/tips/")


def test_a_list_says_what_to_take_from_each_tip_and_marks_what_is_only_an_excerpt(client):
    make_tip("Hold on", body="<p>First this.</p>", takeaway="Then <that>.", publish_at=ago(days=1))
    make_tip("Without one", body="<p>Some lines.</p>", takeaway="", publish_at=ago(days=2))
    make_tip("Old", body="", excerpt="Cut off in the", publish_at=ago(days=3))
    html = page(client, "/tips/")
    assert re.findall(r"<p>(.*?)</p>\s+</div>", html) == [
        "Then &lt;that&gt;.",
        "Some lines.",
        "Cut off in the…",
    ]
    assert titles_in(html, "h2") == ["Hold on", "Without one", "Old (Excerpt)"]
    # One link to each tip.
    assert html.count('href="/tips/hold-on') == 1


def test_home_has_the_takeaway_of_its_tip_once(client):
    make_tip("Hold on", body="<p>First this.</p>", takeaway="Then <that>.")
    assert page(client, "/").count("Then &lt;that&gt;.") == 1


def test_a_category_that_narrows_nothing_is_neither_a_way_nor_stands_beside_a_tip(client):
    for n in range(3):
        tip = make_tip(
            publish_at=ago(days=n), categories=["Tip of the Week", *(["Sports"] if n == 2 else [])]
        )
    for url in ("/", tip.get_absolute_url()):
        html = page(client, url)
        assert 'href="/category/sports/"' in html
        assert 'href="/category/tip-of-the-week/"' not in html
    assert 'href="/category/tip-of-the-week/"' in page(client, "/topics/")


def test_the_takeaway_follows_the_body_once(client):
    tip = make_tip(body="<p>First this.</p>", takeaway="Then <that>.")
    html = page(client, tip.get_absolute_url())
    assert html.count("Then &lt;that&gt;.") == 1
    assert html.index("First this.</p>") < html.index("Then &lt;that&gt;.")


def test_home_leads_with_the_newest_full_tip_and_names_each_link(client):
    make_tip("Newest teaser", body="", excerpt="Cut", publish_at=ago(days=1))
    lead = make_tip("Newest full", publish_at=ago(days=8))
    others = [make_tip(publish_at=ago(days=20 + n)) for n in range(12)]
    html = page(client, "/")
    assert head(html, r'<h2 class="title"><a href="(.*?)"') == lead.get_absolute_url()
    # A tip of which only an excerpt is there crowds out no full one.
    assert titles_in(html) == [tip.title for tip in others[:10]]
    assert "From the archive" in html
    make_tip("Fresh", publish_at=ago(hours=1))
    assert "The latest" in page(client, "/")


def test_the_desks_choice_stands_at_home_and_at_contents(client, django_assert_max_num_queries):
    lead = make_tip("Newest", publish_at=ago(days=1), tags=["start here", "best of", "rain"])
    assert "Start here</h2>" not in page(client, "/")
    chosen = [make_tip(publish_at=ago(weeks=n + 2), tags=["Start here"]) for n in range(6)]
    best = [make_tip(publish_at=ago(weeks=n + 20), tags=["best of"]) for n in range(3)]
    make_tip("Both", publish_at=ago(weeks=2), tags=["start here", "best of"])
    make_tip("Cut off", body="", excerpt="It began", publish_at=ago(days=9), tags=["start here", "best of"])
    hidden_tips(tags=["start here", "best of"])
    with django_assert_max_num_queries(8):
        html = page(client, "/")
    start = html[html.index("Start here</h2>") : html.index("The best of the archive</h2>")]
    assert titles_in(start) == ["Both", *(tip.title for tip in chosen[:4])]
    of_best = html[html.index("The best of the archive</h2>") : html.index("Recent tips</h2>")]
    assert re.findall(r'<li><a href="/tips/[^"]+">(.*?)</a>', of_best) == [tip.title for tip in best]
    # As ways into the archive they would be second links to the same place.
    assert html.count('href="/tag/start-here/"') == html.count('href="/tag/best-of/"') == 1
    assert lead.title not in start + of_best
    contents = page(client, "/contents/")
    of_all_years = contents[contents.index("The best of all years</h2>") :]
    found = re.findall(r'<li><a href="/tips/[^"]+">(.*?)</a>', of_all_years)
    assert found == ["Newest", "Both", *(tip.title for tip in best)]
    assert "The best of all years" not in page(client, f"/contents/{lead.publish_at.year}/")


def test_where_few_tips_are_dated_home_shows_undated_ones(client):
    lead = make_tip("A full one", undated=True)
    dated = make_tip("Teaser", body="", excerpt="Cut")
    other = make_tip("Another", undated=True)
    html = page(client, "/")
    assert head(html, r'<h2 class="title"><a href="(.*?)"') == lead.get_absolute_url()
    assert titles_in(html) == [other.title, f"{dated.title} (Excerpt)"]


def test_an_empty_site_answers(client):
    for url in (
        "/",
        "/tips/",
        "/search/",
        "/search/?q=x",
        "/feed/",
        "/feed/atom/",
        "/feed/json/",
        "/sitemap.xml",
    ):
        page(client, url)


def test_former_addresses_lead_to_the_present_ones(client):
    tip = make_tip("Now", slug="now", tags=["recovery"])
    FormerSlug.objects.create(slug="before", tip=tip)
    FormerSlug.objects.create(slug="rescue", tag=Tag.objects.get())
    moved = client.get("/tips/before/")
    assert (moved.status_code, moved["Location"], moved["Cache-Control"]) == (301, "/tips/now/", "no-cache")
    assert client.get("/tag/rescue/")["Location"] == "/tag/recovery/"
    assert client.get("/tag/rescue/page/7/")["Location"] == "/tag/recovery/page/7/"
    Tip.objects.update(state=TipState.DRAFT, publish_at=None)
    page(client, "/tips/before/", 404)
    page(client, "/tag/rescue/", 404)


def test_a_page_costs_the_same_queries_however_much_there_is(client, archive):
    Tip.objects.update(author=make_person("pia", "Editor"))
    tip = archive[3].get_absolute_url()
    for url in (
        "/",
        "/tips/page/3/",
        "/tag/phone/page/3/",
        "/search/?q=listen",
        "/contents/",
        "/topics/",
        "/feed/",
        "/tag/phone/feed/",
        tip,
    ):
        client.get(url)
        with CaptureQueriesContext(connection) as few:
            few_tips = client.get(url)
        for n in range(15):
            make_tip(
                publish_at=ago(weeks=n + 30), categories=["Sports", f"More {n}"], tags=["phone", f"more {n}"]
            )
        with CaptureQueriesContext(connection) as many:
            client.get(url)
        assert few_tips.status_code == 200
        assert len(many) == len(few) <= 8, url


def test_a_repeated_request_is_answered_with_not_modified(client, archive):
    for url in ("/", "/feed/", "/feed/atom/", "/feed/json/", "/tag/phone/"):
        first = client.get(url)
        again = client.get(url, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b""), url


def test_a_missing_page_helps_on(client):
    html = page(client, "/no/such/page/", 404)
    assert 'action="/search/"' in html
    assert 'href="/tips/"' in html


def test_no_page_for_readers_asks_anything_of_another_host_or_of_a_script(client, archive):
    for url in ("/", "/tips/", archive[0].get_absolute_url(), "/search/?q=listen", "/nope/"):
        html = client.get(url).content.decode()
        loaded = re.findall(r'<(?:link rel="(?:stylesheet|icon)"|img|iframe)[^>]*(?:href|src)="(.*?)"', html)
        assert all(each.startswith("/") for each in loaded)
        assert set(re.findall(r"<script([^>]*)>", html)) <= {' type="application/ld+json"'}
        assert "style=" not in html


def test_a_category_is_reached_by_its_slug_only(client):
    make_tip(categories=["World of Service"])
    assert reverse("tips:category", args=[Category.objects.get().slug]) == "/category/world-of-service/"
    page(client, "/category/World%20of%20Service/", 404)


def test_a_tip_is_handed_on_by_mail_or_by_its_address(client):
    tip = make_tip("Tea & “sympathy”?")
    html = page(client, tip.get_absolute_url())
    mail = urlsplit(head(html, r'<a href="(mailto:.*?)">Mail it to a colleague'))
    assert dict(parse_qsl(mail.query)) == {
        "subject": tip.title,
        "body": f"http://localhost:8000/tips/{tip.slug}/",
    }
    assert head(html, r'<input readonly value="(.*?)"') == f"http://localhost:8000/tips/{tip.slug}/"


def test_a_description_ends_at_a_word(client):
    tip = make_tip(excerpt="Somebody listens " * 40)
    said = head(page(client, tip.get_absolute_url()), r'<meta name="description" content="(.*?)"')
    assert said == ("Somebody listens " * 9).strip() + "…"


def test_the_feed_of_what_a_page_lists_comes_first(client):
    make_tip(tags=["phone"], categories=["Sports"])
    for url, feed in (("/", "/feed/"), ("/tips/", "/feed/"), ("/tag/phone/", "/tag/phone/feed/")):
        kind = "application/rss+xml"
        assert head(page(client, url), rf'type="{re.escape(kind)}" title="[^"]*" href="(.*?)"') == feed


def test_browsers_find_the_icons_that_they_ask_for_unasked(client):
    for url, begins in (("/favicon.ico", b"\0\0\1\0"), ("/apple-touch-icon.png", b"\x89PNG")):
        answer = client.get(url)
        content = answer.getvalue()
        answer.close()
        assert (answer.status_code, content[:4]) == (200, begins)
        assert answer["Content-Type"].startswith("image/")
