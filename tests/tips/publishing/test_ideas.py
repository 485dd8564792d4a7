"""Ideas become drafts, each once."""

import pytest

from desk.errors import NotPermitted, Overtaken
from tests.tips.people import make_person
from tips.models import Idea, Tip, TipState
from tips.publishing import ideas


@pytest.fixture
def author(db):
    return make_person("ann", "Author", first_name="Ann", last_name="Walsh")


def test_an_idea_becomes_a_draft_of_whoever_writes_it_and_leaves_the_list(author):
    noted = make_person("ed", "Editor", first_name="Ed", last_name="Moreno")
    idea = Idea.objects.create(line="The baker", thought="Yesterday’s bread.\n\nHonest.", by=noted)
    tip = ideas.write(idea, by=author)
    assert (tip.title, tip.state, tip.author) == ("The baker", TipState.DRAFT, author)
    assert Tip.objects.get().body == "<p>Yesterday’s bread.</p><p>Honest.</p>"
    assert not Idea.objects.exists()


def test_of_two_who_write_it_the_second_is_told(author):
    idea = Idea.objects.create(line="The baker")
    ideas.write(idea, by=author)
    with pytest.raises(Overtaken, match="no idea any more"):
        ideas.write(Idea(pk=1, line="The baker"), by=author)
    assert Tip.objects.count() == 1


def test_who_may_not_write_tips_makes_no_draft(db):
    idea = Idea.objects.create(line="The baker")
    with pytest.raises(NotPermitted):
        ideas.write(idea, by=make_person("guest"))
    assert Idea.objects.exists()


def test_people_change_their_own_ideas_and_write_any(client, author):
    own = Idea.objects.create(line="Mine", by=author)
    other = Idea.objects.create(line="Another’s")
    client.force_login(author)
    client.post("/admin/tips/idea/add/", {"line": "Noted now", "thought": ""})
    assert Idea.objects.get(line="Noted now").by == author
    noted = client.post("/admin/tips/idea/add/?from=calendar", {"line": "In the calendar", "thought": ""})
    assert noted.url == "/admin/tips/tip/calendar/#ideas"
    assert 'name="_save"' in client.get(f"/admin/tips/idea/{own.pk}/change/").content.decode()
    assert 'name="_save"' not in client.get(f"/admin/tips/idea/{other.pk}/change/").content.decode()
    assert client.post(f"/admin/tips/idea/{other.pk}/delete/", {"post": "yes"}).status_code == 403
    tip_page = client.post(f"/admin/tips/idea/{other.pk}/do/write/")
    assert tip_page.url == f"/admin/tips/tip/{Tip.objects.get().pk}/change/"
