"""The desk's front page: the verdict and its button, the weeks, whose turn it is, the mailing, the gaps."""

import re
from datetime import timedelta
from itertools import islice

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from subscribers.models import Heartbeat, Mailing, Subscriber
from tests.desk.sent_forms import as_sent
from tests.subscribers.making import make_begun, make_mailing
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import SlotException, SlotRule, Tip, TipState
from tips.publishing import whose_turn, workflow
from tips.schedule import slots

FRONT = "/admin/"


@pytest.fixture
def editor(db):
    return make_person("ed", "Editor", first_name="Ed", last_name="Moreno")


@pytest.fixture
def author(db):
    return make_person("ann", "Author", first_name="Ann", last_name="Burke")


@pytest.fixture
def publisher(db):
    return make_person("pia", "Publisher")


@pytest.fixture(autouse=True)
def worker(db):
    Heartbeat.objects.create(worker_id="w", seen_at=timezone.now())


@pytest.fixture
def front(client, editor):
    """A function that returns the front page as a person, or the editor, reads it, without marks."""

    def front(person=editor):
        client.force_login(person)
        page = client.get(FRONT).text
        return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("content-main") :]).split())

    return front


def coming(count=5):
    """Return the next slots."""
    return list(islice(slots.Timetable.load().after(timezone.now()), count))


def subscribe(count=3):
    for number in range(count):
        Subscriber.objects.create(address=f"p{number}@example.org")


def weekday():
    return f"{timezone.localtime(coming()[0].at):%A}"


def test_a_safe_slot_is_one_sentence_and_four_facts(front):
    subscribe()
    make_tip("Call back", publish_at=coming()[0].at, for_mail=True)
    page = front()
    assert f"{weekday()} is safe Call back goes live" in page
    assert "on the site. By mail it goes to 3 people." in page
    assert "Approved For mail 3 subscribed Worker awake" in page
    assert "not safe" not in page
    assert page.count("is safe") == 1


def test_the_button_lifts_the_mark_and_says_how_many_get_the_mail(front, client, publisher):
    subscribe()
    tip = make_tip("Call back", publish_at=coming()[0].at)
    assert "Lift the mark" not in front()
    page = front(publisher)
    assert "is not safe: no mail would go out Call back goes live on" in page
    assert "Lift the mark, and mail 3 people" in page
    html = client.get(FRONT).text
    url = re.search(r'href="([^"]+)">Lift the mark', html)[1]
    # The page behind the button says what follows, and asks.
    asked = client.get(url)
    assert "Lift “not for mail”, and mail 3 people" in asked.text
    assert not Tip.objects.get(pk=tip.pk).for_mail
    client.post(url, as_sent(asked, "foreseen-for-mail"))
    assert Tip.objects.get(pk=tip.pk).for_mail
    assert "is safe" in front(publisher)


def test_each_gap_of_the_next_slot_has_its_button(front, client):
    first = coming()[0]
    assert "is not safe: nothing is planned" in front()
    assert (
        f'class="btn main big" href="/admin/tips/tip/calendar/{first.day}/">Plan a tip'
        in client.get(FRONT).text
    )
    tip = make_tip("Nearly", publish_at=first.at, state=TipState.IN_REVIEW, pinned=True)
    assert "is not safe: its tip is still in review Nearly is planned for" in front()
    assert f'href="/admin/tips/tip/{tip.pk}/change/">Review it, and approve' in client.get(FRONT).text
    Heartbeat.objects.all().delete()
    Tip.objects.update(state=TipState.APPROVED)
    assert "is not safe: no worker is awake Nearly goes live" in front()
    assert "How to start a worker" in client.get(FRONT).text


def test_a_skipped_week_is_passed_over_and_counted(front):
    first, second, *_ = coming()
    SlotException.objects.create(day=first.day, kind="skip", reason="Holidays", at=timezone.now())
    tip = make_tip("After the holidays", publish_at=second.at)
    page = front()
    assert "is safe, on the site only After the holidays goes live" in page
    assert "1 on the site only, 1 skipped, 11 free" in page
    subscribe()
    Tip.objects.filter(pk=tip.pk).update(for_mail=True)
    page = front()
    assert "is safe After the holidays goes live" in page
    assert "1 safe, 1 skipped, 11 free" in page


def test_where_no_slot_is_to_come_it_says_so(front):
    SlotRule.objects.all().delete()
    assert "The next tip is not safe: there is no weekly slot" in front()


def test_the_strip_leads_to_each_week_and_the_gaps_to_their_forms(front, client):
    first, second, third, *_ = coming()
    make_tip(publish_at=first.at)
    make_tip(publish_at=third.at, pinned=True)
    front()
    page = client.get(FRONT).text
    strip, gaps = page[: page.index("Next gaps")], page[page.index("Next gaps") :]
    assert strip.count("/admin/tips/tip/calendar/#week-") == 2
    assert f'href="/admin/tips/tip/calendar/{second.day}/"' in strip
    for url in (f"/admin/tips/tip/add/?week={second.day}", f"/admin/tips/tip/calendar/{second.day}/"):
        assert f'href="{url}"' in gaps
    assert f"{third.day}" not in gaps


def test_a_free_week_leads_an_author_to_writing(client, author):
    week, *_ = coming()
    client.force_login(author)
    assert f'<a href="/admin/tips/tip/add/?week={week.day}"' in client.get(FRONT).text


def test_an_author_finds_what_came_back_and_no_titles_of_others(front, author, editor):
    tip = make_tip("Too short", state=TipState.IN_REVIEW, publish_at=None, author=author)
    workflow.send_back(tip, "Tell the story.", by=editor)
    make_tip(
        "My draft", state=TipState.DRAFT, publish_at=None, author=author, body="<p>Three words here.</p>"
    )
    make_tip("Their review", state=TipState.IN_REVIEW, publish_at=None, author=editor)
    page = front(author)
    assert "Needs you 1 Too short Ed Moreno" in page
    assert "Sent back: Tell the story." in page
    assert "Where you left off All of yours My draft Draft, 3 words." in page
    for word in ("Their review", "Next gaps", "All mailings", "Plan a tip", "Backups"):
        assert word not in page


def test_an_author_sees_what_they_handed_in_and_no_alarm_that_they_cannot_answer(front, client, author):
    tip = make_tip("Call back", state=TipState.DRAFT, publish_at=None, author=author)
    workflow.submit(tip, by=author)
    assert "Call back In review: no editor has begun yet." in front(author)
    page = client.get(FRONT).text
    assert 'class="verdict partly"' in page
    front()
    assert 'class="verdict not"' in client.get(FRONT).text


def test_of_much_that_waits_it_shows_some_and_counts_the_rest(front, monkeypatch):
    for _ in range(11):
        make_tip(state=TipState.IN_REVIEW, publish_at=None)
    monkeypatch.setattr(whose_turn, "MOST", 9)
    page = front()
    assert "Needs you 11 " in page
    assert "And 3 more: all that is in review" in page


def test_what_is_empty_has_no_heading(front):
    page = front()
    assert "Nothing waits for you" in page
    for heading in ("Needs you", "Where you left off", "Last mailing", "Next mailing"):
        assert heading not in page


def test_the_mailing_under_way_stands_with_its_progress_and_a_button_to_stop_it(front, client, publisher):
    begun = make_begun(rows=["sent", "queued"])
    page = front(publisher)
    assert "50%" in page
    assert "Pause it" in page
    assert "Got it" not in page
    begun.deliveries.filter(state="queued").update(state="refused")
    Mailing.objects.update(state=Mailing.State.SENT, ended_at=timezone.now())
    assert "Got it 1 of 2 Refused 1 Left afterwards 0 Subscribed 2 Next" in front(publisher)
    mailing = make_mailing(starts_at=timezone.now() + timedelta(minutes=5))
    assert "Next mailing" in front(publisher)
    assert f'action="/admin/subscribers/mailing/{mailing.pk}/do/stop/"' in client.get(FRONT).text
    # Who may approve a tip, and so start its mail, may stop it until it begins.
    assert "Stop it" in front()


def test_who_may_see_no_tips_learns_nothing_of_them(front):
    make_tip("Planned", publish_at=coming()[0].at)
    page = front(make_person("guest"))
    assert "Planned" not in page
    assert "The coming weeks" not in page


@pytest.mark.parametrize("role", ["Author", "Publisher"])
def test_it_is_small_and_asks_little_however_much_there_is(client, role, author):
    person = make_person("pat", role)
    subscribe()
    make_begun(Mailing.State.SENT, rows=["sent"])

    def asked():
        client.force_login(person)
        client.get(FRONT)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(FRONT)
        assert len(response.content) < 60_000
        return len(queries)

    SlotRule.objects.update(from_date=timezone.localdate() - timedelta(weeks=10))
    make_tip(state=TipState.IN_REVIEW, publish_at=None, author=person)
    make_tip(state=TipState.DRAFT, publish_at=None, author=person)
    few = asked()
    for slot in coming(10):
        make_tip(state=TipState.DRAFT, publish_at=None, author=person)
        make_tip(publish_at=slot.at)
        tip = make_tip(state=TipState.DRAFT, publish_at=None, author=author)
        workflow.submit(tip, by=author)
    now = timezone.now()
    days = timedelta(days=3)
    old = [
        Tip(title=f"Old {n}", slug=f"old-{n}", state="approved", publish_at=now - n * days)
        for n in range(1, 101)
    ]
    Tip.objects.bulk_create(old)
    assert asked() == few
    assert few <= {"sqlite": 16, "postgresql": 18}[connection.vendor]
