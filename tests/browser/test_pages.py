"""The readers' pages as readers meet them: by eye, keyboard or screen reader, on paper, without a script."""

import gzip
import re

import pytest
from playwright.sync_api import expect

from subscribers.models import ContactMessage, LinkRequest
from subscribers.people import subscriptions
from tests.browser.axe import ALL_WAYS, WAYS, faults
from tests.browser.conftest import visit
from tests.tips.conftest import ARCHIVE
from tests.tips.making import ago, make_tip
from tips.importers import pages, store
from tips.models import Page, Series, SeriesPart, StandingNotice, TipState
from tips.search import index

pytestmark = pytest.mark.browser

# Every shape that an import makes, and an address that is longer than a phone is wide.
BODY = (
    "<p>First, listen. Then&nbsp;speak, and say what comes next.</p><h2>How it is done</h2><h3>In short</h3>"
    "<ul><li><p>One umbrella for the guest</p></li><li><p>Two for the porter</p></li></ul>"
    '<ol start="3"><li><p>Three</p></li><li><p>Four</p></li></ol>'
    "<blockquote><p>“Thank you – really…”</p></blockquote>"
    f'<p><a href="http://x.example/{"long" * 30}">http://x.example/{"long" * 30}</a>'
    " <strong>b</strong> <em>i</em> a<br>b</p>"
)
WIDTHS = [320, 360, 768, 1280]
MOST_REQUESTS, MOST_BYTES, MOST_BYTES_AGAIN = 5, 42_000, 14_000


@pytest.fixture
def kinds(live_server, settings):
    """A small archive; returns one address of each kind of page, by name."""
    settings.SITE_URL = live_server.url
    for week in range(12):
        make_tip(
            f"Umbrellas in week {week}",
            body="<p>The umbrella stand holds nine umbrellas for guests.</p>",
            publish_at=ago(weeks=week + 3),
            tags=["rain"],
            categories=["Shops and Counters"],
        )
    full = make_tip(
        "The Umbrella at the Door",
        body=BODY,
        takeaway="Hold the door first.",
        publish_at=ago(weeks=2),
        tags=["rain", "welcome"],
        categories=["Shops and Counters", "Leading a Team"],
    )
    teaser = make_tip(
        "A Teaser of " + "Unbreakable" * 5, body="", excerpt="It began with rain and", publish_at=ago(days=1)
    )
    undated = make_tip("Without a Day", body=BODY, undated=True, tags=["welcome"])
    make_tip("Without a Day Either", undated=True)
    about = Page.objects.create(title="The Team", path="/the-team/", body=BODY, state=Page.State.APPROVED)
    withdrawn = make_tip("Taken Back", state=TipState.WITHDRAWN)
    index.count_words()
    asked = subscriptions.request("ann@reader.example")
    confirmed = subscriptions.request("bob@reader.example")
    subscriber = subscriptions.confirm(confirmed)
    series = Series.objects.create(name="Rainy days", slug="rainy-days")
    for place, each in enumerate((full, undated), 1):
        SeriesPart.objects.create(tip=each, series=series, place=place)
    StandingNotice.objects.create(sort="book", text="Our book has more.", link="https://example.com/")
    year, month = full.publish_at.year, full.publish_at.month
    return {
        "home": "/",
        "contents": "/contents/",
        "all series": "/series/",
        "series": "/series/rainy-days/",
        "huddle sheet": f"{full.get_absolute_url()}huddle/",
        "page of the site's own": about.get_absolute_url(),
        "topics": "/topics/",
        "full tip": full.get_absolute_url(),
        "undated tip": undated.get_absolute_url(),
        "teaser": teaser.get_absolute_url(),
        "all tips": "/tips/",
        "category": "/category/shops-and-counters/",
        "tag, page 2": "/tag/rain/page/2/",
        "year": f"/{year}/",
        "month": f"/{year}/{month:02}/",
        "search": "/search/",
        "search with a correction": "/search/?q=umbrela",
        "search without results": "/search/?q=zebra",
        "subscribe": "/subscribe/",
        "confirm": f"/subscribe/confirm/{asked.token}/",
        "subscribed": f"/subscribe/confirm/{confirmed.token}/",
        "unsubscribe": f"/unsubscribe/{subscriber.leave_token}/",
        "dead link": "/subscribe/confirm/mistyped/",
        "contact": "/contact/",
        "privacy": "/privacy/",
        "embed": f"/embed/{full.slug}/",
        "withdrawn": withdrawn.get_absolute_url(),
        "not found": "/no-such-page/",
    }


def sideways(page):
    """Return by how many pixels a page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def tab(page):
    """Press Tab; return what stands out about the element that has the focus now, None past the last."""
    page.keyboard.press("Tab")
    return page.evaluate("""() => {
        const here = document.activeElement
        if (here === document.body) return null
        const style = getComputedStyle(here), box = here.getBoundingClientRect()
        return {
            text: here.textContent.trim() || here.name,
            outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
                && style.outlineColor !== getComputedStyle(document.body).backgroundColor,
            visible: box.width > 1 && box.height > 1 && box.top >= 0 && box.left >= 0
                && box.bottom <= innerHeight + 1 && box.right <= innerWidth,
        }
    }""")


@pytest.mark.parametrize(
    "ways", [WAYS, pytest.param(ALL_WAYS, marks=pytest.mark.soak)], ids=["two ways", "all ways"]
)
def test_axe_finds_nothing_on_any_kind_of_page(page, kinds, ways):
    found = {}
    for name, address in kinds.items():
        visit(page, address)
        found |= faults(page, name, ways)
    assert found == {}


def test_no_page_loses_anything_on_any_screen_or_at_twice_the_size(page, kinds):
    lost = {}
    for name, address in kinds.items():
        visit(page, address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if over := sideways(page):
                lost[f"{name} at {width}"] = over
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if over := sideways(page):
            lost[f"{name} at twice its size"] = over
        # Cut off is what overflows a box that hides it; what is for screen readers alone does so on purpose.
        cut = page.evaluate("""() => [
                ...document.querySelectorAll("body :not(.visually-hidden, input, select, svg)")
            ].filter(each => getComputedStyle(each).overflow !== "visible"
            && (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1)
            ).map(each => each.outerHTML)""")
        if cut:
            lost[f"{name}, cut off"] = cut
    assert lost == {}
    # That no page complains or asks a stranger is held by the page itself.
    assert page.context.cookies() == [], "reading leaves no cookie"


def test_the_first_stop_of_the_keyboard_leads_past_the_masthead(page, kinds):
    page.emulate_media(reduced_motion="reduce")
    page.goto(kinds["full tip"])
    stop = tab(page)
    assert stop == {"text": "Skip to the text", "outlined": True, "visible": True}
    page.keyboard.press("Enter")
    tab(page)
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_every_stop_of_the_keyboard_on_home_is_seen(page, kinds):
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")
    stops = iter(lambda: tab(page), None)
    stops = [stop for stop, _ in zip(stops, range(200), strict=False)]
    shown = "a, button, select, input:not([type=hidden], [hidden] *)"
    assert len(stops) == page.locator(shown).filter(visible=True).count()
    assert [stop["text"] for stop in stops if not (stop["outlined"] and stop["visible"])] == []


def test_a_search_begins_with_enter(page, kinds):
    page.goto("/")
    page.get_by_role("searchbox", name="Search the tips").focus()
    page.keyboard.type("nine umbrellas")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Search the tips")
    expect(page.get_by_role("searchbox")).to_have_value("nine umbrellas")
    expect(page.locator(".entry")).to_have_count(10)


def test_home_calls_a_lead_the_latest_only_where_nothing_is_newer(page, kinds):
    page.goto("/")
    expect(page.locator(".lead")).to_contain_text("From the archive")
    make_tip("Fresh", publish_at=ago(hours=1))
    page.goto("/")
    expect(page.locator(".lead")).to_contain_text("The latest")


def test_all_works_without_a_script(browser, live_server, kinds):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("searchbox").fill("umbrela")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status")).to_contain_text("These are for umbrella")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Older").click()
    expect(page.get_by_role("status")).to_contain_text("page 2 of 2")
    page.get_by_label("E-mail address").fill("cleo@reader.example")
    page.get_by_role("button", name="Sign up for free tips").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("look at your mail")
    assert page.url == f"{live_server.url}/subscribe/"
    context.close()
    assert LinkRequest.objects.filter(address="cleo@reader.example").exists()


def test_a_message_to_the_owner_is_written_read_over_and_sent_by_keyboard_without_scripts(
    live_server, browser, kinds
):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/contact/")
    page.get_by_label("Your name").focus()
    for typed in ("Cleo", "cleo@reader.example", None, None, "Do you give talks?"):
        if typed:
            page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Read it over")
    expect(page.get_by_role("blockquote")).to_contain_text("Do you give talks?")
    page.get_by_role("button", name="Send").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, we have it")
    context.close()
    assert ContactMessage.objects.get().text == "Do you give talks?"


def test_a_message_is_fit_for_everybody_at_each_step(page, kinds):
    page.goto("/contact/")
    page.get_by_role("button", name="Read it over").click()
    expect(page.get_by_role("alert")).to_contain_text("Your message")
    assert faults(page, "slips") == {}
    page.get_by_label("Your name").fill("Cleo")
    page.get_by_label("Your e-mail address").fill("cleo@gmial.com")
    page.get_by_label("Your message").fill("Do you give talks?")
    page.get_by_role("button", name="Read it over").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Read it over")
    assert faults(page, "read over") == {}
    page.complaints[:] = [each for each in page.complaints if "status of 422" not in each]


def test_a_mistyped_address_is_told_beside_its_field(page, kinds):
    page.goto("/subscribe/")
    page.get_by_label("E-mail address").fill("ann at home")
    page.get_by_role("button", name="Sign up for free tips").click()
    field = page.get_by_label("E-mail address")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("ann at home")
    error = page.locator(f"#{field.get_attribute('aria-describedby')}")
    expect(error).to_be_visible()
    assert faults(page, "mistyped") == {}
    page.complaints[:] = [each for each in page.complaints if "status of 422" not in each]


def test_paper_gets_the_tip_and_not_the_ways_around(page, kinds):
    page.goto(kinds["full tip"])
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Hold the door first.")).to_be_visible()
    for shown in page.locator("nav, form, footer.foot, .skip, .tags, #related").all():
        expect(shown).to_be_hidden()
    expect(page.get_by_text("Hold the door first.")).to_have_count(1)
    expect(page.get_by_text(f"/tips/{page.url.rstrip('/').rpartition('/')[2]}/")).to_be_visible()
    takeaway, text = (page.locator(f".prose {each}").first.bounding_box() for each in (".takeaway", "> p"))
    assert takeaway["y"] < text["y"]
    page.goto(f"{page.url}huddle/")
    for paper in ("A4", "Letter"):
        sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))
        assert len(sheets) == 1, paper
    page.goto(kinds["full tip"])
    for paper in ("A4", "Letter"):
        sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))
        assert len(sheets) == 1, paper


def test_the_dark_is_dark(page, kinds):
    def brightness(part):
        colour = page.evaluate(f"getComputedStyle(document.body).{part}")
        return sum(int(each) for each in re.findall(r"\d+", colour)[:3]) / 3

    page.goto("/")
    page.emulate_media(color_scheme="light")
    assert brightness("backgroundColor") > 230
    assert brightness("color") < 60
    page.emulate_media(color_scheme="dark")
    assert brightness("backgroundColor") < 60
    assert brightness("color") > 200


def test_home_of_a_whole_archive_is_light(page, live_server):
    """All in all, the icon and both fonts too, the stylesheet compressed as on a real site."""
    store.write(pages.read([str(ARCHIVE)]))
    urls, sizes = {}, {}
    watched = page.context.new_cdp_session(page)
    watched.send("Network.enable")
    watched.on(
        "Network.requestWillBeSent", lambda sent: urls.update({sent["requestId"]: sent["request"]["url"]})
    )
    watched.on(
        "Network.loadingFinished",
        lambda done: sizes.update({urls[done["requestId"]]: done["encodedDataLength"]}),
    )
    page.goto("/", wait_until="networkidle")
    expect(page.locator(".entry")).to_have_count(10)
    style, icon = (
        page.locator(f"link[rel={each}]").evaluate("each => each.href") for each in ("stylesheet", "icon")
    )
    # A browser without a window does not always ask for the icon.
    sizes.setdefault(icon, len(page.request.get(icon).body()))
    assert len(sizes) == MOST_REQUESTS
    sizes[style] = len(gzip.compress(page.request.get(style).body()))
    assert sum(sizes.values()) < MOST_BYTES
    sizes.clear()
    page.goto("/", wait_until="networkidle")
    assert sum(sizes.values()) < MOST_BYTES_AGAIN
