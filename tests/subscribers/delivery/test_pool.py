"""What a worker's threads do beside sending: beat, and look after what dead workers left."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from subscribers.delivery import claims
from subscribers.delivery.pool import Never, SenderPool
from subscribers.models import SenderLease

pytestmark = pytest.mark.django_db


def test_a_worker_whose_first_beat_failed_beats_the_next_time(monkeypatch):
    post, long_ago = SenderPool(Never(), senders=0), timezone.now() - timedelta(hours=1)
    SenderLease.objects.create(worker=post.worker, seen_at=long_ago)
    SenderLease.objects.create(worker="another", seen_at=long_ago)

    def fail(worker):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(claims, "heartbeat", fail)
        with pytest.raises(OperationalError):
            post._look_after()
    post._look_after()
    assert SenderLease.objects.get(worker=post.worker).seen_at > long_ago
    # Others are judged only after a lease without a gap.
    assert SenderLease.objects.filter(worker="another").exists()
