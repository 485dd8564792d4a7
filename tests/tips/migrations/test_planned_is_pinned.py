"""A database of before: a draft could have a day without being pinned to it."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tips.models import Tip

DAY = datetime(2031, 1, 7, 12, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_a_draft_with_a_day_is_pinned_to_it_and_of_two_the_second_has_none(request):
    request.addfinalizer(lambda: call_command("migrate", verbosity=0))
    call_command("migrate", "tips", "0007", verbosity=0)
    tips = (
        MigrationExecutor(connection)
        .loader.project_state(("tips", "0007_texts_of_the_mail_and_captions"))
        .apps
    )
    before = tips.get_model("tips", "Tip").objects
    for name, state in (("first", "draft"), ("second", "in_review"), ("approved", "approved")):
        at = DAY.replace(day=14) if state == "approved" else DAY
        before.create(title=name, slug=name, state=state, publish_at=at)
    before.create(title="late", slug="late", state="draft", publish_at=DAY.replace(day=14))
    call_command("migrate", verbosity=0)
    found = {tip.title: (tip.pinned, tip.publish_at is not None) for tip in Tip.objects.all()}
    assert found == {
        "first": (True, True),
        "second": (False, False),
        "approved": (False, True),
        "late": (False, False),
    }
