import pytest

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import DeskChoice, TipState

pytestmark = pytest.mark.django_db

BEST = DeskChoice.BEST_OF
BUTTON = "Add to “The best of the archive”"


def test_one_press_adds_a_tip_to_the_best_and_one_takes_it_out(client):
    tip = make_tip()
    client.force_login(make_person("ed", "Editor"))
    page = f"/admin/tips/tip/{tip.pk}/"
    assert BUTTON in client.get(f"{page}change/").text
    told = client.post(f"{page}do/add-to-best-of/", {"go": "on"}, follow=True).text
    assert "It stands under “The best of the archive” now." in told
    assert BUTTON not in told
    assert "The best of the archive</h2>" not in client.get("/").text, "it leads home"
    make_tip("Newer")
    assert "The best of the archive</h2>" in client.get("/").text
    assert "not possible" in client.post(f"{page}do/add-to-best-of/", {"go": "on"}, follow=True).text
    client.post(f"{page}do/take-out-of-best-of/", {"go": "on"})
    assert not tip.tags.exists()
    assert "The best of the archive</h2>" not in client.get("/").text


@pytest.mark.parametrize(
    ("role", "values"),
    [
        ("Author", {}),
        ("Editor", {"state": TipState.DRAFT}),
        ("Editor", {"body": "", "excerpt": "It began"}),
    ],
)
def test_only_editors_choose_and_only_what_is_approved_and_whole(client, role, values):
    person = make_person("who", role)
    tip = make_tip(author=person, **values)
    client.force_login(person)
    assert BUTTON not in client.get(f"/admin/tips/tip/{tip.pk}/change/").text
    client.post(f"/admin/tips/tip/{tip.pk}/do/add-to-best-of/", {"go": "on"})
    assert not tip.tags.exists()
