"""A database that takes nothing for a while: no mail is refused, forgotten or sent twice for it."""

import pytest
from django.db import OperationalError, connection

from subscribers import outages
from subscribers.delivery import transport
from subscribers.mail import outbox
from subscribers.models import Delivery, Mailing, ServiceMail
from tests.subscribers.draining import Never, drain, send_outgoing
from tests.subscribers.making import make_people, open_mailing

pytestmark = pytest.mark.django_db(transaction=True)


class Failover(Never):
    """A stop that never comes; whoever waits, waits until the database may be written again."""

    def wait(self, seconds):
        if connection.vendor == "sqlite":
            connection.cursor().execute("PRAGMA query_only = off")
        return False


def turn_read_only():
    """Let the database take nothing more on this connection, as an old primary does after a failover."""
    words = {"sqlite": "PRAGMA query_only = on", "postgresql": "SET default_transaction_read_only = on"}
    connection.cursor().execute(words[connection.vendor])


def test_a_mailing_waits_while_the_database_is_read_only(mail_server, monkeypatch):
    make_people(4)
    mailing = open_mailing()
    send = transport.SmtpTransport.send

    def then_read_only(*args):
        answer = send(*args)
        if len(mail_server.taken) == 2:
            turn_read_only()
        return answer

    monkeypatch.setattr(transport.SmtpTransport, "send", then_read_only)
    drain(Failover())
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.SENT
    rows = mailing.deliveries.values_list("state", "tries", "uncertain_count")
    assert set(rows) == {(Delivery.State.SENT, 1, 0)}
    assert len(mail_server.taken) == 4


def test_a_mail_to_one_person_goes_once_though_the_database_turns_read_only(mail_server, monkeypatch):
    for person in make_people(3):
        ServiceMail.objects.create(kind=ServiceMail.Kind.WELCOME, subscriber=person)
    hand_over = outbox._hand_over

    def then_read_only(*args):
        hand_over(*args)
        if len(mail_server.taken) == 2:
            turn_read_only()

    monkeypatch.setattr(outbox, "_hand_over", then_read_only)
    monkeypatch.setattr(outages.until_it_answers, "__defaults__", (False, Failover().wait))
    send_outgoing()
    assert set(ServiceMail.objects.values_list("mail_state", "tries")) == {(ServiceMail.MailState.SENT, 1)}
    assert len(mail_server.taken) == 3


def test_a_mail_that_cannot_be_prepared_while_the_database_is_away_is_not_kept_by_its_worker(
    mail_server, monkeypatch
):
    ServiceMail.objects.create(kind=ServiceMail.Kind.WELCOME, subscriber=make_people(1)[0])
    monkeypatch.setattr(outages.until_it_answers, "__defaults__", (False, Failover().wait))

    def away(*args):
        raise OperationalError

    monkeypatch.setattr(type(outbox.PER_DOMAIN), "spend", away)
    with pytest.raises(outages.AWAY):
        send_outgoing()
    assert ServiceMail.objects.get().mail_state == ServiceMail.MailState.WAITING
