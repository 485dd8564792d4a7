import pytest

from tests.tips.making import hidden_tips, make_tip
from tips import search, similar
from tips.models import Word

pytestmark = pytest.mark.django_db

RAIN = "<p>The umbrella stand by the door holds nine umbrellas for guests caught in rain.</p>"


def test_related_tips_share_rare_words_and_are_public():
    tip = make_tip("Rain at the door", body=RAIN)
    like = make_tip("Guests in the rain", body=RAIN.replace("nine", "six"))
    make_tip("Parcels", body="<p>Wrap each parcel twice and label the lid.</p>")
    hidden_tips(body=RAIN)
    search.count_words()
    assert similar.related(tip) == [like]


def test_counting_again_keeps_the_words_and_forgets_those_that_none_has():
    tip = make_tip("Rain at the door", body=RAIN)
    make_tip("Guests in the rain", body=RAIN)
    search.count_words()
    assert Word.objects.get(word="umbrella").tips == 2
    tip.delete()
    Word.objects.create(word="ghost", stem="ghost", length=5)
    assert search.count_words() == 1
    assert Word.objects.get(word="umbrella").tips == 1
    assert not Word.objects.filter(word="ghost").exists()


def test_promotions_make_nobody_related():
    promotion = "<p>Listen to our nautical podcast at http://www.example.org/nautical</p>"
    one = make_tip("One", body=f"<p>Answer promptly.</p>{promotion}")
    make_tip("Two", body=f"<p>Wrap carefully.</p>{promotion}")
    search.count_words()
    assert similar.related(one) == []


def test_a_tip_without_words_has_no_relations():
    assert similar.related(make_tip("?!", body="", excerpt="")) == []
