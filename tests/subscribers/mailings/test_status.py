"""How a mailing stands, and how far it is."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from subscribers.mailings import status
from subscribers.models import Delivery
from tests.subscribers.draining import drain
from tests.subscribers.making import make_people, open_mailing

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_it_says_how_far_it_is(noon, publisher, mail_server, capsys, django_assert_max_num_queries):
    people = make_people(8)
    mailing = open_mailing()
    refused, busy = people[0].address, people[1].address
    answers = {refused: "550 no", busy: "450 later"}
    mail_server.script = lambda stage, who, number: answers.get(who) if stage == "rcpt" else None
    noon.move_to(noon.now + MINUTE, tick=False)
    drain()
    mailing.refresh_from_db()
    with django_assert_max_num_queries(3):
        progress = status.progress(mailing)
    assert {state: count for state, count in progress.states.items() if count} == {
        Delivery.State.SENT: 6,
        Delivery.State.REFUSED: 1,
        Delivery.State.DEFERRED: 1,
    }
    assert (progress.audience, progress.remaining, progress.percent) == (8, 1, 87)
    assert progress.left == MINUTE / 7
    call_command("mailings")
    out = capsys.readouterr().out
    assert "sending, 87% of 8: 6 sent, 1 put off, 1 refused; about a minute left." in out
    call_command("mailings", json=True)
    assert '"remaining": 1' in capsys.readouterr().out
