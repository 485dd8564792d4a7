"""The next envelope goes ahead where the server can take it, and no message ever does."""

import pytest
from django.db import connection

from subscribers.delivery import sender
from subscribers.models import Delivery, Mailing
from subscribers.people import subscriptions
from tests.subscribers.draining import drain
from tests.subscribers.making import make_people, open_mailing

pytestmark = pytest.mark.django_db
State = Delivery.State


def states(mailing):
    """Return {address: state} of a mailing's deliveries."""
    return dict(mailing.deliveries.values_list("subscriber__address", "state"))


def leave_while_it_is_settled(monkeypatch, person, after):
    """Have somebody leave after so many messages were taken, before the last of these is settled."""
    settled = sender.Ledger.sent
    taken = []

    def sent(self, pk, following=None):
        taken.append(pk)
        if len(taken) == after:
            subscriptions.leave(person)
        return settled(self, pk, following)

    monkeypatch.setattr(sender.Ledger, "sent", sent)


@pytest.mark.parametrize("pipelining", [True, False])
def test_who_leaves_while_their_envelope_is_with_the_server_gets_no_message(
    mail_server, monkeypatch, pipelining
):
    mail_server.pipelining = pipelining
    people = make_people(4)
    mailing = open_mailing()
    order = list(mailing.deliveries.order_by("pk").select_related("subscriber"))
    leaver = order[1].subscriber
    leave_while_it_is_settled(monkeypatch, leaver, after=1)
    drain()
    expected = {person.address: State.SENT for person in people} | {leaver.address: State.SKIPPED}
    assert states(mailing) == expected
    assert set(mail_server.recipients) == set(expected) - {leaver.address}
    # What had been begun for them was reset, and the connection went on.
    assert mail_server.asked[leaver.address] == pipelining
    assert mail_server.connections == 1


def test_who_moves_while_their_envelope_is_with_the_server_gets_it_at_the_new_address(
    mail_server, monkeypatch
):
    make_people(3)
    mailing = open_mailing()
    mover = mailing.deliveries.order_by("pk")[1].subscriber
    settled = sender.Ledger.sent

    def sent(self, pk, following=None):
        type(mover).objects.filter(pk=mover.pk).update(address="new@example.net")
        return settled(self, pk, following)

    monkeypatch.setattr(sender.Ledger, "sent", sent)
    drain()
    assert mail_server.recipients["new@example.net"] == 1
    assert mover.address not in mail_server.recipients
    assert set(states(mailing).values()) == {State.SENT}


def test_a_mailing_that_is_paused_leaves_an_envelope_without_a_message(mail_server, monkeypatch):
    make_people(3)
    mailing = open_mailing()
    settled = sender.Ledger.sent

    def sent(self, pk, following=None):
        Mailing.objects.update(state=Mailing.State.PAUSED)
        return settled(self, pk, following)

    monkeypatch.setattr(sender.Ledger, "sent", sent)
    drain()
    assert len(mail_server.taken) == 1
    assert sorted(states(mailing).values()) == [State.QUEUED, State.QUEUED, State.SENT]


def test_a_recipient_refused_ahead_is_that_persons_and_nobody_elses(mail_server):
    people = make_people(4)
    mailing = open_mailing()
    nobody = mailing.deliveries.order_by("pk")[2].subscriber.address
    mail_server.script = lambda stage, who, number: (
        "550 5.1.1 nobody" if (stage, who) == ("rcpt", nobody) else None
    )
    drain()
    expected = {person.address: State.SENT for person in people} | {nobody: State.REFUSED}
    assert states(mailing) == expected
    assert set(mail_server.recipients) == set(expected) - {nobody}
    assert set(mail_server.asked.values()) == {1}


def test_a_message_refused_at_its_end_does_not_take_the_next_envelope_along(mail_server):
    make_people(4)
    mailing = open_mailing()
    refused = mailing.deliveries.order_by("pk")[1].subscriber.address
    mail_server.script = lambda stage, who, number: (
        "554 5.6.0 no" if (stage, who) == ("end", refused) else None
    )
    drain()
    assert states(mailing)[refused] == State.REFUSED
    assert sorted(states(mailing).values()) == [State.REFUSED, *[State.SENT] * 3]
    assert set(mail_server.asked.values()) == {1}
    assert mail_server.connections == 1


def test_a_server_that_hangs_up_between_two_messages_puts_nobody_off(mail_server):
    make_people(4)
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: "421 enough" if (stage, number) == ("mail", 3) else None
    drain()
    assert set(states(mailing).values()) == {State.SENT}
    assert mail_server.connections == 2


def test_whom_the_server_answers_twice_is_no_answer_to_the_next(mail_server):
    make_people(3)
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: (
        "250 2.0.0 taken\r\n550 5.1.8 and no" if stage == "end" else None
    )
    drain()
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.SENT
    assert set(mail_server.recipients.values()) == {1}
    assert len(mail_server.taken) == 3


def test_each_is_settled_before_the_next_ones_message_begins(mail_server, monkeypatch):
    make_people(5)
    mailing = open_mailing()
    settled_at = []
    monkeypatch.setattr(
        mail_server,
        "script",
        lambda stage, who, number: settled_at.append((stage, number)) if stage in ("data", "end") else None,
    )
    settled, counted = sender.Ledger.sent, []

    def sent(self, pk, following=None):
        # The server has been told of no further message yet.
        counted.append(len([1 for stage, _ in settled_at if stage == "data"]))
        answer = settled(self, pk, following)
        assert not connection.in_atomic_block or Delivery.objects.get(pk=pk).state == State.SENT
        return answer

    monkeypatch.setattr(sender.Ledger, "sent", sent)
    drain()
    assert counted == [1, 2, 3, 4, 5]
    assert set(states(mailing).values()) == {State.SENT}
