import pytest
from django.contrib.auth.models import Group, User

from desk.counting import count_each

pytestmark = pytest.mark.django_db


def test_several_counts_are_one_query(django_assert_num_queries):
    User.objects.create(username="ann")
    groups = Group.objects.count()
    with django_assert_num_queries(1):
        counts = count_each(
            {"people": User.objects.all(), "groups": Group.objects.all(), "none": User.objects.none()}
        )
    assert counts == {"people": 1, "groups": groups, "none": 0}
