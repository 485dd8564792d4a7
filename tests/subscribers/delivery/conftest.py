"""The clock of the tests of deliveries."""

import pytest
import time_machine
from django.utils import timezone


@pytest.fixture
def clock():
    """Stand still; ``clock.forward(timedelta)`` goes on."""
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as traveller:
        traveller.forward = traveller.shift
        yield traveller
