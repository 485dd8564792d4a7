"""“Not for mail”: who sets and lifts the exclusion, and what becomes of the tip's mail."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from desk.errors import NotPermitted, WrongState
from subscribers.delivery import audience, scheduling
from subscribers.models import Delivery, Mailing
from tests.subscribers.making import make_mailing, make_people, make_tip
from tests.tips.people import make_person
from tips.models import Tip, TipState
from tips.publishing import mail_exclusion

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def clock():
    """Stand still at a moment that no test depends on."""
    with time_machine.travel(timezone.now().replace(second=0, microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def editor(db):
    return make_person("ed", "Editor")


@pytest.fixture
def publisher(db):
    return make_person("pia", "Publisher")


def at(clock, moment):
    """Go to a moment, do what clock and worker do there, and return the tip's one mailing, or None."""
    clock.move_to(moment, tick=False)
    scheduling.keep_up(moment)
    scheduling.open_due(moment)
    audience.extend_due()
    return Mailing.objects.first()


def test_an_editor_sets_the_mark_and_only_a_publisher_lifts_it(editor, publisher):
    tip = make_tip(timezone.now() + DAY)
    with pytest.raises(NotPermitted, match="editor"):
        mail_exclusion.exclude(tip, by=make_person("ann", "Author"))
    assert mail_exclusion.exclude(tip, by=editor) == "Marked as not for mail. No mailing brings it."
    with pytest.raises(WrongState, match="already"):
        mail_exclusion.exclude(tip, by=editor)
    with pytest.raises(NotPermitted, match="publisher"):
        mail_exclusion.release(tip, by=editor)
    assert not Tip.objects.get().for_mail
    followed = mail_exclusion.release(tip, by=publisher)
    assert followed == "For mail again: “not for mail” was lifted. It is mailed when it goes live."
    assert Tip.objects.get().for_mail
    lines = LogEntry.objects.filter(object_id=str(tip.pk)).order_by("pk")
    assert [(line.user, line.change_message.split(":")[0]) for line in lines] == [
        (editor, "Marked as not for mail."),
        (publisher, "For mail again"),
    ]


def test_of_two_who_act_at_once_the_second_is_told(editor):
    tip = make_tip(timezone.now() + DAY)
    mine, theirs = Tip.objects.get(pk=tip.pk), Tip.objects.get(pk=tip.pk)
    mail_exclusion.exclude(mine, by=editor)
    with pytest.raises(WrongState, match="already"):
        mail_exclusion.exclude(theirs, by=editor)


def test_a_prepared_mailing_does_not_begin_once_its_tip_is_marked(clock, editor, publisher):
    make_people(2)
    slot = timezone.now() + HOUR
    tip = make_tip(slot)
    assert at(clock, slot - 5 * MINUTE).state == Mailing.State.PREPARED
    assert "does not begin" in mail_exclusion.exclude(tip, by=editor)
    # Also where the clock has not come round since.
    scheduling.freeze(Mailing.objects.get().pk, slot)
    assert at(clock, slot).state == Mailing.State.CANCELLED
    assert Delivery.objects.count() == 0
    # Lifted within the window, it is shown first, like whatever is published at once.
    clock.move_to(slot + 2 * HOUR, tick=False)
    assert "shown for ten before it begins" in mail_exclusion.release(tip, by=publisher)
    again = at(clock, slot + 2 * HOUR)
    assert (again.state, again.starts_at) == (Mailing.State.PREPARED, slot + 2 * HOUR + 10 * MINUTE)
    assert at(clock, again.starts_at).state == Mailing.State.SENDING
    assert Delivery.objects.count() == 2


def test_what_missed_its_window_is_held_when_the_mark_is_lifted(clock, publisher):
    tip = make_tip(timezone.now() - 2 * DAY, for_mail=False)
    assert at(clock, timezone.now()) is None
    assert "held until somebody releases it" in mail_exclusion.release(tip, by=publisher)
    assert at(clock, timezone.now() + MINUTE).state == Mailing.State.HELD


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": Mailing.State.SENT, "started_at": True}, "was mailed already"),
        ({"state": Mailing.State.CANCELLED, "ended_at": True}, "was cancelled"),
    ],
    ids=["sent", "cancelled by somebody"],
)
def test_the_mark_is_refused_where_nothing_would_follow(publisher, fields, words):
    now = timezone.now()
    mailing = make_mailing(**{name: now if value is True else value for name, value in fields.items()})
    with pytest.raises(WrongState, match=words):
        mail_exclusion.exclude(mailing.tip, by=publisher)
    assert Tip.objects.get().for_mail
    assert not mail_exclusion.may_set(publisher, mailing.tip, for_mail=False)


def test_it_is_not_lifted_from_what_is_never_mailed(publisher):
    old = make_tip(timezone.now() - 40 * DAY, for_mail=False)
    undated = make_tip(undated=True, publish_at=None, for_mail=False)
    for tip, words in ((old, "more than 30 days ago"), (undated, "undated")):
        with pytest.raises(WrongState, match=words):
            mail_exclusion.release(tip, by=publisher)
    # A draft whose day has passed gets another one.
    draft = make_tip(timezone.now() - 40 * DAY, for_mail=False, state=TipState.DRAFT, pinned=True)
    assert "when it goes live" in mail_exclusion.release(draft, by=publisher)


def test_the_desk_offers_each_mark_to_whom_may_set_it(client, editor, publisher):
    tip = make_tip(timezone.now() + DAY)
    form, mark, lift = (
        f"/admin/tips/tip/{tip.pk}/{page}/" for page in ("change", "do/not-for-mail", "do/for-mail")
    )
    client.force_login(editor)
    assert 'value="not-for-mail"' in client.get(form).text
    assert "Only a publisher takes the mark back." in client.get(mark).text
    assert "Marked as not for mail." in client.post(mark, {"seen_state": tip.state}, follow=True).text
    assert 'value="for-mail"' not in client.get(form).text
    assert client.post(lift, {"seen_state": tip.state}).status_code == 403
    client.force_login(publisher)
    assert 'value="for-mail"' in client.get(form).text
    assert "It is mailed when it goes live." in client.post(lift, {"seen_state": tip.state}, follow=True).text
    assert Tip.objects.get().for_mail
