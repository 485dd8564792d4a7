"""The order of hits, held against queries that a person judged without knowing the code or its answers.

The first three sets are what the ranking, the synonyms and the related words were tuned on; each was written
by somebody else, and run once before it became one of these. The fourth, of the real pages alone, was run
once, after all tuning: a wanted tip came first in 76 %, and among the first three in 96 %; before the related
words in 62 and 78 %. The tips of the real pages are named by the beginning of the SHA-256 of their slugs.
"""

import hashlib
import json
from pathlib import Path

import pytest
from django.conf import settings

from tips.importers import pages, store
from tips.search import queries

pytestmark = pytest.mark.django_db

JUDGED = Path(__file__).parent / "judged"
SEEDS = settings.BASE_DIR.parent / "shared" / "seeds"
# In percent: how often a wanted tip comes first, and how often among the first three. The ranking of the old
# index got 20 and 31, and 21 and 36, of the second sets.
FIRST, AMONG_THREE = 60, 80


def judged(name):
    """Return {query: the wanted tips} of one file."""
    entries = json.loads((JUDGED / f"{name}.json").read_text())
    return {entry["query"]: set(entry["wanted"]) for entry in entries}


def shares(expected, name_of=lambda slug: slug):
    """Return in how many percent of the queries a wanted tip is the first, and among the first three."""
    first = among_three = 0
    for query, wanted in expected.items():
        found = [name_of(tip.slug) for tip in queries.find(query).page.tips[:3]]
        first += found[:1] != [] and found[0] in wanted
        among_three += not wanted.isdisjoint(found)
    return 100 * first / len(expected), 100 * among_three / len(expected)


def hashed(slug):
    return hashlib.sha256(slug.encode()).hexdigest()[:16]


def hold(name, name_of=lambda slug: slug):
    first, among_three = shares(judged(name), name_of)
    print(f"{name}: a wanted tip first {first:.0f} %, among the first three {among_three:.0f} %")  # noqa: T201
    assert (first >= FIRST, among_three >= AMONG_THREE) == (True, True), name


def test_the_wanted_tips_of_the_demonstration_come_first(demonstration):
    for name in ("demonstration", "second-demonstration"):
        hold(name)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds, the real pages, are not here")
def test_the_wanted_tips_of_the_real_pages_come_first():
    store.write(pages.read([str(SEEDS)]))
    for name in ("real", "second-real", "third-real", "fourth-real"):
        hold(name, hashed)


def test_every_query_is_judged_once_and_there_are_enough():
    for name, least in (
        ("demonstration", 60),
        ("second-demonstration", 60),
        ("real", 40),
        ("second-real", 40),
        ("third-real", 40),
        ("fourth-real", 40),
    ):
        entries = json.loads((JUDGED / f"{name}.json").read_text())
        assert len({entry["query"] for entry in entries}) == len(entries) >= least
        assert all(entry["wanted"] for entry in entries)
