import pytest
from django.http import Http404

from tests.tips.making import ago, hidden_tips, make_tip
from tips import paging
from tips.models import Tag, Tip

pytestmark = pytest.mark.django_db


@pytest.fixture
def many():
    made = [make_tip(f"dated {n}", publish_at=ago(days=n + 1), tags=["all"]) for n in range(31)]
    made += [make_tip(f"undated {n}", undated=True, tags=["all"]) for n in range(5)]
    hidden_tips(tags=["all"])
    return made


@pytest.mark.parametrize("by_tag", [True, False])
def test_the_pages_together_are_the_list_in_order_and_nothing_hidden(many, by_tag):
    placements = Tag.objects.get().placements.all() if by_tag else Tip.objects.all()
    pages = [paging.page(placements, number) for number in range(1, 5)]
    assert [tip for page in pages for tip in page.tips] == many
    assert {(page.last, page.total) for page in pages} == {(4, 36)}
    assert [len(page.tips) for page in pages] == [10, 10, 10, 6]


def test_a_page_beyond_either_end_is_not_found(many):
    for number in (0, -1, 5, 10**12):
        with pytest.raises(Http404):
            paging.page(Tip.objects.all(), number)


def test_an_empty_list_has_one_empty_page():
    page = paging.page(Tip.objects.all(), 1)
    assert (page.tips, page.last, page.previous, page.next) == ([], 1, None, None)


def test_every_page_costs_the_same_number_of_queries(many, django_assert_num_queries):
    placements = Tag.objects.get().placements.all()
    for number in (1, 2, 4):
        with django_assert_num_queries(3):
            paging.page(placements, number)


@pytest.mark.parametrize(
    ("number", "last", "offered"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (5, 9, [1, None, 4, 5, 6, None, 9]),
        (3, 9, [1, 2, 3, 4, None, 9]),
        (9, 9, [1, None, 8, 9]),
    ],
)
def test_page_numbers_offer_the_ends_and_the_neighbours(number, last, offered):
    assert paging.Page([], number, last, 0).numbers == offered
