"""What is typed and not saved: kept beside the tip, for its writer alone, and offered on another device."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Autosave, QueueVersion, Tip, TipState
from tips.publishing import autosaving

ADD = "/admin/tips/tip/add/"
UNSAVED = "/admin/tips/tip/unsaved/"


@pytest.fixture
def draft(author):
    return make_tip("A draft", state=TipState.DRAFT, publish_at=None, author=author, tags=["calm"])


@pytest.fixture
def ann(author):
    return signed_in(author)


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def at(name, *args):
    return reverse(f"admin:tips_tip_{name}", args=args)


def typed_into(client, page, url, **typed):
    """Type into a page's form, as its script sends that; return what the page would send by now."""
    sent = as_sent(page, "title", **typed)
    assert client.post(url, sent).status_code == 200
    return sent


def test_what_is_typed_changes_nothing_before_a_press(ann, draft):
    def stored():
        return [list(rows.values()) for rows in (Tip.objects, draft.versions, QueueVersion.objects)]

    before = stored()
    typed_into(ann, ann.get(at("change", draft.pk)), at("autosave", draft.pk), title="Half a thou")
    assert stored() == before
    assert Autosave.objects.get().fields["title"] == ["Half a thou"]


def test_it_is_offered_on_another_device_and_saving_there_erases_it(ann, author, draft):
    page = ann.get(at("change", draft.pk))
    typed_into(ann, page, at("autosave", draft.pk), title="Half a thought", tags="calm, new")
    phone = signed_in(author)
    offered = phone.get(at("change", draft.pk))
    assert "What you typed here until" in offered.text
    (row,) = Autosave.objects.all()
    brought = phone.get(f"{at('change', draft.pk)}?unsaved={row.key}")
    assert as_sent(brought, "title")["title"] == ["Half a thought"]
    assert "This is what you typed, not what is saved." in brought.text
    phone.post(at("change", draft.pk), as_sent(brought, "title", takeaway="More."))
    fresh = Tip.objects.get()
    assert (fresh.title, fresh.takeaway, set(fresh.tags.names())) == (
        "Half a thought",
        "More.",
        {"calm", "new"},
    )
    assert not Autosave.objects.exists()


def test_a_sign_that_no_database_keeps_and_a_page_made_up_lose_nothing(ann, draft):
    page = ann.get(at("change", draft.pk))
    typed_into(ann, page, at("autosave", draft.pk), title="Half\0 a thought", shown="[" * 100_000)
    assert Autosave.objects.get().fields["title"] == ["Half a thought"]
    assert ann.get(at("change", draft.pk)).status_code == 200


def test_what_a_colleague_saved_meanwhile_stays_when_old_text_is_brought_back(ann, editor, draft):
    typed_into(ann, ann.get(at("change", draft.pk)), at("autosave", draft.pk), title="Mine")
    ed = signed_in(editor)
    ed.post(at("change", draft.pk), as_sent(ed.get(at("change", draft.pk)), "title", takeaway="Ed's."))
    brought = ann.get(f"{at('change', draft.pk)}?unsaved={Autosave.objects.get().key}")
    ann.post(at("change", draft.pk), as_sent(brought, "title"))
    fresh = Tip.objects.get()
    assert (fresh.title, fresh.takeaway) == ("Mine", "Ed's.")


def test_what_is_typed_into_a_tip_that_is_deleted_meanwhile_is_kept(ann, draft):
    sent = as_sent(ann.get(at("change", draft.pk)), "title", title="All in vain")
    url = at("autosave", draft.pk)
    draft.delete()
    assert ann.post(url, sent).status_code == 404
    assert "All in vain" in ann.get(UNSAVED).text


def test_a_tip_that_does_not_exist_yet_is_kept_too(ann):
    sent = typed_into(ann, ann.get(ADD), at("autosave"), title="A new thought", publish_at_0=None)
    assert "What you typed here until" in ann.get(ADD).text
    ann.post(ADD, sent)
    assert Tip.objects.get().title == "A new thought"
    assert not Autosave.objects.exists()
    assert "What you typed here until" not in ann.get(ADD).text


def test_what_the_tip_holds_by_now_is_offered_no_more(ann, draft):
    sent = typed_into(ann, ann.get(at("change", draft.pk)), at("autosave", draft.pk), title="Better")
    ann.post(at("change", draft.pk), sent)
    # A script's last request may come in behind the saving.
    ann.post(at("autosave", draft.pk), sent)
    assert "What you typed here until" not in ann.get(at("change", draft.pk)).text


def test_what_a_script_sent_before_the_saving_is_not_kept_when_it_comes_in_behind(ann, author, draft):
    page = ann.get(at("change", draft.pk))
    first, last = (
        as_sent(page, "title", title=title, _sequence=n) for n, title in ((11, "Be"), (12, "Better"))
    )
    url, saving = at("autosave", draft.pk), last | {"_sequence": ["13"]}
    for late in ([last, first], [first, last]):
        Autosave.objects.all().delete()
        ann.post(url, late[0])
        # Of two that overtake each other, the newer stays.
        ann.post(url, late[1])
        assert Autosave.objects.get().fields["title"] == ["Better"]
        ann.post(at("change", draft.pk), saving)
        for sent in late:
            ann.post(url, sent)
        assert not autosaving.of(author).exists()
    assert ann.get(UNSAVED).context["texts"] == []
    # Back on the saved page, somebody goes on typing.
    ann.post(url, last | {"title": ["Better yet"], "_sequence": ["14"]})
    assert autosaving.of(author).get().fields["title"] == ["Better yet"]


def test_only_its_writer_sees_it(ann, editor, draft):
    typed_into(ann, ann.get(at("change", draft.pk)), at("autosave", draft.pk), title="Not for Ed")
    ed, key = signed_in(editor), Autosave.objects.get().key
    for url in (at("change", draft.pk), f"{at('change', draft.pk)}?unsaved={key}", UNSAVED):
        assert "Not for Ed" not in ed.get(url).text
    ed.post(UNSAVED, {"key": key})
    assert Autosave.objects.exists()
    assert "Not for Ed" in ann.get(UNSAVED).text
    ann.post(UNSAVED, {"key": key})
    assert not Autosave.objects.exists()


def test_what_was_thrown_away_does_not_come_back_with_what_was_sent_before(ann, author, draft):
    sent = {"_draft": "formkey1", "title": "Never finished"}
    ann.post(UNSAVED, {"key": "formkey1", "sequence": "5", "part": ""})
    for sequence, offered in (("4", 0), ("6", 1)):
        ann.post(at("autosave", draft.pk), sent | {"_sequence": sequence})
        assert autosaving.of(author).count() == offered


def test_text_for_a_tip_that_one_may_not_change_any_more_is_kept_and_can_be_read(ann, draft):
    sent = as_sent(ann.get(at("change", draft.pk)), "title", body="<p>Typed too late.</p>")
    Tip.objects.update(state=TipState.IN_REVIEW)
    refused = ann.post(at("change", draft.pk), sent)
    assert refused.status_code == 403
    page = ann.get(UNSAVED).text
    assert "Typed too late." in page
    assert "not yours to change any more" in page


def test_it_goes_with_the_account_and_after_a_month_but_not_with_the_tip(author, draft):
    autosaving.keep(author, draft, "aaaaaaaa", {"title": ["A"]})
    autosaving.keep(make_person("bob", "Author"), draft, "bbbbbbbb", {"title": ["B"]})
    draft.delete()
    assert Autosave.objects.count() == 2
    Autosave.objects.get(key="bbbbbbbb").person.delete()
    assert Autosave.objects.get().key == "aaaaaaaa"
    autosaving.settle(author, "cccccccc", 3)
    now = timezone.now()
    assert autosaving.forget_old(now + timedelta(days=29)) == 1
    assert autosaving.forget_old(now + timedelta(days=31)) == 1


def test_the_oldest_give_way_where_somebody_leaves_very_many(author, monkeypatch):
    monkeypatch.setattr(autosaving, "MOST", 3)
    for number in range(5):
        autosaving.keep(author, None, f"form-key-{number}", {})
    assert [row.key for row in autosaving.of(author)] == ["form-key-4", "form-key-3", "form-key-2"]
