"""A tip that is taken back takes its mail along at once, whoever takes it back, and by whatever path."""

import re
import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from subscribers.delivery import scheduling
from subscribers.delivery.ledger import Ledger
from subscribers.mailings import control
from subscribers.models import Delivery, Mailing
from tests.desk.sent_forms import as_sent
from tests.subscribers.draining import drain
from tests.subscribers.making import make_people, make_tip, open_mailing
from tests.subscribers.workers import Workers
from tests.tips.people import make_person
from tests.tipsite.processes import wait_until
from tips.models import Tip, TipState
from tips.publishing import mail_exclusion, workflow

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
# Of the workers that tests start.
CONNECTIONS = 4


@pytest.fixture
def after(monkeypatch):
    """Do something in the middle of sending: ``after(3, change)`` does it before the third is settled."""

    def arrange(number, change):
        settle, settled = Ledger.sent, []

        def sent(ledger, pk, following=None):
            settled.append(pk)
            if len(settled) == number:
                change()
            return settle(ledger, pk, following)

        monkeypatch.setattr(Ledger, "sent", sent)

    return arrange


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": TipState.WITHDRAWN}, "The tip is withdrawn"),
        ({"state": TipState.DRAFT, "pinned": True}, "The tip is draft"),
        ({"for_mail": False}, "not for mail"),
        ({"publish_at": timezone.now() + HOUR}, "another day"),
        ({"publish_at": timezone.now() - HOUR}, "another day"),
        ({"publish_at": None, "undated": True}, "The tip is undated"),
    ],
    ids=["withdrawn", "sent back", "not for mail", "re-dated", "antedated", "undated"],
)
def test_each_person_is_judged_by_the_tip_too_whatever_wrote_it(mail_server, after, fields, words):
    make_people(9)
    mailing = open_mailing()
    after(3, lambda: Tip.objects.update(**fields))
    drain()
    mailing.refresh_from_db()
    assert len(mail_server.taken) == 3
    assert mailing.state == Mailing.State.PAUSED
    assert words in mailing.reason
    assert mailing.deliveries.filter(state=Delivery.State.QUEUED).count() == 6


def test_a_tip_that_is_corrected_meanwhile_goes_on(mail_server, after):
    make_people(5)
    mailing = open_mailing()
    after(2, lambda: Tip.objects.update(title="Greet them all", updated_at=timezone.now()))
    drain()
    mailing.refresh_from_db()
    assert (mailing.state, len(mail_server.taken)) == (Mailing.State.SENT, 5)


def test_to_ask_for_the_tip_takes_no_further_query(mail_server, django_assert_num_queries):
    make_people(1)
    delivery = open_mailing().deliveries.get()
    with django_assert_num_queries(1):
        Ledger(1).ready(delivery.pk)


def test_a_tip_that_comes_back_is_sent_to_the_rest_on_resume(mail_server, after, publisher):
    people = make_people(6)
    mailing = open_mailing()
    tip = mailing.tip
    after(2, lambda: workflow.withdraw(tip, "It is wrong.", by=publisher))
    drain()
    mailing.refresh_from_db()
    with pytest.raises(control.WrongState, match="withdrawn"):
        control.resume(mailing, by=publisher)
    workflow.reinstate(tip, by=publisher)
    control.resume(Mailing.objects.get(), by=publisher)
    drain()
    assert mail_server.recipients == {person.address: 1 for person in people}


def test_what_is_marked_not_for_mail_on_its_way_stops_and_may_be_taken_up_again(
    mail_server, after, publisher
):
    make_people(6)
    tip, said = open_mailing().tip, []
    after(2, lambda: said.append(mail_exclusion.exclude(tip, by=publisher)))
    drain()
    assert len(mail_server.taken) == 2
    assert "Its mail is stopped. 1 person has it, and 5 go without." in said[0]
    assert "resume it on its page" in mail_exclusion.release(tip, by=publisher)
    control.resume(Mailing.objects.get(), by=publisher)
    drain()
    assert len(mail_server.taken) == 6


def test_those_who_have_a_withdrawn_tip_can_be_told_in_words_alone(mail_server, after, publisher):
    people = make_people(5)
    mailing = open_mailing()
    tip = mailing.tip
    after(2, lambda: workflow.withdraw(tip, "It is wrong.", by=publisher))
    drain()
    mailing.refresh_from_db()
    control.cancel(mailing, by=publisher)
    correction = control.correct(mailing, "Do not greet them so.", by=publisher)
    Mailing.objects.filter(pk=correction.pk).update(starts_at=timezone.now())
    mail_server.taken.clear()
    drain()
    correction.refresh_from_db()
    assert (correction.state, len(mail_server.taken)) == (Mailing.State.SENT, 2)
    for part in mail_server.taken[0].message.iter_parts():
        text = part.get_content()
        assert "Do not greet them so." in text
        assert f"This is about “{tip}”" in text
        assert "before they reach the counter" not in text
        assert tip.get_absolute_url() not in text
    assert len(people) == 5


def test_a_correction_with_the_tips_text_does_not_outlive_the_tip(publisher):
    make_people(1)
    mailing = open_mailing()
    Delivery.objects.update(state=Delivery.State.SENT)
    Mailing.objects.update(state=Mailing.State.SENT)
    mailing.refresh_from_db()
    correction = control.correct(mailing, "The price was wrong.", by=publisher)
    assert correction.tip_moment == mailing.tip.publish_at
    workflow.withdraw(mailing.tip, "It is wrong.", by=publisher)
    Mailing.objects.filter(pk=correction.pk).update(starts_at=timezone.now())
    drain()
    correction.refresh_from_db()
    assert (correction.state, correction.reason) == (
        Mailing.State.CANCELLED,
        "The tip is withdrawn, not approved.",
    )


def test_the_press_says_what_became_of_the_mail(publisher):
    make_people(3)
    tip = make_tip()
    assert workflow.withdraw(tip, "It is wrong.", by=publisher) == "Withdrawn."
    sent = open_mailing(tip=make_tip())
    Delivery.objects.update(state=Delivery.State.SENT)
    Mailing.objects.update(state=Mailing.State.SENT)
    said = workflow.withdraw(sent.tip, "It is wrong.", by=publisher)
    assert said == (
        "Withdrawn. 3 people have it by mail. To tell them, open “Its mail” on the tip’s page and send a"
        " correction."
    )
    begun = open_mailing(tip=make_tip())
    said = workflow.withdraw(begun.tip, "It is wrong.", by=publisher)
    assert said == "Withdrawn. Its mail is stopped. Nobody has it, and 3 go without."


def test_a_prepared_mailing_follows_its_tip_to_another_day_and_no_further(publisher):
    tip = make_tip(timezone.now() + timedelta(minutes=5))
    scheduling.keep_up(timezone.now())
    said = workflow.schedule(tip, timezone.now() + 30 * HOUR, by=publisher)
    assert said.endswith("Its mailing, which was prepared, begins with it.")
    tip.refresh_from_db()
    said = workflow.send_back(tip, "It is wrong.", by=publisher)
    assert said.endswith("Its mailing, which was prepared, does not begin.")


# --- By each of the desk's pages, while real workers send ---------------------------------------------


def by_page(desk, tip):
    address = f"/admin/tips/tip/{tip.pk}/do/withdraw/"
    return desk.post(address, {"reason": "It is wrong.", "seen_state": tip.state})


def by_list(desk, tip):
    seen = f"{tip.pk}:{tip.stamp}"
    chosen = {"action": "withdraw_selected", "_selected_action": [tip.pk], "seen": seen}
    asked = desk.post("/admin/tips/tip/", chosen)
    return desk.post("/admin/tips/tip/", as_sent(asked, "post", reason="It is wrong."))


def by_calendar(desk, tip):
    past = desk.get(reverse("admin:tips_calendar"), {"page": 1}).text
    week = re.search(rf'href="([^"]*/{tip.pk}/do/withdraw/)"', past)
    return desk.post(week[1], {"reason": "It is wrong.", "seen_state": tip.state})


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_no_more_than_one_mail_a_connection_goes_out_after_the_press(mail_server, own_copy, tmp_path, client):
    client.force_login(make_person("pia", is_superuser=True))
    # Some forty mails a second.
    mail_server.script = lambda stage, who, number: time.sleep(0.025) if stage == "end" else None
    workers = Workers(tmp_path)
    workers.environment["DATABASE_URL"] = own_copy
    make_people(400)
    try:
        workers.start()
        for press in (by_page, by_list, by_calendar):
            mail_server.taken.clear()
            mailing = open_mailing(tip=make_tip())
            wait_until(lambda: len(mail_server.taken) >= 25)
            response = press(client, Tip.objects.get(pk=mailing.tip_id))
            count = len(mail_server.taken)
            assert response.status_code == 302
            sending = mailing.deliveries.filter(state=Delivery.State.SENDING)
            wait_until(lambda sending=sending: not sending.exists())
            mailing.refresh_from_db()
            assert mailing.state == Mailing.State.PAUSED
            assert len(mail_server.taken) - count <= CONNECTIONS
            said = client.get(response["Location"]).text
            assert re.search(r"Its mail is stopped. \d+ people have it, and \d+ go without. To", said)
    finally:
        workers.end()
