"""What mail services report, judged as reports by mail are."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from subscribers.bounces import mail_services
from subscribers.mail import envelope
from subscribers.models import BounceReport, Delivery, Mailing, Subscriber, Suppression
from tests.tips.making import make_tip

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery():
    mailing = Mailing.objects.create(tip=make_tip("Smile", for_mail=True), state=Mailing.State.SENT)
    subscriber = Subscriber.objects.create(address="anna@example.net")
    sent = {"state": Delivery.State.SENT, "sent_at": timezone.now()}
    return Delivery.objects.create(mailing=mailing, subscriber=subscriber, **sent)


def tell(delivery, kind="bounced", words="", description="", reason="bounced", number="1"):
    """Report about a delivery as Anymail does; return the report that was kept."""
    told = {"event_type": kind, "event_id": number, "mta_response": words, "description": description}
    told |= {"reject_reason": reason, "esp_event": {}}
    told["message_id"] = envelope.message_id(envelope.make_token(delivery.pk))
    mail_services.on_tracking_event(None, SimpleNamespace(**told), "Postbox")
    return BounceReport.objects.order_by("-pk").first()


@pytest.mark.parametrize(
    ("words", "reason", "kind", "cause"),
    [
        ("550 5.1.1 unknown", "bounced", "bounced", "no_mailbox"),
        ("550 5.0.0 user unknown", "bounced", "bounced", "no_mailbox"),
        ("", "invalid", "bounced", "no_mailbox"),
        ("550 5.5.0 no", "invalid", "refused", "no_mailbox"),
        ("550 5.1.1 blacklisted", "bounced", "refused", "policy"),
        ("552 5.2.2 full", "invalid", "refused", "full"),
        ("550 5.1.1 unknown", "spam", "refused", "policy"),
        ("", "unsubscribed", "refused", "policy"),
        ("", "timed_out", "refused", "system"),
        ("", "bounced", "refused", "unexplained"),
    ],
)
def test_the_service_and_the_mail_server_are_judged_together(delivery, words, reason, kind, cause):
    report = tell(delivery, words=words, reason=reason)
    assert (report.kind, report.cause) == (kind, cause)
    assert Suppression.objects.exists() == (kind == "bounced")
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.REFUSED
    expected = {"no_mailbox": "gone" if kind == "bounced" else "unclear", "unexplained": "unclear"}
    assert delivery.refusal == expected.get(cause, "")


def test_what_the_service_says_itself_counts_where_it_heard_nothing(delivery):
    assert tell(delivery, description="The mailbox is full").cause == "full"
    assert (
        tell(delivery, words="550 no", description="The mailbox is full", number="2").cause == "unexplained"
    )


def test_a_second_complaint_of_the_same_mail_takes_nobody_off_who_came_back(delivery):
    assert tell(delivery, "complained").acted
    Suppression.objects.all().delete()
    Subscriber.objects.update(state=Subscriber.State.CONFIRMED, left_at=None)
    assert not tell(delivery, "complained", number="2").acted
    assert not Suppression.objects.exists()
