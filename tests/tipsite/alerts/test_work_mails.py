"""Mails about work: each reaches whom it concerns, once, and as each person chose."""

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from subscribers.models import DatabaseIdentity
from subscribers.recovery import guard
from tests.subscribers.conftest import mail_server, post_office  # noqa: F401  fixtures
from tests.subscribers.mailserver import DROP, TAKE_AND_DROP
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, at, tuesdays
from tips.models import Contribution, Tip, TipState
from tips.publishing import assignments, commenting, editing, workflow
from tips.text.passages import Passage
from tipsite.alerts import work_mails
from tipsite.models import Notice, WorkDeed, WorkMailChoice
from tipsite.worker import clock

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def desk(settings, tmp_path, time_machine):
    """A desk with an author, an editor and a publisher, on a Tuesday's noon that stands still."""
    settings.STATE_DIR, settings.FOUR_EYES = tmp_path, False
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    time_machine.move_to(NOON, tick=False)
    tuesdays()


@pytest.fixture
def ann():
    return make_person("ann", "Author", first_name="Ann", last_name="Walsh")


@pytest.fixture
def ed():
    return make_person("ed", "Editor", first_name="Ed", last_name="Young")


@pytest.fixture
def pat():
    return make_person("pat", "Publisher")


@pytest.fixture
def later(time_machine):
    """A function that lets time pass (two minutes unless told), and returns the mails that the clock sent."""

    def later(span=2 * MINUTE):
        time_machine.shift(span)
        before = len(mail.outbox)
        for _ in range(2):
            work_mails.send_due(timezone.now())
        return sorted(mail.outbox[before:], key=lambda each: (each.to, each.subject))

    return later


def draft(author, title="How to listen", **fields):
    fields = {"state": TipState.DRAFT, "publish_at": None, "categories": ["Everyday"], **fields}
    return make_tip(title, author=author, **fields)


def told(mails):
    return [(*each.to, each.subject) for each in mails]


def choose(person, when):
    WorkMailChoice.objects.update_or_create(person=person, defaults={"when": when})


def test_each_step_of_a_tip_reaches_whom_it_concerns(ann, ed, pat, later):
    tip = draft(ann)
    workflow.submit(tip, by=ann)
    assert later(MINUTE / 2) == []
    submitted = later()
    assert told(submitted) == [
        ("ed@example.org", "Submitted: How to listen"),
        ("pat@example.org", "Submitted: How to listen"),
    ]
    workflow.send_back(tip, "The second paragraph repeats the first.", by=ed)
    [sent_back] = later()
    assert told([sent_back]) == [("ann@example.org", "Sent back: How to listen")]
    assert "Sent back: The second paragraph repeats the first.\nEd Young, Tue 3 Mar, 12:02" in sent_back.body
    assert f"/admin/tips/tip/{tip.pk}/change/" in sent_back.body
    assert "You are told this because you are its author." in sent_back.body
    assert "/admin/account/#mails" in sent_back.body
    # Of the tip's text there is nothing.
    [(html, _)] = sent_back.alternatives
    for text in (sent_back.body, html):
        assert "Listen before you answer" not in text
        assert "repeats the first." in text
    # All that tell of a tip stand together, and yet each is a mail of its own.
    assert sent_back.extra_headers["References"] == submitted[0].extra_headers["References"]
    assert len({each.extra_headers["Message-ID"] for each in [*submitted, sent_back]}) == 3
    workflow.submit(tip, by=ann)
    assignments.assign(tip, pat, by=ed)
    assert told(later()) == [
        ("pat@example.org", "Assigned to you: How to listen"),
        ("pat@example.org", "Submitted: How to listen"),
    ]
    workflow.approve(tip, by=pat)
    assert told(later()) == [("ann@example.org", "Approved: How to listen")]
    tip = Tip.objects.get()
    tip.title = "How to listen well"
    editing.revise(tip, ["title"], by=ed)
    assert told(later()) == [
        ("ann@example.org", "Back in review: How to listen well"),
        ("pat@example.org", "Back in review: How to listen well"),
    ]
    workflow.approve(Tip.objects.get(), by=pat)
    # Ed wrote part of it by now.
    both = [(f"{name}@example.org", "{}: How to listen well") for name in ("ann", "ed")]
    assert told(later()) == [(to, subject.format("Approved")) for to, subject in both]
    assert told(later(at(1) - timezone.now())) == [(to, subject.format("Published")) for to, subject in both]
    workflow.withdraw(Tip.objects.get(), "It was wrong.", by=pat)
    assert told(later()) == [(to, subject.format("Withdrawn")) for to, subject in both]
    assert later(DAY) == []


def test_what_one_person_does_at_once_is_one_mail_and_what_was_seen_to_meanwhile_none(ann, ed, pat, later):
    tip = draft(ann)
    workflow.submit(tip, by=ann)
    workflow.take_back(tip, by=ann)
    assert later() == []
    workflow.submit(tip, by=ann)
    workflow.approve(tip, by=ed)
    workflow.publish_now(tip, by=ed)
    assert told(later()) == [("ann@example.org", "Approved, published: How to listen")]
    # Whoever does the same to many tips at once writes no heap of mails.
    for number in range(5):
        workflow.submit(draft(ann, f"Tip {number}"), by=ann)
    assert told(later()) == [
        (f"{name}@example.org", "Submitted: Tip 0, and 4 more") for name in ("ed", "pat")
    ]


def test_nobody_hears_of_own_deeds_or_of_what_was_published_before(ann, ed, later):
    own = draft(ed, "Own")
    workflow.submit(own, by=ed)
    workflow.publish_now(own, by=ed)
    make_tip("Imported", author=ann, publish_at=NOON - HOUR)
    assert later() == []


def test_whoever_cannot_see_it_or_switched_it_off_gets_none(ann, ed, pat, later):
    tip = draft(ann)
    workflow.submit(tip, by=ann)
    for name, fields in {
        "gone": {"is_active": False},
        "mute": {"email": ""},
        "out": {"is_staff": False},
    }.items():
        type(ed).objects.filter(pk=make_person(name, "Editor").pk).update(**fields)
    choose(pat, "never")
    assert told(later()) == [("ed@example.org", "Submitted: How to listen")]
    workflow.send_back(tip, "Too long.", by=ed)
    choose(ann, "never")
    assert later() == []
    choose(ann, "at_once")
    workflow.send_back(submitted(tip, ann), "Still too long.", by=ed)
    Tip.objects.update(author=ed)
    assert later() == []


def submitted(tip, by):
    workflow.submit(tip, by=by)
    return tip


def test_switching_off_after_the_mail_was_made_counts_too(ann, ed, later, monkeypatch):
    workflow.submit(draft(ann), by=ann)
    with monkeypatch.context() as patch:
        patch.setattr(work_mails, "_send_mails", lambda *args: None)
        later()
    assert Notice.objects.filter(kind=Notice.Kind.WORK, sent_at=None).count() == 1
    choose(ed, "never")
    assert later(HOUR) == []
    choose(ed, "at_once")
    assert later() == []


def test_a_worker_that_dies_between_claim_and_sending_loses_nothing(ann, ed, later, monkeypatch):
    workflow.submit(draft(ann), by=ann)

    def die(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(work_mails.work_letters, "write", die)
        with pytest.raises(KeyboardInterrupt):
            later()
    assert later(MINUTE) == []
    assert told(later()) == [("ed@example.org", "Submitted: How to listen")]
    assert later(HOUR) == []


def test_two_workers_tell_of_a_deed_once(ann, ed, later, monkeypatch):
    workflow.submit(draft(ann), by=ann)
    note = work_mails._note

    def overtaken(*args, **options):
        monkeypatch.setattr(work_mails, "_note", note)
        work_mails.send_due(timezone.now())
        note(*args, **options)

    monkeypatch.setattr(work_mails, "_note", overtaken)
    assert len(later()) == 1


def test_a_digest_comes_once_a_day_at_the_hour_of_the_slot(ann, ed, pat, later):
    choose(ann, "daily")
    first, second = draft(ann, "First"), draft(ann, "Second")
    for tip in (first, second):
        workflow.submit(tip, by=ann)
    workflow.send_back(first, "Too short.", by=ed)
    later(HOUR)
    workflow.approve(second, by=pat)
    assert [each for each in later() if each.to == ["ann@example.org"]] == []
    tomorrow = at(0) + DAY
    assert later(tomorrow - timezone.now() - MINUTE) == []
    [digest] = later(MINUTE)
    assert told([digest]) == [("ann@example.org", "On the desk: First, and 1 more")]
    assert digest.body.index("Sent back: Too short.") < digest.body.index("Approved for")
    assert "once a day" in digest.body
    # Without news there is none.
    assert later(DAY) == []


def refuse(self):
    raise ConnectionRefusedError


def test_old_news_is_no_news(ann, ed, later, monkeypatch):
    tip = draft(ann)
    workflow.submit(tip, by=ann)
    assert later(2 * DAY + MINUTE) == []
    workflow.send_back(tip, "Too long.", by=ed)
    # The mail server is away for days.
    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "open", refuse)
        assert later() == []
    assert later(2 * DAY + MINUTE) == []
    assert not Notice.objects.filter(settled_at=None, sent_at=None).exists()


def test_a_restored_database_tells_nothing_of_before(ann, ed, later, monkeypatch):
    choose(ann, "daily")
    tip = draft(ann)
    workflow.submit(tip, by=ann)
    workflow.send_back(tip, "Too long.", by=ed)
    later()
    workflow.submit(tip, by=ann)
    with monkeypatch.context() as patch:
        patch.setattr(guard, "why_closed", lambda: guard.OLDER)
        assert later() == []
    identity = guard.get_identity()
    DatabaseIdentity.objects.filter(pk=identity.pk).update(declared_at=timezone.now())
    assert later(DAY) == []
    workflow.send_back(tip, "Too short.", by=ed)
    later()
    assert told(later(DAY)) == [("ann@example.org", "Sent back: How to listen")]


def test_what_was_told_is_forgotten_after_a_while(ann, ed, later):
    workflow.submit(draft(ann), by=ann)
    assert len(later()) == 1
    work_mails.forget_old(timezone.now() + 13 * DAY)
    assert WorkDeed.objects.count() == 1
    work_mails.forget_old(timezone.now() + 15 * DAY)
    assert not WorkDeed.objects.exists()
    assert not Notice.objects.exists()
    assert work_mails.send_due in clock.EACH_MINUTE
    assert work_mails.forget_old in clock.EACH_DAY


def test_a_quiet_minute_costs_few_queries(ann, ed, later, django_assert_max_num_queries):
    workflow.submit(draft(ann), by=ann)
    later()
    with django_assert_max_num_queries(8):
        work_mails.send_due(timezone.now())


def test_what_is_said_of_a_tip_reaches_those_who_talk_about_it(ann, ed, pat, later):
    tip = draft(ann, editor=ed)
    thread = commenting.comment(tip, "This is too long.", Passage("Listen before"), by=pat)
    [to_ann, to_ed] = later()
    assert told([to_ann, to_ed]) == [
        ("ann@example.org", "Comment: How to listen"),
        ("ed@example.org", "Comment: How to listen"),
    ]
    assert f"/admin/tips/tip/{tip.pk}/change/#comments" in to_ann.body
    assert "Listen before" not in to_ann.body
    assert "You are told this because it is assigned to you." in to_ed.body
    commenting.answer(thread, "It is not.", by=ann)
    assert told(later()) == [(f"{name}@example.org", "Answer: How to listen") for name in ("ed", "pat")]
    # What was taken back before the mail went out was never said.
    commenting.take_back(commenting.answer(thread, "It is!", by=pat), by=pat)
    assert later() == []


def test_a_mail_server_gets_each_mail_once(ann, ed, settings, post_office):  # noqa: F811
    settings.SITE_NAME = "Tip desk"
    tip = draft(ann, "Zuhören: “Wie?”")
    workflow.submit(tip, by=ann)
    workflow.send_back(tip, "Zu lang.", by=ed)
    for minutes in (1, 2, 30):
        work_mails.send_due(NOON + minutes * MINUTE)
    [letter] = post_office.letters
    assert letter.recipients == ["ann@example.org"]
    assert letter.message["Subject"] == "Sent back: Zuhören: “Wie?”"
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.text.rstrip() == (
        "Zuhören: “Wie?”\n"
        f"{settings.SITE_URL}/admin/tips/tip/{tip.pk}/change/\n\n"
        "Sent back: Zu lang.\nEd Young, Tue 3 Mar, 12:00\n\n----\n\n"
        "You are told this because you are its author. To be told at once, once a day or not at all:\n"
        f"{settings.SITE_URL}/admin/account/#mails\n\nTip desk\n{settings.SITE_URL}/"
    )
    assert "Open it at the desk" in letter.html


@pytest.mark.parametrize(
    ("stage", "told"), [("mail", DROP), ("end", TAKE_AND_DROP), ("rcpt", "550 5.1.1 no")]
)
def test_where_a_connection_breaks_the_rest_of_a_round_goes_by_another(stage, told, ann, mail_server):  # noqa: F811
    for number in range(4):
        make_person(f"ed{number}", "Editor")
    workflow.submit(draft(ann), by=ann)
    mail_server.script = lambda asked, who, number: told if (asked, number) == (stage, 2) else None
    work_mails.send_due(NOON + 2 * MINUTE)
    first = mail_server.recipients
    assert first.total() == (4 if told == TAKE_AND_DROP else 3)
    assert mail_server.connections == 2
    # Only the one that was not known to be taken goes again, with the same Message-ID: programs show one.
    for minutes in (3, 5, 30):
        work_mails.send_due(NOON + minutes * MINUTE)
    assert (mail_server.recipients - first).total() == 1
    assert set(mail_server.recipients) == {f"ed{number}@example.org" for number in range(4)}
    assert len({each.message["Message-ID"] for each in mail_server.taken}) == 4


def test_nobody_is_asked_to_review_what_they_may_not_approve(ann, ed, pat, settings, later):
    settings.FOUR_EYES = True
    tip = draft(ann)
    Contribution.objects.create(tip=tip, user=ed)
    workflow.submit(tip, by=ann)
    assert told(later()) == [("pat@example.org", "Submitted: How to listen")]


def test_a_site_that_is_brought_up_to_date_mails_no_old_news(ann, ed, later):
    workflow.submit(draft(ann), by=ann)
    make_tip("Public", author=ann, approved_at=NOON - 2 * HOUR, publish_at=NOON - HOUR)
    migration = import_module("tipsite.migrations.0007_mails_about_work")
    migration.leave_the_past_alone(apps, SimpleNamespace(connection=connection))
    assert later() == []
