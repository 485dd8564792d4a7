"""A quoted passage is found again after edits, or it is gone."""

from tips.text.passages import Passage, find, letters, letters_of_html, nearest

BODY = "<p>She <em>rang</em> eleven possible numbers. “Hi, it’s me.”</p><ul><li>The dog was fine.</li></ul>"


def found(passage, body):
    """Return the letters of a body from where a passage begins on."""
    whole = letters_of_html(body)
    at = find(passage, whole)
    return None if at is None else whole[at:]


def test_spaces_marks_and_the_form_of_quotation_marks_make_no_difference():
    assert found(Passage('"Hi, it\'s me."', "possible numbers. ", "The dog"), BODY) == letters(
        '"Hi, it\'s me."The dog was fine.'
    )
    assert found(Passage("eleven possible\nnum\u00adbers"), BODY).startswith("elevenpossiblenumbers.")
    assert found(Passage("me.” The dog was fine."), BODY) is not None


def test_of_several_places_the_one_in_its_surroundings_is_meant():
    body = "<p>Call back at noon, and say why. Call back at noon, and say when.</p>"
    assert found(Passage("Call back at noon", "say why. ", ", and say when."), body) == letters(
        "Call back at noon, and say when."
    )
    assert found(Passage("noon", "back at ", ", and say why"), body).startswith("noon,andsaywhy")


def test_a_short_passage_whose_surroundings_went_is_gone_and_so_is_one_that_was_rewritten():
    assert found(Passage("fine", "The cat is ", " and well"), BODY) is None
    assert found(Passage("fine"), "<p>All is fine.</p>") is not None
    assert found(Passage("She rang four possible numbers"), BODY) is None
    assert found(Passage(""), BODY) is None


def test_a_passage_whose_inner_words_were_changed_is_found_between_its_ends():
    whole = letters_of_html(
        "<p>He waited. Then she rang four of the numbers that she had. The dog was fine.</p>"
    )
    passage = Passage("she rang eleven possible numbers that she had.", "He waited. Then ", " The dog was")
    assert find(passage, whole) is None
    assert whole[nearest(passage, whole) :].startswith("sherangfour")
    # By its surroundings, where its own ends were changed; nothing tells where those are gone, too.
    short = Passage("eleven possible", "waited. Then she rang ", " of the numbers that")
    assert whole[nearest(short, whole) :].startswith("fourofthe")
    assert nearest(Passage("eleven possible", "the cat and the hat ", "and nobody else"), whole) is None
    assert nearest(Passage(""), whole) is None
