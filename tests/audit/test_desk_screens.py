"""What each screen of the desk costs: its questions to the database, and its weight."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import desk_archive
from audit.desk_screens import MOST_HTML
from tests.subscribers.making import make_mailing
from tips.models import Tip, TipState
from tips.schedule import queue

MOST_QUERIES, MOST_OF_LARGE_ONES = 12, 16
# The page of the verdict tells what the front page does, and more.
LARGE_ONES = ("front page", "tip, ", "mailing", "is it safe?")
# A page within a test's transaction marks places in it, which no site's page does.
MARKS = ("SAVEPOINT", "RELEASE")


@pytest.mark.django_db
def test_no_screen_asks_or_weighs_more_than_it_may(client, time_machine):
    call_command("demo", stdout=io.StringIO())
    desk_archive.fill()
    screens = desk_archive.screens()
    make_mailing(tip=queue.waiting()[1])
    client.force_login(desk_archive.User.objects.get(username="pat"))
    too_much = {}
    pinned, first = "tip, in review for the slot of this day", queue.waiting()[0]
    for name, url in (screens | {pinned: screens["tip, approved"]}).items():
        if name == pinned:
            # There is most to be asked where little time is left.
            Tip.objects.filter(pk=first.pk).update(state=TipState.IN_REVIEW, pinned=True)
            time_machine.move_to(first.publish_at - timedelta(hours=6))
        # What a process asks once in its life is asked here.
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            page = client.get(url)
        assert page.status_code == 200, url
        most = MOST_OF_LARGE_ONES if name.startswith(LARGE_ONES) and name != "mailings" else MOST_QUERIES
        number = sum(not each["sql"].startswith(MARKS) for each in asked.captured_queries)
        if number > most or len(page.content) > MOST_HTML:
            too_much[name] = (number, len(page.content))
    assert too_much == {}
