import pytest

from tests.tips.making import make_tip
from tips.models import Synonym, SynonymGroup
from tips.search import queries, synonyms

LIST = "/admin/tips/synonymgroup/"


@pytest.fixture
def group(db):
    SynonymGroup.objects.all().delete()
    made = SynonymGroup.objects.create()
    for text in ("angry", "irate"):
        Synonym.objects.create(group=made, text=text, key=Synonym.key_of(text))
    return made


def save(desk, group, words):
    where = f"{LIST}{group.pk}/change/" if group else f"{LIST}add/"
    return desk.post(where, {"words": words})


def test_a_change_works_on_the_next_search(desk, group):
    tip = make_tip("Gloves on the phone", body="<p>Wear them.</p>")
    assert queries.find("angry").page.tips == []
    assert save(desk, group, "angry\r\nirate\r\n\r\n  gloves  \r\n").status_code == 302
    results = queries.find("angry")
    assert (results.page.tips, results.also) == ([tip], ("gloves",))
    assert save(desk, group, "angry\r\nirate").status_code == 302
    assert queries.find("angry").page.tips == []


def test_the_list_shows_groups_by_their_words_and_finds_one(desk, group):
    assert "angry, irate" in desk.get(LIST).content.decode()
    assert "angry, irate" in desk.get(LIST, {"q": "irate"}).content.decode()
    assert "angry, irate" not in desk.get(LIST, {"q": "calm"}).content.decode()


def test_the_form_shows_one_word_a_line(desk, group):
    assert "angry\nirate</textarea>" in desk.get(f"{LIST}{group.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("mad", "A group needs at least two words."),
        ("mad\nangrily", "“angrily” is in the group “angry, irate” already."),
        ("mad\nMAD", "“MAD” and “mad” are one word to the search."),
        ("apology\napologise", "“apologise” and “apology” are one word to the search."),
        ("mad\n!!", "“!!” has no word in it."),
        ("mad\none two three four five", "“one two three four five” is too long."),
    ],
)
def test_what_cannot_be_a_group_is_refused_with_a_sentence(desk, group, words, sentence):
    response = save(desk, None, words)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert SynonymGroup.objects.get() == group


def test_a_group_may_be_saved_as_it_is(desk, group):
    assert save(desk, group, "angry\nirate").status_code == 302
    assert [synonym.text for synonym in group.synonyms.all()] == ["angry", "irate"]


def test_who_saves_a_word_second_at_one_moment_is_told(desk, group, monkeypatch):
    answers = iter([[]])
    problems = synonyms.problems
    monkeypatch.setattr(synonyms, "problems", lambda *args: next(answers, None) or problems(*args))
    page = save(desk, None, "irate\r\nfuming").content.decode()
    assert "“irate” is in the group “angry, irate” already." in page
    assert SynonymGroup.objects.get() == group
