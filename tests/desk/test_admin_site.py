import pytest
from django.contrib.contenttypes.models import ContentType

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Category, Tip, TipState

pytestmark = pytest.mark.django_db


def test_the_way_to_the_site_tells_an_author_nothing_of_anothers_draft(client):
    author = make_person("ann", "Author")
    others, own = make_tip(state=TipState.DRAFT), make_tip(state=TipState.DRAFT, author=author)
    category = Category.objects.create(name="Sports", slug="sports")
    client.force_login(author)

    def answer(thing):
        kind = ContentType.objects.get_for_model(type(thing))
        return client.get(f"/admin/r/{kind.pk}/{thing.pk}/")

    assert answer(others).status_code == answer(Tip(pk=987654)).status_code == 404
    assert answer(own)["Location"] == own.get_absolute_url()
    assert answer(category)["Location"] == "/category/sports/"
    assert client.get("/admin/r/987654/1/").status_code == 404
