"""What a verb says of the mail, before it is done and after it: to how many, when, and who goes without."""

from datetime import timedelta

import pytest
from django.urls import reverse

from subscribers.delivery import scheduling
from subscribers.mailings import control, foresight
from subscribers.mailings.reach import Reach
from subscribers.models import Delivery, Mailing, Subscriber
from tests.subscribers.making import make_mailing, make_people, make_tip, open_mailing
from tests.tips.people import make_person
from tips.models import TipState
from tips.publishing import foresight as of_tips
from tips.publishing import workflow

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def ed():
    return make_person("ed", "Editor")


@pytest.fixture
def pia():
    return make_person("pia", "Publisher")


def sent_to(mailing, count):
    """Let so many people have a mailing."""
    for delivery in mailing.deliveries.all()[:count]:
        delivery.state = Delivery.State.SENT
        delivery.save()
    mailing.refresh_from_db()
    return mailing


def mail_steps(foreseen):
    return [(step.title, step.detail) for step in foreseen.steps if step.is_mail]


def titles(foreseen):
    return [step.title for step in foreseen.steps]


# --- Verbs over a tip -------------------------------------------------------------------------------------


def test_publish_now_says_that_it_mails_to_how_many_and_when(noon, ed, settings):
    settings.TIME_ZONE = "UTC"
    make_people(3)
    Subscriber.objects.filter(pk=Subscriber.objects.first().pk).update(paused_until="2999-01-01")
    tip = make_tip(noon.now + 99 * HOUR)
    foreseen = of_tips.publish_now(ed, tip)
    assert foreseen.label == "Publish now, and mail 2 people"
    begins = noon.now + scheduling.GRACE
    (title, detail), step = mail_steps(foreseen)[0], next(each for each in foreseen.steps if each.mail)
    assert title == "It is mailed to 2 people"
    assert detail == f"Until {begins:%H:%M} you can stop that; afterwards only what has not left yet."
    assert (step.mail.subject, step.mail.preheader) == (tip.title, "Greet first.")
    # The mail goes as was foreseen, and the message says the same.
    workflow.publish_now(tip, by=ed)
    said = of_tips.afterwards(tip)
    noon.move_to(noon.now + timedelta(minutes=1), tick=False)
    scheduling.keep_up(noon.now + timedelta(minutes=1))
    assert Mailing.objects.get().starts_at == begins
    assert said.startswith(f"It is mailed to 2 people at {begins:%H:%M}; until then you can stop that")
    assert of_tips.afterwards(tip) == said


@pytest.mark.parametrize(
    ("people", "fields", "sentence"),
    [
        (3, {}, "Then it goes live on the site and by mail to 3 people."),
        (0, {}, "Then it goes live on the site. It is mailed to nobody: nobody has subscribed yet."),
        (
            1,
            {"for_mail": False},
            "Then it goes live on the site. It is not mailed: 1 person goes without, since it is"
            " marked as not for mail.",
        ),
    ],
)
def test_approve_says_whether_it_is_mailed(noon, ed, people, fields, sentence):
    make_people(people)
    tip = make_tip(noon.now + 99 * HOUR, state=TipState.IN_REVIEW, pinned=True, **fields)
    assert of_tips.approve(ed, tip).sentence == sentence


def test_what_is_taken_back_says_how_many_have_it_and_how_many_go_without(noon, ed):
    make_people(5)
    mailing = sent_to(open_mailing(), 2)
    for foreseen in (of_tips.withdraw(ed, mailing.tip), of_tips.exclude(ed, mailing.tip)):
        assert "Its mail stops" in titles(foreseen)
        assert "2 people have it, and 3 go without" in foreseen.sentence
    said = workflow.withdraw(mailing.tip, "Untrue.", by=ed)
    assert "2 people have it, and 3 go without." in said
    back = of_tips.reinstate(ed, mailing.tip)
    assert "Its mail stays stopped" in titles(back)


def test_a_prepared_mailing_is_said_to_begin_no_more(noon, ed):
    make_people(2)
    tip = make_tip(noon.now + timedelta(minutes=9))
    make_mailing(tip, starts_at=tip.publish_at)
    assert "Its mail does not begin" in titles(of_tips.send_back(ed, tip))
    assert "2 people go without" in of_tips.exclude(ed, tip).sentence
    assert "2 people go without." in [step.detail for step in of_tips.withdraw(ed, tip).steps]


def test_reinstating_asks_first_where_it_mails(noon, ed):
    make_people(2)
    withdrawn = {"state": TipState.WITHDRAWN}
    fresh = of_tips.reinstate(ed, make_tip(noon.now - HOUR, **withdrawn))
    assert (fresh.label, fresh.asks) == ("Reinstate, and mail 2 people", True)
    late = of_tips.reinstate(ed, make_tip(noon.now - 99 * HOUR, **withdrawn))
    assert (late.label, late.asks) == ("Reinstate", False)
    assert "its mail waits" in late.sentence.lower()
    old = of_tips.reinstate(ed, make_tip(noon.now - 9999 * HOUR, **withdrawn))
    assert "It is not mailed: its day is more than 30 days ago." in old.sentence


# --- Verbs over a mailing ---------------------------------------------------------------------------------


def test_cancel_says_how_many_have_it_and_how_many_go_without(noon, pia):
    make_people(5)
    mailing = sent_to(open_mailing(), 2)
    assert foresight.cancel(pia, mailing).question == "Cancel it with 2 people mailed, and 3 without?"
    assert titles(foresight.cancel(pia, mailing)) == ["It ends", "2 people have it", "3 people go without"]
    assert Reach.of(make_mailing(make_tip(noon.now + HOUR))) == Reach(0, 5, is_reckoned=True)


def test_a_correction_says_who_gets_it_and_who_goes_without(noon, pia, settings):
    settings.TIME_ZONE = "UTC"
    make_people(4)
    mailing = sent_to(open_mailing(), 3)
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.SENT)
    gone = mailing.deliveries.filter(state=Delivery.State.SENT).first().subscriber
    Subscriber.objects.filter(pk=gone.pk).update(paused_until="2999-01-01")
    foreseen = foresight.correct(pia, Mailing.objects.get(pk=mailing.pk))
    assert foreseen.label == "Send a correction to 2 people"
    assert titles(foreseen)[1:] == ["It is mailed to 2 people", "1 person goes without"]
    assert foreseen.steps[1].when == f"{noon.now + scheduling.GRACE:%H:%M}"


def test_an_editor_stops_the_mail_that_an_editor_may_start(client, noon, ed):
    make_people(3)
    client.force_login(ed)
    tip = make_tip(noon.now)
    mailing = make_mailing(tip, starts_at=noon.now + scheduling.GRACE)
    page = client.get(reverse("admin:subscribers_mailing_change", args=[mailing.pk])).text
    assert ">Stop<" in page
    assert ">Cancel the mailing" not in page
    assert "Stop it" in client.get(reverse("admin:index")).text
    stop = reverse("admin:subscribers_mailing_do", args=[mailing.pk, "stop"])
    told = client.post(stop, {"seen": mailing.state}, follow=True).text
    assert "A publisher can release it to send it after all, or cancel it. 3 people wait for it." in told
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.HELD
    correction = make_mailing(tip, kind="correction", corrects=mailing)
    assert not control.may_stop(ed, correction)
