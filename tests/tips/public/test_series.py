"""Series: a tip says which part it is, and leads to the others."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from desk.errors import WrongState
from subscribers.tipmail import rendering
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tips.models import Series, SeriesPart, TipState
from tips.publishing import series

pytestmark = pytest.mark.django_db


@pytest.fixture
def ed():
    return make_person("ed", "Editor")


@pytest.fixture
def steps():
    return Series.objects.create(name="Three <steps>", slug="three-steps", intro="One after the other.")


def arranged(steps, ed, *tips):
    for tip in tips:
        series.arrange(tip, steps, None, by=ed)


def titles():
    return list(SeriesPart.objects.order_by("series__pk", "place").values_list("tip__title", "place"))


def test_readers_meet_the_public_parts_in_their_order(client, steps, ed):
    first, third = make_tip("First", publish_at=ago(days=9)), make_tip("Third", publish_at=ago(days=2))
    hidden = make_tip("Second", publish_at=timezone.now() + timedelta(days=3))
    assert client.get("/series/three-steps/").status_code == 404
    arranged(steps, ed, first, hidden, third)
    page = client.get(third.get_absolute_url()).text
    assert 'Part 2 of 2: <a href="/series/three-steps/">Three &lt;steps&gt;</a>' in page
    assert f'<a href="{first.get_absolute_url()}" rel="prev">First</a>' in page
    assert "Second" not in page
    data = json.loads(re.search(r'ld\+json">(.*?)</script>', page)[1])
    assert data["isPartOf"]["url"] == "http://localhost:8000/series/three-steps/"
    assert "2 parts" in client.get("/series/").text
    listed = client.get("/series/three-steps/").text
    assert listed.index("First") < listed.index("Third")
    assert "Second" not in listed
    assert "/series/three-steps/" in client.get("/sitemap.xml").text
    mail = rendering.render(hidden)
    assert "Part 2 of the series “Three <steps>”: http://localhost:8000/series/three-steps/" in mail.text
    assert "“Three &lt;steps&gt;”</a>" in mail.html


def test_a_tip_in_no_series_costs_no_query_more(client, steps, ed, django_assert_max_num_queries):
    tip = make_tip("Alone")
    with django_assert_max_num_queries(8) as alone:
        assert "Part " not in client.get(tip.get_absolute_url()).text
    arranged(steps, ed, tip, make_tip("Other"))
    with django_assert_max_num_queries(len(alone) + 1):
        client.get(tip.get_absolute_url())


def test_a_part_comes_to_its_place_and_the_others_move(steps, ed, client):
    tips = [make_tip(title) for title in ("A", "B", "C")]
    arranged(steps, ed, *tips)
    series.arrange(tips[2], steps, 1, by=ed)
    assert titles() == [("C", 1), ("A", 2), ("B", 3)]
    other = Series.objects.create(name="Another", slug="another")
    series.arrange(tips[0], other, 5, by=ed)
    assert titles() == [("C", 1), ("B", 2), ("A", 1)]
    series.arrange(tips[0], None, None, by=ed)
    with pytest.raises(WrongState):
        series.arrange(tips[0], None, None, by=ed)
    client.force_login(ed)
    client.post(f"/admin/tips/tip/{tips[0].pk}/do/series/", {"series": steps.pk, "place": 2})
    assert titles() == [("C", 1), ("A", 2), ("B", 3)]
    assert "<li>" in client.get(f"/admin/tips/series/{steps.pk}/change/").text
    draft = make_tip("D", state=TipState.DRAFT, publish_at=None)
    series.arrange(draft, steps, 1, by=ed)
    assert "Part 1 of 3" in client.get(tips[2].get_absolute_url()).text


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_move_a_tip_at_once_come_one_after_the_other(ed):
    tip, other = make_tip("A"), make_tip("B")
    both = [Series.objects.create(name=name, slug=name) for name in ("one", "two")]
    arranged(both[0], ed, tip)
    arranged(both[1], ed, other)

    def move(number):
        with closing(connection):
            for turn in range(10):
                series.arrange((tip, other)[(turn + number) % 2], both[(turn * number) % 2], None, by=ed)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(move, (1, 2)))
    assert SeriesPart.objects.count() == 2
