"""What the engines answer is what Python finds in the same rows, so the two agree with each other."""

import json
import random
from collections import defaultdict
from pathlib import Path

import pytest
from django.db import connection

from tests.tips.making import hidden_tips, make_tip
from tips.models import Category, Tip
from tips.search import index, postings, queries
from tips.search.index import BODY_MOST, TAKEAWAY, TITLE
from tips.search.postings import UNFILTERED, Filters, Postings
from tips.text import stems

pytestmark = pytest.mark.django_db

JUDGED = Path(__file__).parent / "judged" / "demonstration.json"


def by_hand(wanted, phrases=(), labels=(), filters=UNFILTERED, of_titles=()):
    """Return what ``postings.read`` must return, found without any SQL of the search's own."""
    result = Postings(labels={label: [] for label in labels})
    for tip in Tip.objects.all():
        entries = [entry.split() for entry in (tip.words_title, tip.words_takeaway, tip.words_body)]
        for stem in [*wanted, *of_titles]:
            title, takeaway, body = (entry.count(stem) for entry in entries)
            held = TITLE * bool(title) + TAKEAWAY * bool(takeaway) + min(BODY_MOST, body)
            if held >= (TITLE if stem in of_titles else 1):
                result.stems.setdefault(stem, defaultdict(list))[held].append(tip.pk)
        for phrase in phrases:
            spaced = f" {' '.join(phrase)} "
            columns = (tip.words_title, tip.words_takeaway, tip.words_body)
            if any(spaced in f" {' '.join(stems.in_order(entry))} " for entry in columns):
                result.phrases.setdefault(phrase, []).append(tip.pk)
        for label in labels:
            its = tip.categories if isinstance(label, Category) else tip.tags
            if its.filter(pk=label.pk).exists():
                result.labels[label].append(tip.pk)
    if filters != UNFILTERED:
        public = Tip.objects.published().newest_first()
        result.filtered = list(public.values_list("pk", flat=True))
        for name, slug in (("categories", filters.category), ("tags", filters.tag)):
            if slug:
                having = set(public.filter(**{f"{name}__slug": slug}).values_list("pk", flat=True))
                result.filtered = [pk for pk in result.filtered if pk in having]
    return result


def answers(asked):
    """Return for each query what a reader would be shown, whole."""
    result = {}
    for query in asked:
        found = queries.find(query)
        ids = [tip.pk for tip in found.page.tips]
        result[query] = (ids, found.page.total, found.corrected, found.also, found.missing)
    return result


def test_either_database_answers_as_python_does(demonstration, monkeypatch):
    hidden_tips(body="<p>Angry customers wait on hold.</p>")
    made = random.Random(7)
    vocabulary = " ".join(Tip.objects.values_list("body", flat=True)).replace("<p>", " ").split()
    asked = [entry["query"] for entry in json.loads(JUDGED.read_text())[::3]]
    asked += [" ".join(made.choices(vocabulary, k=made.randint(1, 5))) for _ in range(25)]
    pairs = (vocabulary[place : place + 2] for place in made.choices(range(9000), k=10))
    asked += [f'"{" ".join(pair)}" angry' for pair in pairs]
    asked += ["custmer", "recovry queue", "“money back”", "the and of", "e-mail", "co-worker", "zzzz"]
    expected = answers(asked)
    monkeypatch.setattr(postings, "read", by_hand)
    monkeypatch.setattr("tips.search.spelling.read", by_hand)
    assert answers(asked) == expected


def test_filters_leave_what_has_the_category_and_the_tag():
    both = make_tip(categories=["Waiting"], tags=["queue"])
    make_tip(categories=["Waiting"])
    make_tip(tags=["queue"])
    filters = Filters(category="waiting", tag="queue")
    found = postings.read(["listen"], filters=filters)
    assert found.filtered == [both.pk]


def test_the_condition_for_what_is_public_is_that_of_lists():
    hidden_tips()
    make_tip()
    make_tip(undated=True)
    condition, params = postings.public()
    found = Tip.objects.raw(f"SELECT t.id FROM tips_tip t WHERE {condition} ORDER BY t.id", params)  # noqa: S608
    assert [tip.pk for tip in found] == list(
        Tip.objects.published().order_by("pk").values_list("pk", flat=True)
    )


def test_postings_follow_every_way_of_writing_a_tip():
    tip = make_tip("Umbrella", takeaway="Umbrellas for all.", body="<p>An umbrella. My umbrella.</p>")
    assert postings.read(["umbrella"]).stems == {"umbrella": {TITLE + TAKEAWAY + 2: [tip.pk]}}
    Tip.objects.filter(pk=tip.pk).update(words_body="raincoat")
    assert postings.read(["umbrella", "raincoat"]).stems == {
        "umbrella": {TITLE + TAKEAWAY: [tip.pk]},
        "raincoat": {1: [tip.pk]},
    }
    Tip.objects.all().delete()
    assert postings.read(["umbrella", "raincoat"]).stems == {}


if connection.vendor == "postgresql":

    def test_an_index_made_before_it_had_pairs_gets_them():
        tip = make_tip(body="<p>An exit strategy.</p>")
        phrase = ("exit", "strategi")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tips_vector SET pairs = '{}'")
            assert postings.read((), [phrase]).phrases == {phrase: []}
            # No table is altered before the triggers that wait for the end have run.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            index.create_index(cursor)
        assert postings.read((), [phrase]).phrases == {phrase: [tip.pk]}
