"""Bodies that came into the database past every form: no output shows what the gate would not let pass."""

import html
import json
import re
from html.parser import HTMLParser

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscribers.tipmail import rendering
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.text.hostile_links import SPELLINGS, is_alive
from tests.tips.text.made_bodies import made_body
from tips.models import Tip, TipState
from tips.publishing import history, preflight, preview, workflow
from tips.text import contents, diff, excerpts, highlight, html_to_plain, left_out, sanitiser
from tips.text.html_tree import tree

pytestmark = [pytest.mark.django_db, pytest.mark.once]


class Addresses(HTMLParser):
    """The addresses in HTML that a browser or a mail program may follow or load."""

    def __init__(self, source):
        super().__init__()
        self.found, self.tags = [], set()
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        named = {"href", "src", "srcset", "action", "formaction", "poster", "background", "cite", "data"}
        self.found += [value or "" for name, value in attrs if name in named]


def by_hand(body, addition):
    """Return a public tip whose body was saved past all that cleans, and changed so again: two versions."""
    # PostgreSQL holds no such sign, by whatever hand.
    body = body.replace("\x00", "&#0;")
    tip = make_tip("By hand", body=body)
    texts = {
        "title": "By\x01 hand",
        "takeaway": "\x08Moral",
        "excerpt": "\x02word",
        "body": f"{body}{addition}\x03",
    }
    Tip.objects.filter(pk=tip.pk).update(**texts)
    tip = Tip.objects.get(pk=tip.pk)
    tip.hold_version()
    return tip


def outputs(client, tip):
    """Return the HTML of whatever shows a body, by its name."""
    desk = make_person("ed", "Editor")
    link = preview.make_link(tip, by=desk)
    shown = {
        name: client.get(url).content.decode()
        for name, url in (
            ("page", tip.get_absolute_url()),
            ("home", "/"),
            ("list", "/tips/"),
            ("search", "/search/?q=word"),
            ("link", preview.url(link)),
        )
    }
    for name in ("", "atom/"):
        (entry,) = feedparser.parse(client.get(f"/feed/{name}").content, sanitize_html=False).entries
        shown[f"feed/{name}"] = entry.content[0].value + entry.summary
    (entry,) = json.loads(client.get("/feed/json/").content)["items"]
    shown["feed/json/"] = entry["content_html"]
    shown["mail"] = rendering.render(tip).html
    client.force_login(desk)
    admin = f"/admin/tips/tip/{tip.pk}"
    for name in ("change", "preview", "history"):
        shown[name] = client.get(f"{admin}/{name}/").content.decode()
    older, newer = list(tip.versions.order_by("pk").values_list("pk", flat=True))[:2]
    shown["difference"] = client.get(f"{admin}/history/compare/?old={older}&new={newer}").content.decode()
    return shown


def test_no_spelling_of_a_hostile_link_is_alive_in_any_output(client, settings):
    settings.SITE_URL = "https://tips.example.org"
    links = "".join(
        f'<p><a href="{html.escape(stated)}">word {n}</a><img src="{html.escape(stated)}"></p>'
        for n, stated in enumerate(SPELLINGS)
    )
    hostile = (
        links
        + "<a href=javascript:alert(1)>x<svg><a xlink:href='javascript:a()'>y</a></svg><script>z()</script>"
    )
    tip = by_hand(hostile, "<p>Added.</p>")
    for name, shown in outputs(client, tip).items():
        page = Addresses(shown)
        assert [url for url in page.found if is_alive(url)] == [], name
        assert "word" in shown or name == "history", name
    text = rendering.render(tip).text
    assert "word 1" in text
    assert not re.search(r"(?i)(?:javascript|vbscript|data|file)\s*:", text)


def test_a_body_by_hand_shows_no_element_that_the_gate_would_not_let_pass(client):
    hostile = '<form action="/x"><p onclick="a()">Kept<b>x</b><style>q</style><iframe src="//b.org"></iframe>'
    shown = outputs(client, by_hand(hostile, "<object data=//b.org>"))
    for name in ("page", "link", "preview", "mail", "feed/", "feed/atom/", "feed/json/"):
        assert "<p>Kept<strong>x</strong></p>" in re.sub(r' style="[^"]*"', "", shown[name]), name
        assert "onclick" not in shown[name], name
        assert "b.org" not in shown[name], name


@pytest.mark.parametrize(
    ("href", "in_mail"),
    [
        ("/tips/listening/", "https://tips.example.org/tips/listening/"),
        ("https://example.org/x", "https://example.org/x"),
        ("mailto:ann@example.org", "mailto:ann@example.org"),
        ("tel:+15550100", "tel:+15550100"),
    ],
)
def test_a_good_link_lives_in_every_output(client, settings, href, in_mail):
    settings.SITE_URL = "https://tips.example.org"
    tip = make_tip(body=f'<p>See <a href="{href}">this</a></p>')
    assert f'<a href="{href}">' in client.get(tip.get_absolute_url()).content.decode()
    assert in_mail in Addresses(rendering.render(tip).html).found
    assert (
        f'<a href="{in_mail}">' in json.loads(client.get("/feed/json/").content)["items"][0]["content_html"]
    )


@pytest.mark.parametrize("start", ["i", "", "NaN", "9" * 5000, "-", "1e3"])
def test_a_list_whose_first_number_is_none_is_approved_and_mailed(start):
    words = "<p>" + "Listen well before you answer them. " * 15 + "</p>"
    body = f'{words}<ol start="{start}" type="{start}"><li>Look up</li></ol>'
    tip = make_tip(body=body, takeaway="Listen.", state=TipState.IN_REVIEW)
    assert preflight.inspect(tip) == []
    workflow.approve(tip, by=make_person("ed", "Editor"))
    assert re.search(r"^(?:1|i)\. Look up$", rendering.render(tip).text, re.MULTILINE)


# --- Anything at all --------------------------------------------------------------------------------------

TAGS = (*sanitiser._TAGS, "div", "script", "q", "svg", "caption", "foo", "b", "title", "textarea", "o:p")
ATTRIBUTES = (
    ' href="javascript:a()"',
    ' href="/tips/x/"',
    " href='&#1;//b.org'",
    ' start="i"',
    ' start="-7"',
    ' type="a"',
    ' colspan="9"',
    ' rowspan="99999999999"',
    ' scope="x"',
    f' src="/media/{"a" * 64}.png"',
    ' alt="a \'&quot;&lt;"',
    ' title="x"',
    ' style="font-weight:700"',
    ' width="٣"',
)
snippets = st.one_of(
    st.builds("<{}{}>".format, st.sampled_from(TAGS), st.sampled_from(("", *ATTRIBUTES))),
    st.builds("</{}>".format, st.sampled_from(TAGS)),
    st.sampled_from(
        ["word ", "&nbsp;", "&amp;lt;", "&#1;", "<!--", "-->", "<", "\x00", "http://a.org/", "\n", "a | b"]
    ),
    st.text(max_size=5),
)
hand_written = st.lists(snippets, max_size=20).map("".join)


def consume(body, before):
    """Pass a body through whatever reads one."""
    cleaned = sanitiser.clean(body)
    assert sanitiser.clean(cleaned) == cleaned
    assert sanitiser.shown(cleaned) == cleaned
    for held in (body, cleaned):
        tip = Tip(pk=0, title="Any", slug="any", body=held, takeaway="x", has_body=bool(held))
        tip.compute()
        whole = sanitiser.shown(held, "https://tips.example.org")
        assert [url for url in Addresses(whole).found if is_alive(url) or url.startswith("/")] == []
        assert Addresses(whole).tags <= sanitiser._TAGS
        rendering.render(tip)
        text = html_to_plain.to_text(held)
        excerpts.excerpt(held)
        highlight.passage(text, {("word",)})
        diff.folded(diff.compare(diff.blocks(before), diff.blocks(held)))
        history.diff(Sides(before), Sides(held))
        contents.words(held)
        tree(held)
    left_out.sentences(body, cleaned)


class Sides:
    """What stands on one side of a difference."""

    title = takeaway = excerpt = mail_subject = preheader = ""
    categories = tags = ()

    def __init__(self, body):
        self.body = body


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hand_written, hand_written)
def test_a_body_of_anything_goes_through_every_consumer(body, before):
    consume(body, before)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hand_written, hand_written)
def test_a_body_of_anything_goes_through_every_consumer_for_long(body, before):
    consume(body, before)


@pytest.mark.parametrize("seed", range(40))
def test_a_body_made_up_over_all_that_it_may_hold_goes_through_every_consumer(seed):
    consume(made_body(seed), made_body(seed + 1))
