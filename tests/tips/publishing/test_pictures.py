import pytest

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Image, ImageUse, Tip, TipState
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


@pytest.mark.django_db
def test_a_picture_of_very_many_tips_hides_no_other(django_assert_num_queries):
    editor, rare, common = make_person("ed", "Editor"), image("a"), image("b")
    make_tip("Once", body=BODY.format(rare.url))
    last = [make_tip(f"Again {n}", body=BODY.format(common.url)) for n in range(3)][-1]
    ImageUse.objects.bulk_create(
        ImageUse(tip=tip, image=common, alt="A brass bell")
        for tip in Tip.objects.bulk_create(Tip(title=f"T {n}", slug=f"t-{n}") for n in range(250))
    )
    assert found(editor, "brass") == ["b", "a"]
    last.delete()
    editor = type(editor).objects.get(pk=editor.pk)
    editor.has_perm("tips.change_any_tip")
    with django_assert_num_queries(2):
        assert pictures.library(editor, "brass")[0].title == "T 249"
