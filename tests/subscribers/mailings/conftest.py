"""What tests of mailings share."""

import pytest
import time_machine
from django.utils import timezone


@pytest.fixture
def noon():
    """Stand still at a moment that no test depends on."""
    now = timezone.now().replace(second=0, microsecond=0)
    with time_machine.travel(now, tick=False) as traveller:
        traveller.now = now
        yield traveller
