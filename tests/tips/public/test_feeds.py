import json
from datetime import timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import feedparser
import pytest
from django.utils import timezone

from tests.tips.making import ago, make_tip
from tips.models import Category, Tag, Tip, TipState

pytestmark = pytest.mark.django_db
FORMS = ("", "atom/", "json/")


@pytest.mark.parametrize("url", ["/feed/", "/feed/atom/", "/tag/phone/feed/", "/category/sports/feed/atom/"])
def test_a_feed_carries_the_full_text_body_then_takeaway(client, settings, url):
    tip = make_tip(
        "Fish & <chips>",
        body="<p>Body &amp; soul.</p>",
        takeaway="Moral <b>.",
        tags=["phone"],
        categories=["Sports"],
    )
    response = client.get(url)
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    (entry,) = feed.entries
    text = entry.content[0].value
    assert text.index("Body &amp; soul.") < text.index("Moral &lt;b&gt;.")
    assert text.count("Moral") == 1
    assert entry.link == settings.SITE_URL + tip.get_absolute_url()
    assert feed.feed.links[0].href.startswith(settings.SITE_URL)


def test_the_json_feed_is_valid_and_full(client):
    tip = make_tip(body="<p>Body.</p>", takeaway="Moral.", tags=["phone"], categories=["Sports"])
    feed = json.loads(client.get("/feed/json/").content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    (item,) = feed["items"]
    assert "<p>Body.</p>" in item["content_html"]
    assert item["title"] == tip.title
    assert item["tags"] == ["Sports", "phone"]


@pytest.mark.parametrize("form", ["", "atom/", "json/"])
def test_an_entry_keeps_its_id_when_title_slug_and_day_change(client, form):
    def ids():
        content = client.get(f"/feed/{form}").content
        if form == "json/":
            return [item["id"] for item in json.loads(content)["items"]]
        return [entry.id for entry in feedparser.parse(content).entries]

    make_tip()
    before = ids()
    Tip.objects.update(title="Other", slug="other", publish_at=ago(days=99))
    assert ids() == before != []


def test_teasers_and_undated_tips_are_in_no_feed(client):
    make_tip(body="", excerpt="Teaser", tags=["phone"])
    make_tip(undated=True, tags=["phone"])
    for url in ("/feed/", "/feed/atom/", "/tag/phone/feed/", "/tag/phone/feed/atom/"):
        response = client.get(url)
        ElementTree.fromstring(response.content)
        assert feedparser.parse(response.content).entries == []
    for url in ("/feed/json/", "/tag/phone/feed/json/"):
        assert json.loads(client.get(url).content)["items"] == []


def test_a_feed_has_the_newest_twenty(client):
    made = [make_tip(publish_at=ago(days=n + 1), tags=["phone"]) for n in range(25)]
    for url in ("/feed/", "/tag/phone/feed/"):
        entries = feedparser.parse(client.get(url).content).entries
        assert [entry.title for entry in entries] == [tip.title for tip in made[:20]]


@pytest.mark.parametrize("url", ["/feed/", "/feed/atom/"])
def test_an_excerpt_is_no_markup_to_a_reader_of_feeds(client, url):
    make_tip(excerpt="5 < 7 <b>bold</b> & more")
    (entry,) = feedparser.parse(client.get(url).content).entries
    assert entry.summary == "5 &lt; 7 &lt;b&gt;bold&lt;/b&gt; &amp; more"


def test_the_json_feed_has_the_excerpt_as_text(client):
    make_tip(excerpt="5 < 7 & more")
    assert json.loads(client.get("/feed/json/").content)["items"][0]["summary"] == "5 < 7 & more"


@pytest.mark.parametrize("form", ["", "atom/", "json/"])
def test_an_empty_feed_is_not_modified_either(client, form):
    first = client.get(f"/feed/{form}")
    for headers in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        assert client.get(f"/feed/{form}", headers=headers).status_code == 304


@pytest.mark.parametrize("form", ["", "atom/"])
def test_what_a_word_processor_leaves_behind_breaks_no_feed(client, form):
    make_tip(
        "Soft\x0b break",
        body="<p>one\x0btwo\x08</p>",
        takeaway="a\x0bb\x01",
        excerpt="x\x02\ufffe",
        tags=["so\x08ft"],
        categories=["Ca\x0bt"],
    )
    response = client.get(f"/feed/{form}")
    assert response.status_code == 200
    assert not feedparser.parse(response.content).bozo


LISTS = ("/", "/tag/phone/", "/category/sports/")


def entry_dates(response):
    """Return {id: (updated, published)} of a feed's entries, as its format says them."""
    if "json" in response["Content-Type"]:
        items = json.loads(response.content)["items"]
        return {item["id"]: (item["date_modified"], item["date_published"]) for item in items}
    entries = feedparser.parse(response.content).entries
    return {entry.id: (dict.get(entry, "updated"), entry.published) for entry in entries}


# On PostgreSQL the edition is raised as a transaction ends.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", [f"{base}feed/{form}" for base in LISTS for form in FORMS])
def test_its_date_rises_with_each_change_and_its_entries_dates_with_their_texts_alone(client, url):
    make_tip("Newest", tags=["phone"], categories=["Sports"], publish_at=ago(days=1))
    make_tip("Older", tags=["phone"], categories=["Sports"], publish_at=ago(days=9))
    first = client.get(url)
    dates = entry_dates(first)
    assert len(dates) == 2

    def changed():
        """Ask by the date and by the tag of the answer before; return the new answer, which must be newer."""
        nonlocal first
        since, tag = first["Last-Modified"], first["ETag"]
        assert client.get(url, headers={"if-none-match": tag}).status_code == 200
        response = client.get(url, headers={"if-modified-since": since})
        assert response.status_code == 200
        assert parsedate_to_datetime(response["Last-Modified"]) > parsedate_to_datetime(since)
        for headers in (
            {"if-modified-since": response["Last-Modified"]},
            {"if-none-match": response["ETag"]},
            {"if-none-match": response["ETag"], "if-modified-since": since},
        ):
            assert client.get(url, headers=headers).status_code == 304
        first = response
        return response

    tip = Tip.objects.get(title="Older")
    tip.tags.add("manners")
    assert entry_dates(changed()) == dates
    Tag.objects.filter(slug="manners").update(name="good manners")
    Category.objects.update(name="Sport")
    assert entry_dates(changed()) == dates
    tip.slug = "elsewhere"
    tip.save()
    assert entry_dates(changed()) == dates

    Tip.objects.filter(title="Newest").update(body="<p>Corrected.</p>")
    corrected = entry_dates(changed())
    assert [published for _, published in corrected.values()] == [
        published for _, published in dates.values()
    ]
    if first["Content-Type"] != "application/rss+xml; charset=utf-8":
        assert [corrected[key] == dates[key] for key in dates] == [False, True]

    Tip.objects.filter(title="Newest").update(state=TipState.WITHDRAWN)
    assert len(entry_dates(changed())) == 1


def test_a_tip_that_goes_live_by_time_alone_is_news_at_its_moment(client, time_machine):
    make_tip(publish_at=ago(days=3))
    at = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    make_tip("Coming", publish_at=at)
    since = client.get("/feed/")["Last-Modified"]
    time_machine.move_to(at, tick=False)
    response = client.get("/feed/", headers={"if-modified-since": since})
    assert b"Coming" in response.content
    assert parsedate_to_datetime(response["Last-Modified"]) == at


@pytest.mark.parametrize("url", ["/tag/phone/feed/", "/feed/"])
def test_a_feed_asks_as_much_for_twenty_entries_as_for_two(client, url, django_assert_max_num_queries):
    make_tip(tags=["phone"], categories=["Sports"])
    make_tip(tags=["phone"], categories=["Sports"])
    with django_assert_max_num_queries(7) as for_two:
        client.get(url)
    for _ in range(18):
        make_tip(tags=["phone"], categories=["Sports"])
    with django_assert_max_num_queries(len(for_two)):
        client.get(url)
