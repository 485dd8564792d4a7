"""No screen gives two answers about the next slot: each tells the same reasons, in the same words."""

import html
import io
import json
import re
from datetime import timedelta
from itertools import islice

import pytest
from django.core.management import call_command
from django.utils import timezone

from shield import database_server
from shield.database_server import DatabaseServer
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tipsite.safety import situations as be
from tests.tipsite.safety.situations import Mailing, ago, sending
from tips.models import Tip, TipState
from tips.schedule import slot_states, verdict
from tips.schedule.slots import Timetable
from tipsite.safety import disks, probes, server_reasons

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# What makes it so, the codes of what is told, and words of the first of it.
SITUATIONS = [
    (be.somebody_subscribed, [], ""),
    (lambda: None, ["nobody-subscribed"], "Nobody is subscribed yet"),
    (
        be.not_for_mail_where_nobody_subscribed,
        ["not-for-mail", "nobody-subscribed"],
        "marked as not for mail",
    ),
    (be.it_was_mailed_already, ["mailed"], "nobody gets it a second time"),
    (be.another_mailing_goes_out, [], ""),
    (be.no_tip, ["slot"], "Nothing is planned for"),
    (be.a_draft, ["slot"], "but is still a draft"),
    (be.in_review, ["slot"], "but is still in review"),
    (be.a_teaser, ["no-text"], "its text is missing"),
    (be.withdrawn, ["slot"], "Nothing is planned for"),
    (be.skipped_and_then_free, ["slot"], "Nothing is planned for"),
    (be.moved_away_from_its_tip, ["slot"], "Nothing is planned for"),
    (be.no_rule, ["slot"], "Add a slot rule"),
    (be.not_for_mail, ["not-for-mail"], "“Keep your word” goes live on"),
    (be.its_mailing_was_cancelled, ["cancelled"], "its mailing was cancelled"),
    (be.everybody_pauses, ["nobody-subscribed"], "of 1 on the list, each is paused or suppressed"),
    (be.no_worker, ["worker"], "No worker is alive"),
    (be.no_worker_and_not_for_mail, ["not-for-mail", "worker"], "marked as not for mail"),
    (
        lambda: sending(state=Mailing.State.PAUSED, reason="20 refusals."),
        ["paused"],
        "“Smile” is paused. It stopped itself. 20 refusals. See to the cause first",
    ),
    (lambda: sending(state=Mailing.State.HELD, started_at=None), ["held"], "Release it"),
    (lambda: sending(state=Mailing.State.PREPARED, starts_at=ago(hours=1)), ["stuck"], "should have begun"),
    (lambda: sending(state=Mailing.State.BUILDING), ["stuck"], "and has not. Look whether a worker runs"),
    (
        be.the_clock_of_a_worker_is_off,
        ["clock"],
        "The clock of mail-2 is 3,600 seconds behind",
    ),
    (be.a_clock_is_ahead, ["clock"], "the database’s clock was set back"),
    (be.queue_stands, ["stuck"], "quarter of an hour"),
    (be.one_is_never_done, ["stuck"], "quarter of an hour"),
    (be.deferred_long_ago, ["stuck"], "quarter of an hour"),
    (be.server_refuses, ["server"], "(ConnectionRefusedError). Look at the mail server’s log"),
    (be.journal_is_not_to_be_written, ["journal"], "cannot be written (No such file or directory)"),
    (be.a_suppression_is_not_in_the_journal, ["journal"], "1 suppression is not in the journal"),
    (be.service_mails_wait, ["server"], "1 mail to a reader was tried again and again. Look at"),
    (be.twice_uncertain, ["uncertain"], "1 delivery is uncertain. Say in the mailing’s ledger"),
    (be.restored, ["guard"], "Publisher"),
    (be.backup_fails, ["backup"], "failed: no room."),
    (be.backup_is_overdue, ["backup"], "in the last 2 days"),
]
UNSAID = {"nobody-subscribed"}


@pytest.fixture(autouse=True)
def site_in_order(settings, tmp_path, client):
    settings.STATE_DIR, settings.HEALTH_TOKEN = tmp_path, "a-long-token"
    be.all_is_well()
    client.force_login(make_person("pia", "Publisher"))


def text_of(response):
    """Return the words of a page's content, without marks."""
    content = response.text[response.text.index('id="content"') :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", content)).split())


def told_by_command(*arguments):
    out, status = io.StringIO(), 0
    try:
        call_command("safe", *arguments, stdout=out)
    except SystemExit as ended:
        status = ended.code
    return status, out.getvalue()


def one_answer(client):
    """Hold all screens against the verdict on the next slot, and return it."""
    following = verdict.of_next()
    words, is_safe = [str(reason) for reason in following.told], following.is_safe
    first = "Safe: " if is_safe else "Not safe."
    status, said = told_by_command()
    assert (status, said.splitlines()[1:]) == (0 if is_safe else 1, [f"- {each}" for each in words])
    assert said.startswith(first)
    found = json.loads(told_by_command("--json")[1])
    names = [reason["words"] for reason in [*found["reasons"], *found["notes"]]]
    assert (found["safe"], bool(found["reasons"]), names) == (is_safe, not is_safe, words)
    probes.KEPT.forget()
    probe = client.get("/healthz/safe", headers={"authorization": "Bearer a-long-token"})
    assert probe.text.splitlines() == ["safe" if is_safe else "not safe", *words]
    assert probe.status_code == (200 if is_safe else 503)
    front, page = text_of(client.get("/admin/")), text_of(client.get("/admin/safe/"))
    screens = [front, page, text_of(client.get("/admin/tips/tip/calendar/"))]
    if following.row and following.row.tip:
        screens.append(text_of(client.get(f"/admin/tips/tip/{following.row.tip.pk}/change/")))
    for screen in screens:
        for reason in following.told if following.row else []:
            assert reason.said in screen or f"{reason.said[0].upper()}{reason.said[1:]}" in screen
    # The list says how each tip stands, and nothing of the slot; no screen says the contrary.
    for screen in [*screens, text_of(client.get("/admin/tips/tip/?state=queue"))]:
        assert f"{following.day} is {'not safe' if is_safe else 'safe'}" not in screen
    assert all(each in page for each in words)
    assert [front.count(following.heading), page.count(following.heading)] == [1, 1]
    return following


@pytest.mark.parametrize(("make_it_so", "codes", "words"), SITUATIONS)
def test_every_screen_tells_the_same(client, make_it_so, codes, words):
    make_it_so()
    following = one_answer(client)
    # That nobody is subscribed yet is told last, where a situation does not speak of people.
    assert [reason.code for reason in following.told if reason.code not in UNSAID] == [
        code for code in codes if code not in UNSAID
    ]
    assert words in " ".join(map(str, following.told[:1]))
    if not following.is_safe and following.row:
        assert following.seen_by(make_person("ed", "Editor")).heading == following.heading


def test_every_screen_tells_the_same_of_settings_and_disks(client, settings, monkeypatch):
    be.subscribe()
    settings.PRODUCTION = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert {reason.code for reason in one_answer(client).against} == {"sender"}
    monkeypatch.setattr(server_reasons.checks, "run_checks", lambda tags: [])
    full = disks.Disk("the database", 10**12, 10**8, is_read_only=False)
    monkeypatch.setattr(disks, "look", lambda folder, file: [full])
    assert [reason.code for reason in one_answer(client).against] == ["disk"]
    monkeypatch.setattr(database_server, "look", lambda: DatabaseServer(timedelta(), None, True))
    assert [reason.code for reason in one_answer(client).against] == ["disk", "database"]


def test_the_page_of_a_later_tip_says_what_the_calendar_says_of_its_week(client):
    be.no_worker()
    slot = list(islice(Timetable.load().after(timezone.now()), 3))[-1]
    tip = make_tip("Far ahead", publish_at=slot.at, state=TipState.IN_REVIEW)
    for state, word in ((TipState.IN_REVIEW, "at risk"), (TipState.APPROVED, "on the site only")):
        Tip.objects.filter(pk=tip.pk).update(state=state)
        page = client.get(f"/admin/tips/tip/{tip.pk}/change/").text
        head = page[page.index('<section class="slot-verdict') :].split("</h2>")[0]
        row = next(row for row in slot_states.ahead(timezone.now(), 3) if row.slot == slot)
        week = verdict.of_rows(
            [row], timezone.now(), following=verdict.next_slot(Timetable.load(), timezone.now())
        )[0]
        assert week.word == word
        assert word in head
        assert f"sign {week.sign}" in head
        assert 'class="slot-verdict wait"' in head
        assert "not safe" not in head
