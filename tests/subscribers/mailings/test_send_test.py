"""A test of a tip's mail."""

import pytest

from desk.errors import WrongState
from subscribers.mailings.send_test import send_test
from subscribers.models import Delivery
from tests.subscribers.making import make_tip

pytestmark = pytest.mark.django_db


def test_a_test_mail_unsubscribes_nobody_and_leaves_no_row(publisher, mail_server):
    said = send_test(make_tip(), "pia@example.org", by=publisher)
    assert said == "Sent a test of the mail to 1 address."
    message = mail_server.taken[0].message
    assert message["Subject"].startswith("Test: ")
    assert message["List-Unsubscribe"] is None
    assert Delivery.objects.count() == 0
    with pytest.raises(WrongState, match="no address"):
        send_test(make_tip(), "pia", by=publisher)
