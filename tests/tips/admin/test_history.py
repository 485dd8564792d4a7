import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from desk.log import log
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Category, EditingSession, PreviewLink, Tip, TipAction, TipState, TipVersion
from tips.publishing import history, preview

pytestmark = pytest.mark.django_db

TEXT = "<p>Listen before you answer.</p>"


def at(name, *args):
    return reverse(f"admin:tips_tip_{name}", args=args)


def filled(**fields):
    """Return what a browser sends for a tip's form."""
    empty = {"title": "A title", "slug": "", "body": TEXT, "takeaway": "", "excerpt": "", "tags": ""}
    return {**empty, "publish_at_0": "", "publish_at_1": "", **fields}


def messages(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def draft(author):
    return make_tip("Mine", state=TipState.DRAFT, publish_at=None, author=author, categories=["Sports"])


# --- Versions ---------------------------------------------------------------------------------------------


def test_one_saving_of_the_form_is_one_version_with_its_categories_and_tags(desk, editor, draft):
    TipVersion.objects.record(draft)
    before = history.saved(draft).count()
    category = draft.categories.get().pk
    desk.post(at("change", draft.pk), filled(title="Better", tags="calm, cool", in_categories=[category]))
    newest = history.saved(draft)[0]
    assert history.saved(draft).count() == before + 1
    assert (newest.title, newest.categories, newest.tags) == ("Better", ["Sports"], ["calm", "cool"])
    assert newest.saved_by == editor


def test_a_new_tip_has_its_first_version_with_its_tags(desk):
    desk.post(at("add"), filled(title="Brand new", tags="calm"))
    (version,) = history.saved(Tip.objects.get(title="Brand new"))
    assert version.tags == ["calm"]


def test_saving_what_nobody_changed_makes_no_version(desk, draft):
    category = draft.categories.get().pk
    sent = filled(title="Mine", slug=draft.slug, excerpt=draft.excerpt, in_categories=[category])
    desk.post(at("change", draft.pk), sent)
    before = history.saved(draft).count()
    desk.post(at("change", draft.pk), sent)
    assert history.saved(draft).count() == before


def test_the_page_lists_versions_with_who_and_what_and_leads_to_the_difference(desk, draft):
    desk.post(at("change", draft.pk), filled(title="Better", body="<p>Listen well.</p>"))
    page = desk.get(at("history", draft.pk)).content.decode()
    assert "<td>ed</td>" in page
    assert "title (1 word added, 1 word removed)" in page
    newest, before = history.saved(draft)[:2]
    address = f"{at('compare', draft.pk)}?old={before.pk}&amp;new={newest.pk}"
    assert address in page
    page = desk.get(address.replace("&amp;", "&")).content.decode()
    assert '<ins><span class="visually-hidden">[added: </span>Better<span' in page
    assert '<del><span class="visually-hidden">[removed: </span>Mine<span' in page


def test_what_was_done_is_paged_and_nothing_is_left_out(desk, draft, editor):
    for number in range(101):
        log(editor, draft, TipAction.COMMENTED, f"Deed {number}.")
    url = f"/admin/tips/tip/{draft.pk}/history/"
    first, second = desk.get(url), desk.get(url, {"done": "2"})
    assert (first.context["log"][0].change_message, len(first.context["log"])) == ("Deed 100.", 100)
    assert "?done=2#done" in first.text
    assert "Deed 0." in second.text


def test_what_a_version_holds_is_shown_as_text_and_never_run(desk, draft):
    draft.title = "<script>alert(1)</script>"
    draft.save()
    page = desk.get(f"{at('compare', draft.pk)}?new={draft.versions.newest_id()}").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_revert_asks_first_and_goes_by_post(desk, draft):
    first = draft.versions.first()
    desk.post(at("change", draft.pk), filled(title="Better"))
    address = at("revert", draft.pk, first.pk)
    assert "Revert to this version" in desk.get(address).content.decode()
    assert Tip.objects.get(pk=draft.pk).title == "Better"
    response = desk.post(address, {"seen": draft.versions.newest_id()})
    assert "Brought back the text of" in messages(response)[-1]
    assert Tip.objects.get(pk=draft.pk).title == "Mine"
    assert "Brought back the text of" in desk.get(at("history", draft.pk)).content.decode()


def test_a_revert_that_somebody_overtook_is_refused_in_a_sentence(desk, draft):
    first = draft.versions.first()
    desk.post(at("change", draft.pk), filled(title="Better"))
    response = desk.post(at("revert", draft.pk, first.pk), {"seen": first.pk})
    assert "Somebody saved" in messages(response)[-1]
    assert Tip.objects.get(pk=draft.pk).title == "Better"


def test_an_author_finds_no_page_about_anothers_tip(client, author, editor):
    theirs = make_tip("Theirs", state=TipState.DRAFT, publish_at=None, author=editor)
    number = theirs.versions.newest_id()
    link = preview.make_link(theirs, by=editor)
    client.force_login(author)
    for address in (
        at("history", theirs.pk),
        f"{at('compare', theirs.pk)}",
        at("revert", theirs.pk, number),
        at("preview", theirs.pk, "page"),
        at("links", theirs.pk),
        at("revoke_link", theirs.pk, link.pk),
        at("still_open", theirs.pk),
    ):
        for each in (address, address.rstrip("/")):
            assert client.get(each).status_code == 404, each
        assert client.post(address).status_code == 404, address
    assert client.get(f"/admin/tips/tip/{theirs.pk}").status_code == 404
    assert PreviewLink.objects.get().revoked_at is None


def test_an_author_cannot_revert_what_is_handed_in(client, author):
    tip = make_tip(state=TipState.IN_REVIEW, author=author)
    client.force_login(author)
    assert "Revert to this" not in client.get(at("history", tip.pk)).content.decode()
    assert client.post(at("revert", tip.pk, tip.versions.newest_id())).status_code == 403


def test_an_address_without_its_last_slash_leads_on(desk, draft):
    response = desk.get(f"/admin/tips/tip/{draft.pk}/history?p=1")
    assert response.status_code == 302
    assert response["Location"] == f"{at('history', draft.pk)}?p=1"


# --- Preview ----------------------------------------------------------------------------------------------


def test_a_preview_shows_what_is_typed_and_saves_nothing(desk, draft):
    category = draft.categories.get().pk
    typed = filled(
        title="Typed <b>",
        body="<p>Now.</p><script>x()</script>",
        takeaway="T",
        tags="calm, new",
        in_categories=[category],
    )
    before = history.saved(draft).count()
    for address in (at("preview", draft.pk, "page"), at("preview", "page")):
        response = desk.post(address, typed)
        page = response.content.decode()
        assert response.status_code == 200
        for words in (
            "Typed &lt;b&gt;",
            "<p>Now.</p>",
            "Sports",
            ">calm</a>",
            ">new</a>",
            "This is a preview.",
        ):
            assert words in page
        assert "x()" not in page
        assert "no-store" in response["Cache-Control"]
        assert "script-src 'none'" in response["Content-Security-Policy"]
    assert Tip.objects.get(pk=draft.pk).title == "Mine"
    assert Tip.objects.count() == 1
    assert history.saved(draft).count() == before


def test_a_preview_of_an_unfinished_form_shows_what_there_is(desk):
    page = desk.post(at("preview", "page"), {"body": "", "in_categories": ["x", "9" * 30]}).content.decode()
    assert "Without a title" in page
    assert desk.get(at("preview", "page")).status_code == 405
    assert desk.post(at("preview", "nonsense")).status_code == 404


def test_another_room_adds_a_preview(desk, draft, monkeypatch):
    monkeypatch.setattr(preview, "PREVIEWS", dict(preview.PREVIEWS))
    preview.register("mail", "Preview as mail", preview.page)
    assert "Preview as mail" in desk.get(at("change", draft.pk)).content.decode()
    assert desk.get(at("preview", draft.pk, "mail")).status_code == 200


def test_links_are_made_shown_and_revoked(desk, client, draft):
    desk.post(at("links", draft.pk), {"days": "3"})
    link = PreviewLink.objects.get()
    assert preview.url(link) in desk.get(at("links", draft.pk)).content.decode()
    assert "Ensure this value" in desk.post(at("links", draft.pk), {"days": "0"}).content.decode()
    assert desk.get(at("revoke_link", draft.pk, link.pk)).status_code == 405
    desk.post(at("revoke_link", draft.pk, link.pk))
    page = desk.get(at("links", draft.pk)).content.decode()
    assert "revoked" in page
    assert preview.url(link) not in page


# --- Before approval ---------------------------------------------------------------------------------------


def test_a_sheet_of_faults_stands_before_approval(desk):
    Category.objects.create(name="To tick", slug="to-tick")
    tip = make_tip("Faulty", state=TipState.IN_REVIEW, publish_at=None, categories=[])
    response = desk.post(at("change", tip.pk), filled(title="Faulty", _verb="approve"), follow=True)
    page = response.content.decode()
    assert response.redirect_chain[-1][0].partition("?")[0] == at("do", tip.pk, "approve")
    assert "Must be mended" in page
    assert "There is no category." in page
    assert 'value="Approve"' not in page
    assert "There is no category." in messages(desk.post(at("do", tip.pk, "approve"), {"sure": "yes"}))[-1]
    assert Tip.objects.get(pk=tip.pk).state == TipState.IN_REVIEW


# --- Two at one tip ----------------------------------------------------------------------------------------


def test_the_form_names_others_who_have_it_open(client, editor, draft):
    client.force_login(make_person("eve", "Editor"))
    sent = {"seen_version": draft.versions.newest_id()}
    assert client.post(at("still_open", draft.pk), sent).json() == {"line": ""}
    client.force_login(editor)
    assert "eve has this tip open too." in client.get(at("change", draft.pk)).content.decode()
    said = client.post(at("still_open", draft.pk), sent).json()["line"]
    assert said.startswith("eve has this tip open too.")
    EditingSession.objects.update(seen_at="2020-01-01T00:00Z")
    assert client.post(at("still_open", draft.pk), sent).json() == {"line": ""}
    assert EditingSession.objects.count() == 1


def test_a_form_older_than_the_tip_is_refused_and_keeps_what_was_typed(client, editor, draft):
    seen = draft.versions.newest_id()
    client.force_login(make_person("eve", "Editor"))
    client.post(at("change", draft.pk), filled(title="Eve's title"))
    client.force_login(editor)
    told = client.post(at("still_open", draft.pk), {"seen_version": seen}).json()["line"]
    assert told.startswith("eve saved this tip on")
    response = client.post(at("change", draft.pk), filled(title="Ed's title", seen_version=seen))
    assert response.status_code == 200
    assert "eve saved this tip on" in response.text
    assert "Ed&#x27;s title</textarea>" in response.text
    assert "What eve changed since you opened it" in response.text
    assert Tip.objects.get(pk=draft.pk).title == "Eve's title"
