"""A queue of three tips, seen at one moment."""

import pytest

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, tuesdays
from tips.models import TipState
from tips.publishing import workflow


@pytest.fixture
def at_noon(db, time_machine):
    """The clock stands still, and every Tuesday has its slot."""
    time_machine.move_to(NOON, tick=False)
    tuesdays()


@pytest.fixture
def ed(at_noon):
    return make_person("ed", "Editor", first_name="Ed", last_name="Moss")


@pytest.fixture
def three(ed):
    """Tips A, B and C, approved in this order."""
    tips = [make_tip(name, state=TipState.IN_REVIEW, publish_at=None) for name in "ABC"]
    for tip in tips:
        workflow.approve(tip, by=ed)
    return tips
