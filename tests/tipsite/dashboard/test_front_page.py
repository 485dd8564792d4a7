from datetime import timedelta
from itertools import islice

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tips.importers import store
from tips.importers.records import Archive, Post
from tips.models import ImportRun, SlotException, SlotRule, Tip, TipState
from tips.publishing import workflow
from tips.schedule import slots
from tipsite.dashboard import front_page
from tipsite.models import Notice

FRONT = "/admin/"


@pytest.fixture
def editor(db):
    return make_person("ed", "Editor", first_name="Ed")


@pytest.fixture
def author(db):
    return make_person("ann", "Author", first_name="Ann", last_name="Burke")


@pytest.fixture
def front(client, editor):
    """A function that returns the front page as an editor reads it."""
    client.force_login(editor)
    return lambda: client.get(FRONT).content.decode()


def coming(count=5):
    """Return the next slots."""
    return list(islice(slots.Timetable.load().after(timezone.now()), count))


def test_a_safe_slot_is_told_in_one_sentence(front):
    make_tip("Call back", publish_at=coming()[0].at)
    assert "is safe: “Call back” goes live." in front()


def test_a_free_slot_comes_with_what_to_do(front):
    page = front()
    assert "is free: nothing is planned." in page
    assert "Approve a tip that waits for review" in page


def test_a_slot_at_risk_names_its_tip(front):
    tip = make_tip("Nearly", publish_at=coming()[0].at, state=TipState.IN_REVIEW, pinned=True)
    page = front()
    assert "is at risk: “Nearly” is planned, but is still in review." in page
    assert f'<a href="/admin/tips/tip/{tip.pk}/change/">Open the tip</a>' in page


def test_a_skipped_week_is_passed_over(front):
    first, second, *_ = coming()
    SlotException.objects.create(day=first.day, kind="skip", reason="Holidays", at=timezone.now())
    make_tip("After the holidays", publish_at=second.at)
    assert "is safe: “After the holidays” goes live." in front()


def test_gaps_behind_the_next_slot_are_listed_with_the_way_to_fill_them(front):
    first, second, third, *_ = coming()
    make_tip(publish_at=first.at)
    make_tip(publish_at=third.at, pinned=True)
    assert f'href="/admin/tips/tip/calendar/{second.day}/"' in front()
    assert f'href="/admin/tips/tip/calendar/{third.day}/"' not in front()


def test_what_waits_for_review_stands_with_who_and_since_when(front, author):
    tip = make_tip("Mine to read", state=TipState.DRAFT, publish_at=None, author=author)
    workflow.submit(tip, by=author)
    ((waiting, entry),), more = front_page.in_review()
    assert (waiting, entry.user, more) == (tip, author, 0)
    assert timezone.now() - entry.action_time < timedelta(minutes=5)
    page = front()
    assert "Mine to read" in page
    assert "Ann Burke, since" in page


def test_of_much_that_waits_it_shows_some_and_counts_the_rest(front):
    for _ in range(11):
        make_tip(state=TipState.IN_REVIEW, publish_at=None)
    assert "3 more" in front()


def test_teasers_are_a_number_and_a_way_to_them(front):
    make_tip()
    make_tip(body="", excerpt="Only this much.")
    page = front()
    assert "1 of 2 public tips" in page
    assert "?state=public&amp;text=missing" in page
    assert "50 in 100 have their full text" in page


def test_an_import_leaves_its_counts(front):
    archive = Archive(files=2, posts=[Post("Call back", "a.txt", 1, full=True, body="<p>Do call.</p>")])
    store.write(archive, dry_run=True)
    assert not ImportRun.objects.exists()
    store.write(archive, source="pages")
    run = ImportRun.objects.get()
    assert (run.source, run.files, run.created, run.updated, run.unchanged) == ("pages", 2, 1, 0, 0)
    assert "1 new, 0 updated" in front()


def test_an_alert_stands_here_without_any_mail(front):
    SlotRule.objects.update(weekday=(timezone.localdate() + timedelta(days=2)).weekday())
    page = front()
    assert "Open alerts" in page
    assert "No mail was sent yet." in page
    now = timezone.now()
    kind, day = Notice.Kind.SLOT_LATE, str(coming()[0].day)
    Notice.objects.create(kind=kind, about=day, created_at=now, sent_at=now)
    assert "Editors were told by mail on" in front()


def test_a_week_far_off_or_skipped_raises_no_alert(front):
    SlotRule.objects.update(weekday=(timezone.localdate() + timedelta(days=6)).weekday())
    assert "Open alerts" not in front()
    SlotRule.objects.update(weekday=(timezone.localdate() + timedelta(days=2)).weekday())
    first = coming()[0]
    SlotException.objects.create(day=first.day, kind="skip", reason="Holidays", at=timezone.now())
    assert "Open alerts" not in front()


def test_a_planned_tip_whose_slot_passed_is_an_alert(front):
    yesterday = timezone.localdate() - timedelta(days=1)
    SlotRule.objects.update(from_date=yesterday - timedelta(days=21), weekday=yesterday.weekday())
    slot = slots.Timetable.load().slot(yesterday)
    make_tip("Too late", state=TipState.IN_REVIEW, pinned=True, publish_at=slot.at)
    assert "“Too late” was planned, and not approved in time." in front()


def test_the_strip_holds_a_year_of_weeks(front):
    SlotRule.objects.update(from_date=timezone.localdate() - timedelta(weeks=60))
    page = front()
    assert page.count('class="square square-') == 52
    assert 'aria-label="13 free, 39 missed"' in page


def test_an_author_finds_their_own_matters_and_no_titles_of_others(client, author, editor):
    make_tip("My draft", state=TipState.DRAFT, publish_at=None, author=author)
    make_tip("Their plan", publish_at=coming()[0].at, author=editor)
    make_tip("Their review", state=TipState.IN_REVIEW, publish_at=None, author=editor)
    client.force_login(author)
    page = client.get(FRONT).content.decode()
    assert "My draft" in page
    assert "is safe: another author’s tip goes live." in page
    for word in ("Their plan", "Their review", "Waits for review", "Latest imports"):
        assert word not in page


def test_who_may_see_no_tips_learns_nothing_of_them(client, db):
    make_tip("Planned", publish_at=coming()[0].at)
    client.force_login(make_person("guest"))
    page = client.get(FRONT).content.decode()
    assert "Planned" not in page
    assert "strip" not in page


@pytest.mark.parametrize("role", ["Author", "Publisher"])
def test_its_queries_do_not_grow_with_the_archive(client, role, author):
    person = make_person("pat", role)

    def asked():
        client.force_login(person)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(FRONT).status_code == 200
        return len(queries)

    SlotRule.objects.update(from_date=timezone.localdate() - timedelta(weeks=10))
    make_tip(state=TipState.IN_REVIEW, publish_at=None, author=person)
    make_tip(state=TipState.DRAFT, publish_at=None, author=person)
    asked()
    few = asked()
    for _ in range(30):
        make_tip(state=TipState.DRAFT, publish_at=None, author=person)
        tip = make_tip(state=TipState.DRAFT, publish_at=None, author=author)
        workflow.submit(tip, by=author)
    now = ago(days=0)
    Tip.objects.bulk_create(
        Tip(
            title=f"Old {n}", slug=f"old-{n}", state=TipState.APPROVED, publish_at=now - n * timedelta(days=3)
        )
        for n in range(1, 201)
    )
    assert asked() == few
    assert few <= 43


def test_an_author_is_told_on_the_front_page_why_a_draft_came_back(client, author, editor):
    tip = make_tip("Too short", state=TipState.IN_REVIEW, publish_at=None, author=author)
    workflow.send_back(tip, "Tell the story.", by=editor)
    client.force_login(author)
    assert "Sent back: Tell the story." in client.get("/admin/").content.decode()
    workflow.submit(tip, by=author)
    assert "Tell the story." not in client.get("/admin/").content.decode().split("What you did last")[0]
