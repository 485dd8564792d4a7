"""What staff do to a person, and what that person hears of it."""

import pytest

from subscribers.models import ServiceMail
from subscribers.people import staff_actions, subscriptions
from tests.subscribers.draining import send_outgoing
from tests.tips.people import make_person

pytestmark = pytest.mark.django_db


def test_whoever_is_taken_off_is_told_by_mail_without_anybody_announcing_it(post_office):
    anna = subscriptions.confirm(subscriptions.request("anna@example.org"))
    ServiceMail.objects.all().delete()
    staff_actions.take_off(anna, "They asked by telephone", by=make_person("pia", "Publisher"))
    send_outgoing()
    (letter,) = post_office.letters
    assert letter.recipients == ["anna@example.org"]
    assert letter.message["Subject"].startswith("You have left")
