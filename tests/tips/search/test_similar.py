import pytest

from tests.tips.making import hidden_tips, make_tip
from tips.models import Word
from tips.search import index, similar

pytestmark = pytest.mark.django_db

RAIN = "<p>The umbrella stand by the door holds nine umbrellas for guests caught in rain.</p>"


def test_related_tips_share_rare_words_and_are_public():
    tip = make_tip("Rain at the door", body=RAIN)
    like = make_tip("Guests in the rain", body=RAIN.replace("nine", "six"))
    make_tip("Parcels", body="<p>Wrap each parcel twice and label the lid.</p>")
    hidden_tips(body=RAIN)
    index.count_words()
    assert similar.related(tip) == [like]


def test_counting_again_keeps_the_words_and_forgets_those_that_none_has():
    tip = make_tip("Rain at the door", body=RAIN)
    make_tip("Guests in the rain", body=RAIN)
    index.count_words()
    assert Word.objects.get(word="umbrella").tips == 2
    tip.delete()
    Word.objects.create(word="ghost", stem="ghost")
    assert index.count_words() == 1
    assert Word.objects.get(word="umbrella").tips == 1
    assert not Word.objects.filter(word="ghost").exists()


def test_promotions_make_nobody_related():
    promotion = "<p>Listen to our nautical podcast at http://www.example.org/nautical</p>"
    one = make_tip("One", body=f"<p>Answer promptly.</p>{promotion}")
    make_tip("Two", body=f"<p>Wrap carefully.</p>{promotion}")
    index.count_words()
    assert similar.related(one) == []


def test_a_tip_without_words_has_no_relations():
    assert similar.related(make_tip("?!", body="", excerpt="")) == []


# --- Have we run this before? -----------------------------------------------------------------------------

ORIGINAL = (
    "<p>The umbrella stand by the door holds nine umbrellas for guests caught in rain. A guest borrows one,"
    " walks to the station dry, and brings it back on a sunny morning.</p>"
)
REWORDED = (
    "<p>Guests who are caught in rain borrow an umbrella from the stand at the door and return dry. On the"
    " next sunny morning the umbrella is brought back from the station.</p>"
)


def ask(body=REWORDED, title="Umbrellas for guests", **options):
    return similar.duplicates(title, body, "", **options)


def archive():
    for number in range(12):
        make_tip(f"Parcel {number}", body="<p>Wrap each parcel twice, and label the lid of every box.</p>")
    return make_tip("Rain at the door", body=ORIGINAL)


def test_a_text_in_other_words_is_found_with_a_score():
    tip = archive()
    make_tip("Parcels", body="<p>Wrap each parcel twice and label the lid.</p>")
    index.count_words()
    [(duplicate, score)] = ask()
    assert duplicate == tip
    assert similar.DUPLICATE_SCORE <= score < 100
    assert ask(ORIGINAL, "Rain at the door") == [(tip, 100)]


def test_a_tip_is_no_duplicate_of_itself():
    tip = archive()
    index.count_words()
    assert ask(tip_id=tip.pk) == []


def test_staff_see_hidden_duplicates_and_an_author_public_and_own_ones(django_user_model):
    ann = django_user_model.objects.create_user("ann")
    public = archive()
    hidden = hidden_tips(body=ORIGINAL)
    index.count_words()
    assert {tip for tip, _ in ask(limit=99)} == {public, *hidden}
    assert {tip for tip, _ in ask(limit=99, author=ann.pk)} == {public}
    own = make_tip("Own draft", body=ORIGINAL, state="draft", publish_at=None, author=ann)
    assert {tip for tip, _ in ask(limit=99, author=ann.pk)} == {public, own}


def test_a_beginning_is_like_nothing():
    archive()
    index.count_words()
    assert ask("", "Umbrella") == []
    assert ask("<p>Umbrella rain.</p>") == []
    assert similar.duplicates("", "", "") == []


def test_nothing_was_run_before_in_an_empty_archive():
    assert ask() == []


def test_a_shared_advertisement_makes_no_duplicate():
    promotion = (
        "<p>Listen to our nautical podcast about boats, sails, masts at http://www.example.org/ahoy</p>"
    )
    make_tip("One", body=f"<p>Answer promptly.</p>{promotion}")
    index.count_words()
    body = f"<p>Wrap the parcels on the lower shelf with paper, twice around, and tie it up.</p>{promotion}"
    assert similar.duplicates("Parcels", body, "") == []
