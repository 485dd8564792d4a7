"""The sheet for a team's meeting."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Huddle, Tip, TipState

pytestmark = pytest.mark.django_db


def test_it_is_for_whoever_may_see_the_tip(client):
    tip = make_tip("Call back", takeaway="Call before they do.", body="<p>A baker called.</p>")
    url = f"{tip.get_absolute_url()}huddle/"
    assert f'href="{url}"' in client.get(tip.get_absolute_url()).text
    page = client.get(url).text
    for words in ("Call back", "Call before they do.", "A baker called.", "Two minutes of role play"):
        assert words in page
    assert page.count("<li>") == 3
    assert f'rel="canonical" href="http://localhost:8000{tip.get_absolute_url()}"' in page
    Tip.objects.update(state=TipState.WITHDRAWN)
    assert client.get(url).status_code == 410
    Tip.objects.update(state=TipState.APPROVED, publish_at=timezone.now() + timedelta(days=1))
    assert client.get(url).status_code == 404


def test_a_writer_puts_questions_of_their_own_there_and_takes_them_back(client):
    ann = make_person("ann", "Author")
    tip = make_tip("Call back", author=ann, state=TipState.DRAFT, publish_at=None)
    client.force_login(ann)
    do = f"/admin/tips/tip/{tip.pk}/do/huddle/"
    client.post(do, {"questions": "Who rang?\n\nWhy <now>?", "role_play": "You are the baker."})
    Tip.objects.update(state=TipState.APPROVED, publish_at=timezone.now())
    page = client.get(f"{tip.get_absolute_url()}huddle/").text
    assert page.count("<li>") == 2
    assert "Why &lt;now&gt;?" in page
    assert "You are the baker." in page
    client.force_login(make_person("ed", "Editor"))
    client.post(do, {"questions": "", "role_play": " "})
    assert not Huddle.objects.exists()
    assert client.get(f"{tip.get_absolute_url()}huddle/").text.count("<li>") == 3
