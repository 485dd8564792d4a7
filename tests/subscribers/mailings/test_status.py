"""How a mailing stands, and how far it is."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from subscribers.mailings import status
from subscribers.models import Delivery, Mailing
from tests.subscribers.draining import drain
from tests.subscribers.making import HELD, make_begun, make_people, open_mailing

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


def test_one_that_a_restore_has_stopped_says_how_many_may_have_it_and_what_to_do(capsys):
    make_begun(Mailing.State.PAUSED, ["sent", "queued", HELD], cause=Mailing.Cause.RESTORED)
    call_command("mailings")
    out = capsys.readouterr().out
    assert "1 have it, and 2 may have it already. Of these, 1 were tried, and 1 never" in out
    assert "Send it to nobody more, to those never tried, or to all" in out
    call_command("mailings", json=True)
    assert '"cause": "restored"' in capsys.readouterr().out


def test_of_a_list_that_was_not_complete_others_may_have_it_too():
    values = {"cause": Mailing.Cause.RESTORED, "audience_up_to": 1, "reason": "Paused by ed."}
    mailing = make_begun(Mailing.State.PAUSED, ["queued"], **values)
    described = status.describe(mailing)
    assert "others may have it who are not counted here. Noted before: Paused by ed." in described.sentence
