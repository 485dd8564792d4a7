"""A mail server that thinks about each message for longer than a worker may be silent."""

import pytest

from tests.subscribers.mailserver import Late
from tests.subscribers.making import make_people, open_mailing
from tests.subscribers.workers import Workers
from tests.tipsite.processes import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


# The workers of these tests are taken for dead after three seconds without a heartbeat.
@pytest.mark.parametrize(
    ("seconds", "count"), [(4, 2), pytest.param(45, 3, marks=pytest.mark.soak)], ids=["4 s", "45 s"]
)
def test_everyone_gets_it_once_however_late_each_message_is_acknowledged(
    mail_server, tmp_path, seconds, count
):
    people = make_people(count)
    open_mailing()
    mail_server.script = lambda stage, who, number: Late(seconds) if stage == "end" else None
    workers = Workers(tmp_path)
    try:
        # Each watches the other.
        workers.start()
        workers.start()
        wait_until(lambda: workers.ledger()[0] == "sent", seconds=300)
    finally:
        assert workers.end() == [0, 0]
    assert mail_server.recipients == {person.address: 1 for person in people}
    assert {(state, doubts) for _, state, doubts in workers.ledger()[1]} == {("sent", 0)}
