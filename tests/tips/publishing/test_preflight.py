from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from desk.errors import WrongState
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tips import urls
from tips.models import Category, FormerSlug, Page, Tip, TipState
from tips.publishing import preflight, workflow

pytestmark = pytest.mark.django_db

LONG = "<p>" + "Listen well before you answer them. " * 15 + "</p>"


@pytest.fixture(autouse=True)
def site(settings):
    settings.SITE_URL = "https://tips.example.org"


def reviewed(**fields):
    """Save and return a tip that has no fault, but for the fields that are given."""
    clean = {"body": LONG, "takeaway": "Listen.", "categories": ["Service"], "state": TipState.IN_REVIEW}
    return make_tip(**{**clean, "publish_at": timezone.now() + timedelta(days=3), **fields})


def faults(**fields):
    return sorted((fault.severity, fault.field) for fault in preflight.inspect(reviewed(**fields)))


def told(html):
    """Return the faults of a tip whose body ends in some HTML, in words."""
    return [fault.sentence for fault in preflight.inspect(reviewed(body=LONG + html))]


def test_a_clean_tip_has_no_fault():
    assert faults() == []
    assert told('<h2>Why</h2><h3>So</h3><h2>How</h2><p><img src="/media/a.webp" alt="A dog"></p>') == []


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"title": "x" * 71}, [("warn", "title")]),
        ({"title": "x" * 70}, []),
        ({"takeaway": " "}, [("warn", "takeaway")]),
        ({"takeaway": "", "undated": True, "publish_at": None}, []),
        ({"categories": []}, [("stop", "in_categories")]),
        ({"body": "<p>Short.</p>"}, [("warn", "body")]),
        ({"body": "", "excerpt": "Only this much."}, [("stop", "body")]),
        ({"body": LONG + "<h3>Too small</h3>"}, [("warn", "body")]),
        ({"body": LONG + '<p><img src="/media/a.webp" alt=" "></p>'}, [("stop", "body")]),
        ({"body": LONG + '<p><img src="/media/a.webp"></p>'}, [("stop", "body")]),
        ({"body": LONG + '<p><img src="https://x.example/a.png" alt="A dog"></p>'}, [("stop", "body")]),
        (
            {"body": "", "takeaway": "", "categories": []},
            [("stop", "body"), ("stop", "in_categories"), ("warn", "excerpt"), ("warn", "takeaway")],
        ),
    ],
)
def test_each_fault_stops_or_warns(fields, found):
    Category.objects.create(name="To tick", slug="to-tick")
    assert faults(**fields) == found


def test_where_the_site_has_no_category_a_tip_needs_none():
    assert faults(categories=[]) == []


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example.com/a?b=c#d",
        "mailto:someone@example.org",
        "/",
        "/tips/",
        "/search/?q=calm",
        "#part",
        "https://tips.example.org/tips/",
        "http://tips.example.org/tips",
        "/category/service/",
        "//elsewhere.example.com/",
        "https://8.8.8.8/",
    ],
)
def test_an_address_that_readers_can_reach_is_no_fault(address):
    make_tip(categories=["Service"])
    assert told(f'<p><a href="{address}">there</a></p>') == []


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/nowhere/", "leads to no page"),
        ("/tips/no-such-tip/", "leads to no page"),
        ("/category/none/", "leads to no page"),
        ("https://tips.example.org/1066/", "leads to no page"),
        ("/admin/tips/tip/", "not for readers"),
        ("https://tips.example.org/preview/abc/", "not for readers"),
        ("http://localhost:8000/tips/", "private network"),
        ("http://127.1/", "private network"),
        ("http://2130706433/", "private network"),
        ("http://[::1]/", "private network"),
        ("http://192.168.1.7/wiki", "private network"),
        ("http://intranet/wiki", "private network"),
        ("https://wiki.corp/", "private network"),
        ("https://printer.local/", "private network"),
        ("http://[broken/", "is no address"),
        ("https://x.example:99999/", "is no address"),
        ("", "has no address"),
    ],
)
def test_an_address_that_readers_cannot_reach_stops(address, says):
    (sentence,) = told(f'<p><a href="{address}">there</a></p>')
    assert says in sentence


def test_a_page_of_the_sites_own_may_be_linked_to_once_it_is_approved():
    page = Page.objects.create(title="The team", path="/team/")
    (sentence,) = told('<p><a href="/team/">there</a></p>')
    assert "leads to no page" in sentence
    Page.objects.filter(pk=page.pk).update(state=Page.State.APPROVED)
    assert told('<p><a href="/team/">there</a></p>') == []


def test_every_page_of_ours_that_has_one_address_may_be_linked_to():
    plain = [each for each in urls.urlpatterns if not each.pattern.converters]
    assert len(plain) > 7
    for each in plain:
        assert told(f'<p><a href="{reverse(f"tips:{each.name}")}">there</a></p>') == [], each.name


@pytest.mark.parametrize(
    ("address", "is_there"),
    [
        ("/category/service/feed/", True),
        ("/category/service/page/2/", False),
        ("/category/unread/", False),
        ("/category/unread/feed/atom/", False),
        ("/tag/calm/", True),
        ("/tag/quiet/feed/json/", True),
        ("/tag/loud/", False),
        ("/2001/", True),
        ("/2001/02/", True),
        ("/2001/03/", False),
        ("/2001/13/", False),
        ("/0000/", False),
        ("/2001/02/page/2/", False),
        ("/tips/page/1/", True),
        ("/tips/page/7/", False),
    ],
)
def test_a_list_may_be_linked_to_where_it_has_published_tips(address, is_there):
    day = datetime(2001, 2, 6, 12, tzinfo=UTC)
    shown = make_tip(publish_at=day, categories=["Service"], tags=["calm"])
    make_tip(state=TipState.DRAFT, publish_at=day, categories=["Unread"], tags=["loud"])
    FormerSlug.objects.create(slug="quiet", tag=shown.tags.get())
    found = told(f'<p><a href="{address}">there</a></p>')
    assert [("leads to no page" in each) for each in found] == ([] if is_there else [True])


def test_a_link_may_lead_to_a_tip_that_is_public_by_then():
    day = timezone.now() + timedelta(days=3)
    make_tip("Before", slug="before", publish_at=day - timedelta(days=1))
    make_tip("After", slug="after", publish_at=day + timedelta(days=1))
    make_tip("Gone", slug="gone", state=TipState.WITHDRAWN)
    moved = make_tip("Moved", publish_at=ago(days=4))
    FormerSlug.objects.create(slug="once", tip=moved)
    links = "".join(f'<p><a href="/tips/{slug}/">x</a></p>' for slug in ("before", "after", "gone", "once"))
    tip = reviewed(body=LONG + links, publish_at=day)
    assert [fault.sentence.split()[3] for fault in preflight.inspect(tip)] == ["/tips/after/", "/tips/gone/"]


def test_a_fault_that_stops_keeps_a_tip_from_readers_and_a_warning_does_not():
    editor = make_person("ed", "Editor")
    stopped, warned = reviewed(categories=[]), reviewed(takeaway="")
    for verb in (workflow.approve, workflow.publish_now):
        with pytest.raises(WrongState, match="There is no category"):
            verb(stopped, by=editor)
    workflow.approve(warned, by=editor)
    assert Tip.objects.get(pk=stopped.pk).state == TipState.IN_REVIEW
    assert Tip.objects.get(pk=warned.pk).state == TipState.APPROVED


def test_a_public_tip_is_not_stopped():
    assert preflight.inspect(make_tip(body="", excerpt="Old teaser.", undated=True)) == []


def test_another_room_adds_a_check(monkeypatch):
    monkeypatch.setattr(preflight, "_CHECKS", list(preflight._CHECKS))

    @preflight.register
    def check_mail(tip):
        yield preflight.Fault(preflight.STOP, "body", "Too long for a mail.")

    preflight.register(check_mail)
    assert [fault.sentence for fault in preflight.inspect(reviewed())] == ["Too long for a mail."]


@pytest.mark.parametrize("raising", [ValueError("odd"), "database"])
def test_a_check_that_fails_is_a_fault_on_the_sheet_and_ends_no_verb(monkeypatch, caplog, raising):
    def odd_check(tip):
        if raising == "database":
            Tip.objects.raw("SELECT id FROM no_such_table")[0]
        raise raising
        yield

    monkeypatch.setattr(preflight, "_CHECKS", [*preflight._CHECKS, odd_check])
    tip = reviewed()
    (fault,) = preflight.inspect(tip)
    assert not fault.stops
    assert "odd_check" in fault.sentence
    assert "odd_check" in caplog.text
    workflow.approve(tip, by=make_person("ed", "Editor"))
    assert Tip.objects.get(pk=tip.pk).state == TipState.APPROVED
