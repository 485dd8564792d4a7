from xml.etree import ElementTree

import pytest
from django.utils import timezone

from tests.tips.making import ago, hidden_tips, make_tip
from tips.dates import site_zone
from tips.models import Tip
from tips.public import sitemaps

pytestmark = pytest.mark.django_db


def urls(client, url="/sitemap.xml"):
    response = client.get(url)
    assert response.status_code == 200
    return [
        element.text
        for element in ElementTree.fromstring(response.content).iter()
        if element.tag.endswith("}loc")
    ]


def test_it_lists_full_tips_and_the_lists_of_them(client, settings):
    tip = make_tip(tags=["phone"], categories=["Sports"])
    undated = make_tip(undated=True)
    make_tip(body="", excerpt="Teaser")
    hidden_tips(tags=["secret"], categories=["Private"])
    expected = [
        "/",
        "/tips/",
        "/contents/",
        "/topics/",
        "/category/sports/",
        "/tag/phone/",
        tip.get_absolute_url(),
        undated.get_absolute_url(),
    ]
    assert sorted(urls(client)) == sorted(settings.SITE_URL + path for path in expected)


def test_a_large_archive_is_listed_in_several_files(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "LIMIT", 2)
    tips = [make_tip() for _ in range(5)]
    files = urls(client)
    assert len(files) == 5
    listed = [url for file in files for url in urls(client, file.split("testserver")[-1])]
    assert {tip.get_absolute_url() for tip in tips} <= {url.split(":8000")[-1] for url in listed}


def test_what_is_still_to_come_moves_no_file(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "LIMIT", 2)
    public = [make_tip() for _ in range(3)] + [make_tip(undated=True)]
    hidden_tips()
    files = [urls(client, f"/sitemap-tips.xml?p={number}") for number in (1, 2)]
    assert [len(file) for file in files] == [2, 2]
    assert {tip.get_absolute_url() for tip in public} == {
        url.split(":8000")[-1] for url in (*files[0], *files[1])
    }
    for number in ("0", "3", "two", "1.0", "999999999"):
        assert client.get(f"/sitemap-tips.xml?p={number}").status_code == 404
    assert client.get("/sitemap-drafts.xml").status_code == 404


def test_robots_are_told_of_the_sitemap(client, settings):
    text = client.get("/robots.txt").content.decode()
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in text


def test_its_dates_are_those_at_which_the_texts_changed(client):
    dated = make_tip("Dated", publish_at=ago(days=900))
    make_tip("Undated", undated=True)
    dated.slug = "elsewhere"
    dated.save()
    dated.tags.add("phone")

    def dates():
        return [
            element.text
            for element in ElementTree.fromstring(client.get("/sitemap.xml").content).iter()
            if element.tag.endswith("}lastmod")
        ]

    assert dates() == [dated.publish_at.astimezone(site_zone()).date().isoformat()]
    Tip.objects.update(body="<p>Corrected.</p>")
    assert dates() == [timezone.localdate(timezone=site_zone()).isoformat()] * 2


def test_many_tags_are_listed_in_several_files_too(client, monkeypatch, settings):
    monkeypatch.setattr(sitemaps, "LIMIT", 3)
    make_tip(tags=["phone", "rain", "waiting"])
    files = [file.removeprefix(settings.SITE_URL) for file in urls(client)]
    assert f"{settings.SITE_URL}/tag/waiting/" in [url for file in files for url in urls(client, file)]
