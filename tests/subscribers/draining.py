"""Sending in the test's own thread, where a worker has threads for it."""

import time

from subscribers.delivery import audience, heartbeat, pool, scheduling
from subscribers.delivery.sender import Sender
from subscribers.models import Delivery


class Never:
    """A stop that never comes."""

    def wait(self, seconds):
        time.sleep(max(seconds, 0))
        return False

    def __bool__(self):
        return False


def drain(stop=None):
    """Open and send all mailings that are due now; what is put off for later stays so."""
    stop = Never() if stop is None else stop
    worker_id = heartbeat.new_worker_id()
    sender, busy = Sender(worker_id, stop), True
    try:
        while busy and not stop:
            scheduling.open_due()
            busy = audience.extend_due(stop)
            busy = sender.run_once() or busy
    finally:
        sender.close()
        heartbeat.end(worker_id)


def send_outgoing():
    """Send the confirmations, welcomes and other mails to one person each that are due."""
    while pool.send_outgoing_mails():
        pass


def told(mailing):
    """Return the mailing anew, and {state: how many} of its deliveries."""
    mailing.refresh_from_db()
    counts = {state: mailing.deliveries.filter(state=state).count() for state in Delivery.State}
    return mailing.state, {state: count for state, count in counts.items() if count}
