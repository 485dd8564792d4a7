"""What a worker's threads do beside sending: give heartbeats, and look after what dead workers left."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from subscribers.delivery import heartbeat
from subscribers.delivery.pool import SenderPool
from subscribers.models import Heartbeat
from tests.subscribers.draining import Never

pytestmark = pytest.mark.django_db


def test_a_worker_whose_first_heartbeat_failed_gives_it_the_next_time(monkeypatch):
    pool, long_ago = SenderPool(Never(), senders=0), timezone.now() - timedelta(hours=1)
    for worker_id in (pool.worker_id, "another"):
        Heartbeat.objects.create(worker_id=worker_id, seen_at=long_ago)

    def fail(worker):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(heartbeat, "renew", fail)
        with pytest.raises(OperationalError):
            pool._look_after()
    pool._look_after()
    assert Heartbeat.objects.get(pk=pool.worker_id).seen_at > long_ago
    # Others are judged only after a lease without a gap.
    assert Heartbeat.objects.filter(pk="another").exists()
