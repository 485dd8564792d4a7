import pytest

from tests.tips.making import hidden_tips, make_tip
from tips import search, similar

pytestmark = pytest.mark.django_db

RAIN = "<p>The umbrella stand by the door holds nine umbrellas for guests caught in rain.</p>"


def test_related_tips_share_rare_words_and_are_public():
    tip = make_tip("Rain at the door", body=RAIN)
    like = make_tip("Guests in the rain", body=RAIN.replace("nine", "six"))
    make_tip("Parcels", body="<p>Wrap each parcel twice and label the lid.</p>")
    hidden_tips(body=RAIN)
    search.count_words()
    assert similar.related(tip) == [like]


def test_promotions_make_nobody_related():
    promotion = "<p>Listen to our nautical podcast at http://www.example.org/nautical</p>"
    one = make_tip("One", body=f"<p>Answer promptly.</p>{promotion}")
    make_tip("Two", body=f"<p>Wrap carefully.</p>{promotion}")
    search.count_words()
    assert similar.related(one) == []


def test_a_tip_without_words_has_no_relations():
    assert similar.related(make_tip("?!", body="", excerpt="")) == []
