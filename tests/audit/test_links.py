"""Every link of the site leads somewhere; and a link that does not is found."""

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from audit.links import Answer, DeadLink, crawl
from tests.tips.making import ago, hidden_tips, make_tip
from tips import dates
from tips.cards import making
from tips.models import Tip, TipState

SEEDS = settings.BASE_DIR.parent / "shared" / "seeds"
needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds, the real pages, are not here")


def asked(client):
    """Return what asks the site as ``crawl`` does."""

    def ask(path):
        if path.startswith(settings.STATIC_URL):
            return Answer(200)
        response = client.get(path)
        content = b"" if response.streaming else response.content
        return Answer(
            response.status_code, response["Content-Type"], content, response.headers.get("Location", "")
        )

    return ask


def followed(client, *starts):
    return crawl(asked(client), [urlsplit(settings.SITE_URL).netloc, "testserver"], starts)


@pytest.fixture
def card(db, settings, tmp_path):
    """Draw the site's card, which all pages name, as the worker does before there is any tip."""
    settings.MEDIA_ROOT = tmp_path
    making.draw_due(timezone.now())


@pytest.mark.once
def test_no_link_of_the_demonstration_is_dead(client, card):
    call_command("import_archive", str(settings.BASE_DIR / "fixtures" / "archive"), verbosity=0)
    oldest = Tip.objects.published_dated().newest_first().last()
    # A gap of years, a teaser, an undated tip, and what readers must not know of.
    Tip.objects.filter(pk=oldest.pk).update(publish_at=dates.year(2013)[0])
    make_tip("A teaser", body="", excerpt="How it begins", tags=["only a teaser"])
    make_tip("Undated", undated=True, tags=["only undated"], categories=["Without a day"])
    hidden_tips(tags=["hidden"], categories=["Hidden"])
    result = followed(client, "/search/?q=the+customer", "/search/?q=zzzz")
    assert result.dead == []
    assert len(result.pages) > Tip.objects.published().count() > 50
    for path in ("/2013/", "/2013/01/", "/feed/atom/", "/privacy/", "/search/?q=the+customer&page=2"):
        assert path in result.pages
    assert not any("hidden" in page for page in result.pages)


@needs_seeds
@pytest.mark.once
def test_no_link_of_the_real_pages_is_dead(client, card):
    call_command("import_archive", str(SEEDS), verbosity=0)
    result = followed(client, "/search/?q=customer")
    assert result.dead == []
    assert len(result.pages) > 100


def test_a_link_of_whatever_kind_that_leads_nowhere_is_found():
    home = b"""<title>x</title><link rel="canonical" href="https://tips.example/lost-canonical/">
        <link rel=alternate href=/feed/><a id=here href="#here">.</a><a href="#nowhere">.</a>
        <a href="/fine/#there">.</a><a href="/fine/#elsewhere">.</a><a href="mailto:a@b.example">.</a>
        <a href="https://other.example/lost/">.</a><img src="/media/lost.png"><a href="/moved/">.</a>
        <form action="/press/" method="post"></form><form action="/lost-search/"></form>
        <meta property="og:url" content="https://tips.example/lost-og/">
        <select name=year><option value="">Any<option>2019<option selected>2020</select>
        <select name=tag><option value="lost-tag">x</select>"""
    feed = b"""<rss><channel><link>https://tips.example/lost-list/</link><item>
        <description>x</description><encoded>&lt;a href="/lost-in-text/"&gt;x&lt;/a&gt;</encoded></item>
        </channel></rss>"""
    sitemap = b"<urlset><url><loc>https://tips.example/lost-in-sitemap/</loc></url></urlset>"
    pages = {
        "/": Answer(200, "text/html; charset=utf-8", home),
        "/feed/": Answer(200, "application/rss+xml; charset=utf-8", feed),
        "/fine/": Answer(200, "text/html", b"<p id=there>"),
        "/moved/": Answer(301, location="/fine/"),
        "/2019/": Answer(200, "text/html"),
        "/search/": Answer(200, "text/html"),
        "/sitemap.xml": Answer(200, "application/xml", sitemap),
        "/robots.txt": Answer(200, "text/plain", b"User-agent: *\nSitemap: https://tips.example/lost.xml\n"),
    }
    result = crawl(lambda path: pages.get(path, Answer(404)), ["tips.example"])
    lost = [f"https://tips.example/{name}/" for name in ("lost-canonical", "lost-og")]
    lost += ["/media/lost.png", "/lost-search/", "/2020/", "/tag/lost-tag/"]
    assert result.dead == sorted(
        [
            *(DeadLink("/", link, "404") for link in lost),
            DeadLink("/", "#nowhere", "no element has the id nowhere"),
            DeadLink("/", "/fine/#elsewhere", "no element has the id elsewhere"),
            DeadLink("/feed/", "https://tips.example/lost-list/", "404"),
            DeadLink("/feed/", "/lost-in-text/", "404"),
            DeadLink("/sitemap.xml", "https://tips.example/lost-in-sitemap/", "404"),
            DeadLink("/robots.txt", "https://tips.example/lost.xml", "404"),
        ]
    )


def test_a_link_to_a_withdrawn_tip_is_dead(client, db):
    gone = make_tip("Gone", state=TipState.WITHDRAWN, publish_at=ago(days=9))
    page = make_tip("Here", body=f'<p><a href="{gone.get_absolute_url()}">See also</a></p>')
    dead = followed(client).dead
    assert DeadLink(page.get_absolute_url(), gone.get_absolute_url(), "410") in dead
