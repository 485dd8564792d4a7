"""What tests of mailings share."""

import pytest
import time_machine
from django.utils import timezone


@pytest.fixture
def noon():
    """Stand still at noon of today: what follows within minutes is of the same day."""
    now = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    with time_machine.travel(now, tick=False) as traveller:
        traveller.now = now
        yield traveller
