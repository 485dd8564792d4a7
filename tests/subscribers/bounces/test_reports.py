"""What comes back, and what follows from it."""

import email.policy
import email.utils
from datetime import timedelta
from email.message import EmailMessage
from types import SimpleNamespace

import pytest
from django.utils import timezone

from subscribers import tipmail, tokens
from subscribers.bounces import mail_services, reading, reports
from subscribers.delivery import condensing
from subscribers.mail import envelope
from subscribers.mailings import control
from subscribers.models import BounceReport, ConsentEvent, Delivery, Mailing, Subscriber, Suppression
from tests.subscribers import making
from tests.subscribers.bounces.returned import complaint, delivery_report
from tests.tips.making import make_tip
from tipsite.worker import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(settings):
    settings.BOUNCE_ADDRESS = "bounces@tips.example.org"
    subscriber = Subscriber.objects.create(address="anna@example.net")
    mailing = Mailing.objects.create(tip=make_tip("Smile", for_mail=True), state=Mailing.State.SENT)
    return Delivery.objects.create(
        mailing=mailing, subscriber=subscriber, state=Delivery.State.SENT, sent_at=timezone.now()
    )


def reasons():
    return set(Suppression.objects.values_list("reason", flat=True))


def test_a_report_that_nobody_is_there_silences_the_address_and_keeps_the_evidence(delivery):
    row = reports.take(delivery_report(envelope.envelope_sender(envelope.make_token(delivery.pk))))
    delivery.refresh_from_db()
    assert (row.kind, row.status, row.acted) == (BounceReport.Kind.BOUNCED, "5.1.1", True)
    assert row.delivery == delivery
    assert delivery.state == Delivery.State.REFUSED
    assert reasons() == {"bounced"}
    assert "anna" not in row.words


@pytest.mark.parametrize("action", ["delivered", "relayed", "delayed"])
@pytest.mark.parametrize("order", [1, -1])
def test_an_address_behind_which_somebody_has_the_mail_or_will_is_not_dead(delivery, action, order):
    raw = delivery_report(envelope.envelope_sender(envelope.make_token(delivery.pk)))
    of_anna = raw[raw.index(b"Final-Recipient") : raw.index(b"--b--")]
    of_bert = b"Final-Recipient: rfc822; bert@example.net\r\nAction: %s\r\n" % action.encode()
    blocks = b"\r\n".join([of_anna, of_bert][::order])
    row = reports.take(raw.replace(of_anna, blocks))
    assert row.kind in (BounceReport.Kind.OTHER, BounceReport.Kind.DELAYED)
    assert (row.acted, reasons()) == (False, set())


@pytest.mark.parametrize(
    ("status", "words", "found"),
    [
        ("5.0.0", "smtp; 550 host 192.5.1.1 said: mailbox full", "5.0.0"),
        ("5.0.0", "smtp; 550 host 5.1.1.9[5.1.1.9] said: mailbox full", "5.0.0"),
        ("5.0.0", "smtp; 554 Exim 4.96.2 on mx5.1.1.example says 5.2.2", "5.2.2"),
        ("", "smtp; Postfix/5.1.1 said: 552-5.2.2 full", "5.2.2"),
        ("5.0.0", "smtp; 550 of 5.2.2 mailboxes (5.7.1) this: 550 #5.1.1 unknown", "5.1.1"),
        ("5.2.2", "smtp; 550 5.1.1 unknown", "5.2.2"),
        ("", "smtp; 550 nobody here (#5.1.1)", "5.1.1"),
        ("5.0.0", "smtp; 450 4.1.1 greylisted", "5.0.0"),
    ],
)
def test_a_status_is_no_part_of_a_network_address_or_a_version(delivery, status, words, found):
    sender = envelope.envelope_sender(envelope.make_token(delivery.pk))
    assert reading.read(delivery_report(sender, status, words=words)).status == found


def test_a_report_about_the_address_before_does_not_silence_the_one_they_have_now(delivery):
    ConsentEvent.objects.create(subscriber=delivery.subscriber, kind=ConsentEvent.Kind.MOVED)
    row = reports.take(delivery_report(envelope.envelope_sender(envelope.make_token(delivery.pk))))
    delivery.refresh_from_db()
    assert (row.kind, row.acted, reasons()) == (BounceReport.Kind.BOUNCED, False, set())
    assert (delivery.state, delivery.suppressed) == (Delivery.State.REFUSED, False)
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.SENT, sent_at=timezone.now())
    sender = envelope.envelope_sender(envelope.make_token(delivery.pk))
    assert reports.take(delivery_report(sender, words="smtp; 550 5.1.1 here too")).acted


def test_what_passes_again_silences_nobody(delivery):
    sender = envelope.envelope_sender(envelope.make_token(delivery.pk))
    full = reports.take(delivery_report(sender, "5.2.2", words="smtp; 552 5.2.2 mailbox full"))
    late = reports.take(delivery_report(sender, "4.4.1", action="delayed", words="smtp; 421 4.4.1 later"))
    assert [full.kind, late.kind] == [BounceReport.Kind.REFUSED, BounceReport.Kind.DELAYED]
    assert reasons() == set()


@pytest.mark.parametrize(
    "to",
    ["bounces@tips.example.org", "bounces+1-00000000000000000000@tips.example.org", "", "bounces+@x"],
)
def test_a_report_without_our_token_changes_nothing(delivery, to):
    row = reports.take(delivery_report(to))
    delivery.refresh_from_db()
    assert (row.delivery, row.acted) == (None, False)
    assert (delivery.state, reasons()) == (Delivery.State.SENT, set())


def test_a_token_of_another_delivery_is_not_made_by_changing_the_number(delivery):
    token = envelope.make_token(delivery.pk)
    forged = f"{envelope.make_token(delivery.pk + 1).split('-')[0]}-{token.split('-')[1]}"
    assert reports.take(delivery_report(f"bounces+{forged}@tips.example.org")).delivery is None


def test_a_complaint_takes_the_person_off_the_list(delivery):
    message_id = envelope.message_id(envelope.make_token(delivery.pk))
    headers = f"Message-ID: {message_id}\r\nTo: redacted@provider.example"
    row = reports.take(complaint(headers))
    delivery.subscriber.refresh_from_db()
    assert (row.kind, row.acted) == (BounceReport.Kind.COMPLAINED, True)
    assert {"complained", "unsubscribed"} <= reasons()
    assert delivery.subscriber.state == Subscriber.State.LEFT
    assert Delivery.objects.get().complained_at is not None


def test_a_complaint_of_a_mail_whose_row_was_condensed_counts_by_the_link_in_it(delivery):
    token = envelope.make_token(delivery.pk)
    anna = delivery.subscriber
    leave = tokens.make(tokens.Purpose.LEAVE, anna.public_id)
    long_ago = timezone.now() - timedelta(days=91)
    link = f"List-Unsubscribe: <https://tips.example.org/unsubscribe/{leave}/>"
    Mailing.objects.update(started_at=long_ago, ended_at=long_ago)
    assert condensing.condense_old(timezone.now()) == 1
    # The link alone may have been passed on to anybody, and without a link nobody is known.
    for headers in (link, f"Message-ID: {envelope.message_id(token)}"):
        assert not reports.take(complaint(headers)).acted
    assert reasons() == set()
    row = reports.take(complaint(f"Message-ID: {envelope.message_id(token)}\r\n{link}"))
    anna.refresh_from_db()
    assert (row.kind, row.acted, anna.state) == (BounceReport.Kind.COMPLAINED, True, Subscriber.State.LEFT)
    assert "complained" in reasons()


def test_a_report_that_is_read_twice_counts_once(delivery):
    report = delivery_report(envelope.envelope_sender(envelope.make_token(delivery.pk)))
    assert reports.take(report).pk == reports.take(report).pk
    assert BounceReport.objects.count() == 1


def test_automatic_answers_and_ordinary_mail_change_nothing(delivery):
    away, letter = EmailMessage(), EmailMessage()
    for mail in (away, letter):
        mail["From"], mail["Subject"] = "anna@example.net", "Re: Smile"
        mail["To"] = envelope.envelope_sender(envelope.make_token(delivery.pk))
        mail["Date"] = email.utils.localtime()
        mail.set_content("I am on holiday; 550 5.1.1 is my lucky number.")
    away["Auto-Submitted"] = "auto-replied"
    kinds = [reports.take(mail.as_bytes()).kind for mail in (away, letter)]
    assert kinds == [BounceReport.Kind.ANSWERED, BounceReport.Kind.OTHER]
    assert reasons() == set()


@pytest.mark.parametrize("place", ["passed on", "quoted"])
def test_a_report_that_a_reader_passes_on_with_an_answer_is_none_about_them(delivery, place):
    token = envelope.make_token(delivery.pk)
    other = delivery_report("anna@example.net", words="smtp; 550 5.1.1 <bea@example.net> unknown")
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = "anna@example.net", "desk@example.org", "Re: Smile"
    # As mail programs answer; as one that does not say what it answers.
    answer["References" if place == "quoted" else "X-Original-To"] = envelope.message_id(token)
    answer.set_content(
        "This came back:\n\nHi. This is the qmail-send program at mx.example.net.\n\n"
        "<bea@example.net>:\n550 5.1.1 unknown\n"
        if place == "quoted"
        else "See below."
    )
    answer.add_attachment(email.message_from_bytes(other, policy=email.policy.default))
    row = reports.take(answer.as_bytes())
    assert (row.kind, row.delivery, row.acted) == (BounceReport.Kind.OTHER, delivery, False)
    assert reasons() == set()


def test_a_report_of_no_standard_form_is_one_all_the_same(delivery):
    report = EmailMessage()
    report["From"], report["To"] = (
        "postmaster@example.net",
        envelope.envelope_sender(envelope.make_token(delivery.pk)),
    )
    report["References"] = envelope.message_id(envelope.make_token(delivery.pk))
    report.set_content(
        "Hi. This is the qmail-send program at mx.example.net.\n\n<anna@example.net>:\n550 5.1.1 unknown\n"
    )
    row = reports.take(report.as_bytes())
    assert (row.kind, row.delivery, row.acted) == (BounceReport.Kind.BOUNCED, delivery, True)


def test_what_is_about_no_mail_of_ours_is_forgotten_after_a_month(delivery):
    sender = envelope.envelope_sender(envelope.make_token(delivery.pk))
    ours, _, new = [reports.take(delivery_report(to)) for to in (sender, "a@example.org", "b@example.org")]
    now = timezone.now()
    BounceReport.objects.exclude(pk=new.pk).update(at=now - timedelta(days=31))
    reports.forget_strays(now)
    assert set(BounceReport.objects.all()) == {ours, new}
    assert reports.forget_strays in clock.EACH_DAY


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 500,
        b"Content-Type: multipart/report; boundary=\r\n\r\n--\r\n",
        b"Content-Type: message/delivery-status\r\n\r\nStatus: " + b"5.1.1 " * 5000,
        b"Content-Type: message/feedback-report\r\n\r\n" + b"a" * 100_000,
        b"From: a\r\nContent-Type: text/plain; charset=odd\r\nContent-Transfer-Encoding: base64\r\n\r\n%",
    ],
)
def test_broken_mail_is_kept_and_harms_nobody(delivery, raw):
    assert reports.take(raw).acted is False
    assert reasons() == set()


def test_a_mail_service_is_believed_where_it_brings_our_token(delivery):
    told = {"event_type": "bounced", "event_id": "1", "mta_response": "550 5.1.1 no such user"}
    told |= {"description": "", "reject_reason": "bounced", "esp_event": {}, "message_id": "of the service"}
    mail_services.on_tracking_event(None, SimpleNamespace(**told), "Postbox")
    assert reasons() == set()
    told |= {
        "event_id": "2",
        "esp_event": {"headers": [["Message-ID", envelope.message_id(envelope.make_token(delivery.pk))]]},
    }
    mail_services.on_tracking_event(None, SimpleNamespace(**told), "Postbox")
    assert reasons() == {"bounced"}
    assert tipmail.read_token(envelope.message_id(envelope.make_token(delivery.pk))) == delivery.pk


@pytest.mark.parametrize("words", ["550 5.1.1 unknown", ""])
def test_hard_bounces_that_are_reported_stop_the_mailing_and_get_a_second_chance(delivery, publisher, words):
    mailing = delivery.mailing
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.SENDING, audience_up_to=Mailing.ALL)
    people = making.make_people(17)
    rows = [Delivery(mailing=mailing, subscriber=person) for person in people]
    rows[5:5] = [Delivery(mailing=mailing) for _ in range(50)]
    # Reports take their time: hundreds more have been sent by then.
    rows += [Delivery(mailing=mailing) for _ in range(400)]
    for number, row in enumerate(rows, 1):
        row.state = Delivery.State.SENT
        row.sent_at = row.settled_at = delivery.sent_at + timedelta(seconds=number)
    Delivery.objects.bulk_create(rows)
    told = {"event_type": "bounced", "mta_response": words, "description": "", "reject_reason": "invalid"}
    for row in reversed([row for row in rows if row.subscriber]):
        mailing.refresh_from_db()
        assert mailing.state == Mailing.State.SENDING
        told |= {"event_id": row.pk, "message_id": envelope.message_id(envelope.make_token(row.pk))}
        mail_services.on_tracking_event(None, SimpleNamespace(**told, esp_event={}), "Postbox")
    mailing.refresh_from_db()
    assert mailing.reason.startswith("17 of 67 mails in a row were refused for good")
    assert Suppression.objects.count() == 17
    control.resume(mailing, by=publisher)
    assert not Suppression.objects.exists()
    again = mailing.deliveries.filter(state=Delivery.State.QUEUED)
    assert set(again.values_list("subscriber", flat=True)) == {person.pk for person in people}
