"""Mailings in the desk: the list, the page of each with its buttons, the ledger, the numbers."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from subscribers.mailings import statistics
from subscribers.models import BounceReport, ConsentEvent, Delivery, Mailing, Suppression
from subscribers.people import subscriptions, suppressions
from tests.subscribers.making import HELD, make_begun, make_mailing, make_people
from tests.tips.people import make_person

pytestmark = pytest.mark.django_db

LIST = "/admin/subscribers/mailing/"


@pytest.fixture
def publisher(client):
    person = make_person("olga", "Publisher", first_name="Olga")
    client.force_login(person)
    return person


def page_of(client, mailing, more="change/"):
    return client.get(f"{LIST}{mailing.pk}/{more}").text


def do(client, mailing, verb, **answers):
    """Press a verb's button on a mailing's page; return the page that follows, and the mailing as it is."""
    answers = {"seen": mailing.state} | answers
    response = client.post(f"{LIST}{mailing.pk}/do/{verb}/", answers, follow=True)
    mailing.refresh_from_db()
    return response.text


def test_the_list_says_how_each_stands_in_constant_queries(client, publisher):
    make_begun(Mailing.State.SENT, [Delivery.State.SENT, Delivery.State.SENT, Delivery.State.REFUSED])
    with CaptureQueriesContext(connection) as few:
        page = client.get(LIST).text
    assert re.search(r'state-public">Sent</span>', page)
    for name, number in [("sent", 2), ("refused", 1), ("complaints", 0), ("left", 0)]:
        assert f'<td class="field-{name}">{number}</td>' in page
    for _ in range(3):
        make_begun(Mailing.State.SENT)
    with CaptureQueriesContext(connection) as more:
        client.get(LIST)
    assert len(more) == len(few)


STATES = {
    Mailing.State.PREPARED: ("Stop is certain until", {"stop", "cancel", "test"}),
    Mailing.State.BUILDING: ("is being made", {"pause", "cancel", "test"}),
    Mailing.State.SENDING: ("on its way since", {"pause", "cancel", "test"}),
    Mailing.State.PAUSED: ("It stopped itself. Too many.", {"resume", "cancel", "test"}),
    Mailing.State.HELD: ("Release it to send it after all", {"release", "cancel", "test"}),
    Mailing.State.SENT: ("Everybody was dealt with", {"correct", "test"}),
    Mailing.State.CANCELLED: ("It went to nobody", {"test"}),
}


def test_a_mailings_page_says_what_to_do_and_has_the_buttons_that_fit(client, publisher):
    for state, (words, verbs) in STATES.items():
        if state in (Mailing.State.PREPARED, Mailing.State.HELD, Mailing.State.CANCELLED):
            mailing = make_mailing(state=state, starts_at=timezone.now() + timedelta(minutes=8))
        else:
            mailing = make_begun(state, reason="Too many." if state == Mailing.State.PAUSED else "")
        page = page_of(client, mailing)
        assert words in page, state
        assert set(re.findall(rf"{LIST}{mailing.pk}/do/([a-z-]+)/", page)) == verbs, state
    assert "send-again" in page_of(client, make_begun(Mailing.State.SENT, [HELD]))


def test_a_page_says_to_how_many_it_would_go(client, publisher):
    _, paused, blocked = make_people(3)
    subscriptions.pause(paused, timezone.localdate() + timedelta(days=9))
    suppressions.suppress(blocked.address_hash, Suppression.Reason.BLOCKED)
    mailing = make_mailing(starts_at=timezone.now() + timedelta(minutes=8))
    assert "it would go to about 1 person." in page_of(client, mailing)


def test_a_page_has_no_script_or_style_of_its_own_and_a_bar_with_a_name(client, publisher):
    mailing = make_begun(
        rows=[Delivery.State.SENT, Delivery.State.QUEUED, Delivery.State.DEFERRED, Delivery.State.UNCERTAIN]
    )
    for page in [
        page_of(client, mailing),
        page_of(client, mailing, "ledger/"),
        page_of(client, mailing, "do/test/"),
    ]:
        assert not re.search(r'<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle="|\son\w+="', page)
    page = page_of(client, mailing)
    assert '<label for="progress">' in page
    assert '<progress id="progress" max="100" value="50">' in page
    assert '<dd data-count="remaining">2</dd>' in page


def test_its_progress_is_told_in_numbers_alone(client, publisher):
    waits = {"state": Delivery.State.DEFERRED, "due_at": timezone.now()}
    mailing = make_begun(rows=[Delivery.State.SENT, Delivery.State.QUEUED, waits, HELD])
    news = client.get(f"{LIST}{mailing.pk}/progress/").json()
    counts = {"sent": 1, "deferred": 1, "refused": 0, "uncertain": 1, "skipped": 0, "remaining": 2}
    assert (news["state"], news["percent"], news["counts"]) == ("sending True", 50, counts)
    assert "@" not in str(news)


def test_what_shows_no_mail_reads_none(client, publisher):
    sent = make_begun(Mailing.State.SENT, [Delivery.State.SENT])
    correction = make_mailing(tip=sent.tip, kind=Mailing.Kind.CORRECTION, corrects=sent, note="It was wrong.")
    person = sent.deliveries.get().subscriber
    for page in (f"{LIST}{correction.pk}/progress/", f"/admin/subscribers/subscriber/{person.pk}/change/"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        assert not [query["sql"] for query in asked if '."html"' in query["sql"]]


@pytest.mark.parametrize(
    ("verb", "state", "answers", "then"),
    [
        ("stop", Mailing.State.PREPARED, {}, Mailing.State.HELD),
        ("pause", Mailing.State.SENDING, {"reason": "A typo."}, Mailing.State.PAUSED),
        ("resume", Mailing.State.PAUSED, {}, Mailing.State.SENDING),
        ("release", Mailing.State.HELD, {}, Mailing.State.PREPARED),
        ("cancel", Mailing.State.SENDING, {}, Mailing.State.CANCELLED),
    ],
)
def test_each_verb_acts_by_post_alone_and_leaves_a_line_in_the_log(
    client, publisher, verb, state, answers, then
):
    mailing = (
        make_mailing(state=state)
        if state in (Mailing.State.PREPARED, Mailing.State.HELD)
        else make_begun(state)
    )
    page_of(client, mailing, f"do/{verb}/")
    mailing.refresh_from_db()
    assert mailing.state == state
    page = do(client, mailing, verb, **answers)
    assert mailing.state == then
    line = LogEntry.objects.get(object_id=str(mailing.pk))
    assert line.user == publisher
    assert line.change_message in page.replace("&#x27;", "'")
    if answers:
        assert "A typo." in page


def test_what_the_page_did_not_show_any_more_is_refused_in_a_line(client, publisher):
    mailing = make_begun()
    page = do(client, mailing, "cancel", seen=Mailing.State.PREPARED)
    assert "Nothing was done: meanwhile it is sending. Look again." in page
    assert mailing.state == Mailing.State.SENDING
    unfit = "“Stop” is not possible: the mailing is sending. Nothing was changed."
    assert unfit in do(client, mailing, "stop")
    assert "the mailing is sending, and 0 of its deliveries wait" in do(client, mailing, "send-again")
    paused = make_begun(Mailing.State.PAUSED)
    type(paused.tip).objects.filter(pk=paused.tip.pk).update(state="withdrawn")
    assert "It cannot go on. The tip is withdrawn, not approved." in do(client, paused, "resume")


def test_a_correction_asks_what_was_wrong_and_is_prepared(client, publisher):
    mailing = make_begun(Mailing.State.SENT, [Delivery.State.SENT])
    assert "Say what was wrong" in do(client, mailing, "correct", note=" ")
    page = do(client, mailing, "correct", note="The date was wrong.")
    correction = Mailing.objects.get(corrects=mailing)
    assert (correction.state, correction.note) == (Mailing.State.PREPARED, "The date was wrong.")
    assert "Stop is certain until" in page
    assert "The date was wrong." in page
    assert f"{LIST}{correction.pk}/change/" in page_of(client, mailing)


def test_a_test_goes_to_a_colleague_and_into_no_ledger(client, publisher, mailoutbox, settings):
    colleague = make_person("ed", "Editor", first_name="Ed")
    mailing = make_mailing(starts_at=timezone.now() + timedelta(minutes=5))
    page = page_of(client, mailing, "do/test/")
    assert "Olga (yourself)" in page
    assert colleague.email not in page
    do(client, mailing, "test", to=colleague.pk)
    assert [mail.to for mail in mailoutbox] == [["ed@example.org"]]
    assert mailoutbox[0].subject.startswith("Test: ")
    assert not Delivery.objects.exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert "The mail server did not take the test (ConnectionRefusedError)." in do(
        client, mailing, "test", to=colleague.pk
    )


def test_the_mail_is_shown_as_it_was_frozen(client, publisher):
    mailing = make_begun(
        Mailing.State.SENT, subject="Frozen", html="<html><head></head><p>As frozen</p></html>"
    )
    assert "Frozen" in page_of(client, mailing, "mail/")
    frame = client.get(f"{LIST}{mailing.pk}/mail/", {"frame": "phone-dark"})
    assert "As frozen" in frame.text
    assert "script-src" not in frame.headers["Content-Security-Policy"]
    prepared = make_mailing(starts_at=timezone.now() + timedelta(minutes=5))
    assert prepared.tip.title in page_of(client, prepared, "mail/")


# --- The ledger -------------------------------------------------------------------------------------------


def test_the_ledger_shows_first_what_waits_for_a_person(client, publisher):
    soon = timezone.now() + timedelta(minutes=1)
    doubted = {"state": Delivery.State.UNCERTAIN, "uncertain_count": 1, "due_at": soon}
    mailing = make_begun(
        rows=[Delivery.State.SENT, HELD, doubted, {"state": Delivery.State.REFUSED, "reply": "550 5.2.1"}]
    )
    page = page_of(client, mailing, "ledger/")
    assert re.findall(r'state=(\w+)"(?: aria-current="page")?>', page) == [
        "held",
        "uncertain",
        "refused",
        "sent",
    ]
    assert "reader1@" in page
    assert "reader2@" not in page
    assert "550 5.2.1" in page_of(client, mailing, "ledger/?state=refused")
    assert "reader0@" in page_of(client, mailing, "ledger/?state=sent")


def test_a_long_ledger_goes_on(client, publisher, monkeypatch):
    monkeypatch.setattr("subscribers.admin.deliveries.PER_PAGE", 2)
    mailing = make_begun(rows=[Delivery.State.SENT] * 3)
    page = page_of(client, mailing, "ledger/?state=sent")
    assert "reader2@" not in page
    following = re.search(r'href="(\?state=sent&amp;after=\d+)"', page)[1].replace("&amp;", "&")
    page = page_of(client, mailing, f"ledger/{following}")
    assert "reader2@" in page
    assert "reader1@" not in page


def test_a_person_is_found_by_an_address_that_comes_into_no_url(client, publisher):
    mailing = make_begun(rows=[Delivery.State.SENT, Delivery.State.QUEUED])
    find = f"{LIST}{mailing.pk}/ledger/find/"
    found = client.post(find, {"address": " Reader1@host1.example "}, follow=True)
    assert "reader1@host1.example" in found.text
    assert "@" not in found.redirect_chain[0][0]
    stranger = client.post(find, {"address": "nobody@example.org"})
    assert "Nobody on the list has this address." in stranger.text
    # What nobody typed is nobody's absence.
    assert re.search(r'role="alert">Type an address\.<', client.post(find, {"address": " "}).text)
    late = mailing.deliveries.last().subscriber
    mailing.deliveries.filter(subscriber=late).delete()
    late.joined_at = timezone.now()
    late.save()
    absence = "They have no row here: they joined after it began"
    assert absence in client.post(find, {"address": late.address}).text
    assert client.get(find).status_code == 405


def test_a_row_tells_its_story(client, publisher):
    mailing = make_begun(
        rows=[
            {
                "state": Delivery.State.REFUSED,
                "reply": "550 5.1.1",
                "tries": 3,
                "first_tried_at": timezone.now() - timedelta(minutes=50),
                "settled_at": timezone.now() - timedelta(minutes=30),
                "suppressed": True,
            },
            {"state": Delivery.State.SKIPPED, "reply": "paused"},
            {
                "state": Delivery.State.SENT,
                "uncertain_count": 1,
                "complained_at": timezone.now(),
                "sent_at": timezone.now(),
            },
        ]
    )
    refused, skipped, complained = mailing.deliveries.order_by("pk")
    BounceReport.objects.create(
        kind="bounced", delivery=refused, status="5.1.1", words="No such user", digest="1", acted=True
    )
    story = page_of(client, mailing, f"ledger/{refused.pk}/")
    told = [
        "Queued, when the mailing began.",
        "put off for the first time",
        "550 5.1.1 (nobody there has this address). Nothing is sent to this address any more.",
        "Came back: bounced for good",
        "No such user",
    ]
    places = [story.index(words) for words in told]
    assert places == sorted(places)
    assert "Left out: they had asked for a rest." in page_of(client, mailing, f"ledger/{skipped.pk}/")
    story = page_of(client, mailing, f"ledger/{complained.pk}/")
    assert "They complained of it" in story
    assert "it may have come twice" in story


def test_who_may_not_see_people_sees_rows_without_addresses(client):
    person = make_person("robin")
    rights = ["view_mailing", "view_delivery"]
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(person)
    mailing = make_begun(rows=[HELD])
    row = mailing.deliveries.get()
    for more in ["ledger/", f"ledger/{row.pk}/"]:
        page = page_of(client, mailing, more)
        assert "umber " in page
        assert "@host" not in page
        assert "Send it again" not in page
    assert client.post(f"{LIST}{mailing.pk}/ledger/find/", {"address": "a@b.c"}).status_code == 403


@pytest.mark.parametrize(
    ("verb", "state"), [("send-again", Delivery.State.UNCERTAIN), ("count-as-sent", Delivery.State.SENT)]
)
def test_a_person_decides_on_one_uncertain_row_or_on_all(client, publisher, verb, state):
    mailing = make_begun(Mailing.State.SENT, rows=[HELD, HELD, HELD])
    first = mailing.deliveries.earliest("pk")
    story = f"{LIST}{mailing.pk}/ledger/{first.pk}/"
    assert "Decide" in client.get(story).text
    assert "1 uncertain delivery is" in client.post(story, {"do": verb}, follow=True).text
    first.refresh_from_db()
    assert (first.state, bool(first.due_at)) == (state, verb == "send-again")
    assert mailing.deliveries.held().count() == 2
    assert "Nothing is left to decide" in client.post(story, {"do": verb}, follow=True).text
    mailing.refresh_from_db()
    assert mailing.state == (Mailing.State.SENDING if verb == "send-again" else Mailing.State.SENT)
    assert "2 uncertain deliveries are" in do(client, mailing, verb)
    assert not mailing.deliveries.held().exists()


# --- The numbers ------------------------------------------------------------------------------------------


def test_who_left_counts_for_the_last_mailing_before_within_a_week():
    def left(days):
        at = timezone.now() - timedelta(days=days)
        ConsentEvent.objects.create(subscriber=person, kind=ConsentEvent.Kind.LEFT, at=at)

    mailings = [
        make_begun(Mailing.State.SENT, started_at=timezone.now() - timedelta(days=days))
        for days in (30, 9, 6)
    ]
    [person] = make_people(1)
    for days in (31, 29, 22, 8, 7, 5):
        left(days)
    found = statistics.of(mailings)
    assert [found[mailing.pk]["left"] for mailing in mailings] == [1, 2, 1]


def test_the_weeks_are_drawn_and_stand_in_a_table(client, publisher):
    complaint = {"state": Delivery.State.SENT, "complained_at": timezone.now()}
    make_begun(Mailing.State.SENT, [Delivery.State.SENT, complaint, Delivery.State.REFUSED])
    page = client.get(f"{LIST}numbers/").text
    for words in ["Sent: 2 in 26 weeks, at most 2 in one", "Refused: 1 in 26", "Complaints: 1 in 26"]:
        assert f'aria-label="{words}' in page
    assert "<td>1</td><td>2</td><td>1</td><td>1</td><td>0</td>" in page
    assert "in 52 weeks" in client.get(f"{LIST}numbers/?weeks=52").text
