import pytest

from tests.tips.making import ago, hidden_tips, make_tip
from tips.public import neighbours

pytestmark = pytest.mark.django_db


def test_neighbours_are_the_next_public_tips_in_either_direction():
    same = ago(days=5)
    oldest = make_tip("oldest", publish_at=ago(days=9))
    twins = [make_tip("twin one", publish_at=same), make_tip("twin two", publish_at=same)]
    newest = make_tip("newest", publish_at=ago(days=1))
    hidden_tips()
    make_tip("undated", undated=True)
    assert neighbours.of(newest) == (None, twins[0])
    assert neighbours.of(twins[0]) == (newest, twins[1])
    assert neighbours.of(twins[1]) == (twins[0], oldest)
    assert neighbours.of(oldest) == (twins[1], None)


def test_an_undated_tip_has_undated_neighbours():
    first, second, third = (make_tip(undated=True) for _ in range(3))
    make_tip()
    assert neighbours.of(second) == (first, third)
    assert neighbours.of(first) == (None, second)
