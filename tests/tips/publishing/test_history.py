from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken, WrongState
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Category, Image, Tip, TipState, TipVersion
from tips.publishing import categories, editing, history, tagging

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make_person("ann", "Author")


@pytest.fixture
def editor():
    return make_person("ed", "Editor")


def bodies(tip):
    return [version.body for version in history.saved(tip)]


def change(tip, by, **texts):
    """Save other texts as a form does: categories and tags as they are, one version at the end."""
    tip.hold_version()
    for name, text in texts.items():
        setattr(tip, name, text)
    tip.save()
    return TipVersion.objects.record(tip, by=by)


# --- What is kept -----------------------------------------------------------------------------------------


def test_every_saving_that_changes_a_text_is_a_version_and_no_other():
    tip = make_tip(body="<p>One.</p>", excerpt="One.")
    tip.body = "<p>Two.</p>"
    tip.save()
    tip.publish_at = timezone.now()
    tip.save()
    tip.save(update_fields=["slug"])
    assert bodies(tip) == ["<p>Two.</p>", "<p>One.</p>"]


def test_a_version_says_who_saved_it_and_has_its_categories_and_tags(editor):
    tip = make_tip(categories=["Sports", "Business"], tags=["calm"])
    version = change(tip, editor, title="Another")
    assert history.who(version) == "ed"
    assert (version.categories, version.tags) == (["Business", "Sports"], ["calm"])


def test_what_was_changed_past_the_history_is_kept_before_the_next_change(editor):
    tip = make_tip(body="<p>One.</p>", excerpt="One.")
    Tip.objects.filter(pk=tip.pk).update(body="<p>Two.</p>")
    tip.refresh_from_db()
    change(tip, editor, body="<p>Three.</p>")
    assert bodies(tip) == ["<p>Three.</p>", "<p>Two.</p>", "<p>One.</p>"]
    assert history.who(history.saved(tip)[1]) == "nobody signed in"


def test_a_deleted_tips_text_stays_in_the_history(editor):
    tip = make_tip("Gone", state=TipState.DRAFT)
    pk = tip.pk
    tip.delete()
    assert TipVersion.objects.filter(tip=pk, title="Gone").exists()


# --- What differs -----------------------------------------------------------------------------------------


def test_a_summary_says_in_words_what_a_version_changed(editor):
    tip = make_tip(body="<p>Listen before you answer.</p>", tags=["calm"])
    before = change(tip, editor, takeaway="Listen.")
    tip.tags.set(["cool"])
    after = change(tip, editor, body="<p>Listen well before you speak.</p>")
    assert history.summary(before, after) == "body (2 words added, 1 word removed); tags (+ cool, − calm)"
    assert history.summary(None, before) == "first version"


def test_a_summary_counts_pictures_links_lists_and_tables(editor):
    bell, desk = (
        f'<img src="/media/{sign * 64}.png" alt="{alt}">' for sign, alt in (("a", "A bell"), ("b", "x"))
    )
    tip = make_tip(body=f'<p>See <a href="https://example.com/">this</a>.</p>{bell}')
    before = change(tip, editor, takeaway="Look.")
    row = "<tr><td>one</td><td>two</td></tr>"
    after = change(
        tip, editor, body=f"<p>See this.</p>{desk}{bell}<ul><li><p>and</p></li></ul><table>{row}{row}</table>"
    )
    assert history.summary(before, after) == (
        "body (5 words added, 1 picture added, 1 link removed, 1 list added, 1 table added)"
    )


def test_the_difference_leaves_out_what_is_the_same(editor):
    tip = make_tip("The same", body="<p>Listen before you answer.</p>", categories=["Sports"])
    before = change(tip, editor, takeaway="Listen.")
    after = change(tip, editor, body="<p>Listen before you <strong>answer</strong>.</p>")
    (part,) = history.diff(before, after)
    assert (part.label, part.blocks) == ("Body", ())
    assert "only the formatting" in part.note
    assert history.diff(before, before) == []


# --- The way back -----------------------------------------------------------------------------------------


def test_revert_brings_back_the_text_and_nothing_else(editor):
    tip = make_tip("First", body="<p>One.</p>", takeaway="T1", categories=["Sports"], tags=["calm"])
    first = TipVersion.objects.record(tip)
    tip.categories.set([Category.objects.create(name="Business", slug="business")])
    tip.tags.set(["cool"])
    Tip.objects.filter(pk=tip.pk).update(slug="moved")
    tip.refresh_from_db()
    change(tip, editor, title="Second", body="<p>Two.</p>", takeaway="T2", excerpt="Two.")
    day = tip.publish_at
    history.revert(tip, first, by=editor)
    now = Tip.objects.get(pk=tip.pk)
    assert (now.title, now.body, now.takeaway, now.excerpt) == ("First", "<p>One.</p>", "T1", "One.")
    assert [each.name for each in now.categories.all()] == ["Sports"]
    assert set(now.tags.names()) == {"calm"}
    assert (now.slug, now.state, now.publish_at) == ("moved", TipState.APPROVED, day)
    newest = now.versions.first()
    assert history.who(newest) == "ed"
    assert newest.reason.startswith("Brought back the text of")
    assert LogEntry.objects.filter(object_id=tip.pk, change_message__startswith="Brought back").exists()


def test_a_revert_can_be_reverted(editor):
    tip = make_tip(body="<p>One.</p>", excerpt="One.")
    first = tip.versions.first()
    second = change(tip, editor, body="<p>Two.</p>", excerpt="Two.")
    history.revert(tip, first, by=editor)
    history.revert(tip, second, by=editor)
    assert Tip.objects.get(pk=tip.pk).body == "<p>Two.</p>"


def test_reverting_an_approved_tip_that_is_to_come_sends_it_back_to_review(editor):
    tip = make_tip(body="<p>One.</p>", excerpt="One.", publish_at=timezone.now() + timedelta(days=9))
    first = tip.versions.first()
    change(tip, editor, body="<p>Two.</p>")
    said = history.revert(tip, first, by=editor)
    now = Tip.objects.get(pk=tip.pk)
    assert (now.state, now.body) == (TipState.IN_REVIEW, "<p>One.</p>")
    assert "Back in review" in said


def test_an_old_name_of_a_tag_or_a_category_brings_back_what_it_is_called_now(editor):
    tip = make_tip(categories=["Sports"], tags=["calm"])
    first = TipVersion.objects.record(tip)
    category = Category.objects.get(slug="sports")
    category.name = "Games"
    categories.save(category, "Sports", by=editor)
    tagging.rename(tip.tags.get(), "calmness", by=editor)
    tip.categories.clear()
    tip.tags.clear()
    change(tip, editor, title="Other")
    history.revert(tip, first, by=editor)
    assert [each.name for each in tip.categories.all()] == ["Games"]
    assert set(tip.tags.names()) == {"calmness"}


def test_a_category_that_is_gone_is_named_and_left_out(editor):
    tip = make_tip(categories=["Sports"])
    first = TipVersion.objects.record(tip)
    Category.objects.all().delete()
    change(tip, editor, title="Other")
    assert history.revert(tip, first, by=editor).endswith("no such category any more: Sports.")


def test_what_is_approved_keeps_a_category_where_the_version_has_none(editor):
    tip = make_tip(categories=[])
    first = TipVersion.objects.record(tip) or tip.versions.first()
    tip.categories.add(categories.make("Sports"))
    change(tip, editor, title="Other")
    assert history.as_brought_back(tip, first).categories == ["Sports"]
    said = history.revert(tip, first, by=editor)
    assert said.endswith("It stays in “Sports”: what is approved keeps a category.")
    assert [each.name for each in tip.categories.all()] == ["Sports"]


def test_a_picture_without_its_words_does_not_come_back(editor):
    tip = make_tip(body="<p>One.</p>")
    first = tip.versions.first()
    picture = Image.objects.create(name=f"{'a' * 64}.png", width=4, height=2, size=9)
    TipVersion.objects.filter(pk=first.pk).update(body=f'<img src="{picture.url}" alt="">')
    change(tip, editor, body="<p>Two.</p>")
    first.refresh_from_db()
    with pytest.raises(WrongState, match=r"picture 1 of that version has no alternative text\. Copy"):
        history.revert(tip, first, by=editor)
    assert Tip.objects.get(pk=tip.pk).body == "<p>Two.</p>"


def test_a_picture_that_is_gone_is_named_and_the_rest_comes_back(editor):
    tip = make_tip(body="<p>One.</p>")
    first = tip.versions.first()
    gone = f'<figure><img src="/media/{"b" * 64}.png" alt="A shop"><figcaption>Ours.</figcaption></figure>'
    TipVersion.objects.filter(pk=first.pk).update(body=f"<p>One.</p>{gone}")
    change(tip, editor, body="<p>Two.</p>")
    first.refresh_from_db()
    foreseen = history.as_brought_back(tip, first).body
    said = history.revert(tip, first, by=editor)
    assert said.endswith("Left out, since it is not on this site any more: “A shop”. Upload it again.")
    body = Tip.objects.get(pk=tip.pk).body
    assert body == foreseen
    assert body.startswith("<p>One.</p>")
    assert "img" not in body


def test_what_an_earlier_sanitiser_let_through_is_cleaned_on_its_way_back(editor):
    tip = make_tip(body="<p>One.</p>")
    first = tip.versions.first()
    first.body = '<p onclick="x()">One.</p><script>y()</script>'
    first.save()
    change(tip, editor, body="<p>Two.</p>")
    history.revert(tip, first, by=editor)
    assert Tip.objects.get(pk=tip.pk).body == "<p>One.</p>"


def test_an_author_reverts_their_own_drafts_only(author, editor):
    own = make_tip(state=TipState.DRAFT, publish_at=None, author=author)
    handed_in = make_tip(state=TipState.IN_REVIEW, publish_at=None, author=author)
    theirs = make_tip(state=TipState.DRAFT, publish_at=None, author=editor)
    history.revert(own, own.versions.first(), by=author)
    for tip in (handed_in, theirs):
        with pytest.raises(NotPermitted):
            history.revert(tip, tip.versions.first(), by=author)


def test_a_version_of_another_tip_is_refused(editor):
    tip, other = make_tip(), make_tip()
    with pytest.raises(WrongState, match="is no version of"):
        history.revert(tip, other.versions.first(), by=editor)


def test_a_revert_that_was_looked_at_before_somebody_saved_is_refused(editor):
    tip = make_tip(body="<p>One.</p>")
    first = tip.versions.first()
    change(tip, editor, body="<p>Two.</p>")
    with pytest.raises(Overtaken, match="Somebody saved"):
        history.revert(tip, first, by=editor, seen=first.pk)
    assert Tip.objects.get(pk=tip.pk).body == "<p>Two.</p>"


def test_a_verb_that_saves_says_who_even_outside_a_request(editor):
    tip = make_tip(state=TipState.DRAFT, publish_at=None)
    tip.body = "<p>Other words.</p>"
    editing.revise(tip, ["body"], by=editor)
    assert history.who(tip.versions.first()) == "ed"
