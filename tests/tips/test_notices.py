"""The house's standing notices, and the old ones in the texts of an archive, which give way to them."""

from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from subscribers.tipmail import rendering
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tipsite.pages.asking import Readers
from tips.models import StandingNotice, Tip, TipState
from tips.public import keeping
from tips.text import promotions

SEEDS = settings.BASE_DIR.parent / "shared" / "seeds"
needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds, the real pages, are not here")
BODY = (
    "<p>Call back on the same day.</p>"
    "<p>Read our New Book – <a href='http://old.example'>“Bells”</a></p>"
    "<p>Listen to our latest podcast episode at http://old.example/pod</p>"
    "<p>Interested in improving your service? See more at our new website! http://old.example</p>"
)


def hold(sort, text="Read our book", **fields):
    return StandingNotice.objects.create(sort=sort, text=text, link="https://new.example/", **fields)


def test_the_promotions_at_the_end_are_found_by_sort():
    assert [each.sort for each in promotions.at_the_end(BODY)] == ["book", "podcast", "website"]
    assert promotions.at_the_end("<p>Interested in improving your firm’s service? http://a.example</p>")[
        0
    ].sort == ("services")
    assert promotions.at_the_end("<p>Read our faces.</p>") == []
    rest = promotions.without(BODY, {"book", "website"})
    assert rest.startswith("<p>Call back")
    assert "podcast" in rest
    assert "Bells" not in rest
    assert "new website" not in rest
    assert promotions.without(BODY, set()) == BODY
    # What stands in the midst of a text is the text.
    assert (
        promotions.without("<p>Listen to our podcast.</p><p>And then call.</p>", {"podcast"}).count("<p>")
        == 2
    )


@pytest.mark.django_db
def test_a_notice_stands_below_each_tip_and_the_old_one_of_its_sort_is_not_shown(client):
    tip = make_tip("Call back", body=BODY)
    page = client.get(tip.get_absolute_url()).text
    assert "old.example/pod" in page
    hold("book")
    page = client.get(tip.get_absolute_url()).text
    assert page.count('<a href="https://new.example/">Read our book</a>') == 1
    assert "Bells" not in page
    assert "old.example/pod" in page
    tip.refresh_from_db()
    assert "Bells" in tip.body
    assert "new.example" not in client.get("/").text
    assert "new.example" not in client.get("/feed/").text
    assert "new.example" not in rendering.render(tip).text


@pytest.mark.django_db
def test_mail_and_feed_have_those_that_are_meant_for_them_and_two_at_most(client):
    tip = make_tip("Call back")
    for number in range(3):
        hold("book", f"Book {number}", in_mail=True, in_feed=True, weight=number)
    for text in (client.get("/feed/").text, rendering.render(tip).text, rendering.render(tip).html):
        assert [f"Book {number}" in text for number in range(3)] == [False, True, True]


@pytest.mark.django_db
def test_staff_let_a_tip_show_an_old_one_again(client):
    tip = make_tip("Call back", body=BODY)
    hold("book")
    client.force_login(make_person("ed", "Editor"))
    url = f"/admin/tips/tip/{tip.pk}/do/old-notices/"
    assert "Read our New Book" in client.get(url).text
    client.post(url, {"sorts": ["book"]})
    assert "Bells" in client.get(tip.get_absolute_url()).text
    client.post(url, {"sorts": []})
    assert "Bells" not in client.get(tip.get_absolute_url()).text


@pytest.mark.django_db
def test_pages_change_at_the_moment_at_which_a_notice_begins_and_ends(client, time_machine):
    now = timezone.now()
    begin, end = now + timedelta(hours=1), now + timedelta(hours=2)
    tip = make_tip("Call back")
    hold("book", starts_at=begin, ends_at=end)
    assert keeping.moments_of_notices(now) == (None, begin)
    assert keeping.moments_of_notices(begin) == (begin, end)
    assert keeping.moments_of_notices(end) == (end, None)
    for moment, is_there in ((now, False), (begin, True), (end, False)):
        time_machine.move_to(moment, tick=False)
        assert ("Read our book" in client.get(tip.get_absolute_url()).text) is is_there


@pytest.mark.django_db(transaction=True)
def test_each_change_of_a_notice_reaches_readers():
    readers = Readers()
    tip = make_tip("Call back", slug="call-back")
    assert "Read our" not in readers.get("/tips/call-back/").text
    notice = hold("book")
    readers.watch.look_again()
    assert "Read our book" in readers.get("/tips/call-back/").text
    StandingNotice.objects.filter(pk=notice.pk).update(text="Read our second book")
    readers.watch.look_again()
    assert "Read our second book" in readers.get("/tips/call-back/").text
    Tip.objects.filter(pk=tip.pk).update(state=TipState.WITHDRAWN)
    readers.watch.look_again()
    assert readers.get("/tips/call-back/").status == 410


@needs_seeds
@pytest.mark.once
@pytest.mark.django_db
def test_on_the_real_pages_each_notice_stands_once(client):
    call_command("import_archive", str(SEEDS), verbosity=0)
    tips = list(Tip.objects.published().full())
    frozen = [tip for tip in tips if promotions.at_the_end(tip.body)]
    assert len(frozen) == 4
    old = {each.words for tip in frozen for each in promotions.at_the_end(tip.body)}
    for sort in promotions.SORTS:
        hold(sort, f"Ours, a {sort}", weight=promotions.SORTS.index(sort))
    for tip in tips:
        page = unescape(client.get(tip.get_absolute_url()).text)
        assert [page.count(f"Ours, a {sort}") for sort in promotions.SORTS] == [0, 0, 1, 1]
        assert [words for words in old if words.partition("http")[0] in page] == []
