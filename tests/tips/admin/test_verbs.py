"""Verbs on their own pages, outside the transaction that tests usually stand in."""

import pytest

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import State


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("state", "name", "answers", "expected"),
    [
        (State.APPROVED, "withdraw", {"reason": "Untrue"}, State.WITHDRAWN),
        (State.WITHDRAWN, "reinstate", {"go": "on"}, State.APPROVED),
        (State.IN_REVIEW, "send-back", {"reason": "Too long"}, State.DRAFT),
        (State.IN_REVIEW, "publish-now", {"go": "on"}, State.APPROVED),
    ],
)
def test_a_verbs_own_page_does_it_outside_a_tests_transaction(client, state, name, answers, expected):
    editor = make_person("ed", "Editor")
    tip = make_tip(state=state)
    client.force_login(editor)
    response = client.post(f"/admin/tips/tip/{tip.pk}/do/{name}/", answers)
    assert response.status_code == 302
    tip.refresh_from_db()
    assert tip.state == expected
