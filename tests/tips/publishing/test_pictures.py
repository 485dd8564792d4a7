import pytest

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Image, TipState
from tips.publishing import pictures

BODY = '<figure><img src="{}" alt="A brass bell"><figcaption>On the <em>counter</em></figcaption></figure>'


def image(letter, **fields):
    return Image.objects.create(name=f"{letter * 64}.png", width=4, height=2, size=9, **fields)


def found(user, query=""):
    return [each.image.name[0] for each in pictures.library(user, query)]


@pytest.mark.django_db
def test_pictures_are_found_by_what_tips_say_of_them_and_authors_see_no_others_drafts():
    author, editor = make_person("ann", "Author"), make_person("ed", "Editor")
    shown, hidden, own = image("a"), image("b"), image("c", uploaded_by=author)
    public = make_tip("Ring once", body=BODY.format(shown.url))
    make_tip("Unfinished", body=BODY.format(hidden.url), state=TipState.DRAFT, publish_at=None)
    assert found(editor, "brass") == ["b", "a"]
    assert found(author, "COUNTER bell ring") == found(editor, "ring") == ["a"]
    assert found(author) == ["c", "a"]
    assert found(author, "drum") == []
    use = pictures.library(author, "bell")[0]
    assert (use.alt, use.caption, use.title) == ("A brass bell", "On the counter", "Ring once")
    public.body = public.body.replace("brass", "silver")
    public.save()
    assert (found(author, "silver"), found(author, "brass")) == (["a"], [])
    assert own.uses.count() == 0
