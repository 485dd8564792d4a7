"""The page on which staff decide about addresses that are refused again and again."""

import pytest
from django.urls import reverse

from subscribers.models import RepeatedRefusal, Suppression
from tests.subscribers.refusing import make_asked_about
from tests.tips.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Three people about whom staff are asked."""
    return make_asked_about()


@pytest.fixture
def page(client):
    """A function that opens the page, or presses a button on it, as a Publisher."""
    client.force_login(make_person("pat", "Publisher"))
    url = reverse("admin:subscribers_refused")

    def page(do=""):
        answer = client.post(url, {"do": do}, follow=True) if do else client.get(url)
        return " ".join(answer.content.decode().split())

    return page


def test_without_a_question_it_says_when_there_will_be_one(page):
    shown = page()
    assert "Nothing is to be decided." in shown
    assert "more than 1 in 100 of the list, or half of a mail domain" in shown
    assert 'value="suppress"' not in shown


@pytest.mark.usefixtures("people")
def test_it_names_counts_and_domains_and_no_address(page):
    shown = page()
    assert "3 addresses of 20 were refused in 3 mailings in a row or more" in shown
    assert "15.0%" in shown
    assert "@host" not in shown
    assert "550 (3)" in shown


@pytest.mark.usefixtures("people")
def test_a_press_decides_and_another_undoes_it(page):
    assert "Suppressed: 3 people." in page("suppress")
    assert Suppression.objects.count() == 3
    assert "Undo it" in page()
    assert "3 addresses of 20" in page("undo")
    assert not Suppression.objects.exists()
    assert "Kept on the list: 3 people." in page("keep")
    assert set(RepeatedRefusal.objects.values_list("state", flat=True)) == {"kept"}


@pytest.mark.usefixtures("people")
def test_whoever_may_not_suppress_decides_nothing(client):
    client.force_login(make_person("ed", "Editor"))
    assert client.post(reverse("admin:subscribers_refused"), {"do": "suppress"}).status_code == 403
    assert not Suppression.objects.exists()
