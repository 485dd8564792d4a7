"""The site's own pages: their addresses, what readers see of them, and who approves them."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from desk.errors import NotPermitted, WrongState
from tests.tips.images import uploaded
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips import image_store
from tips.models import FormerPath, Page, PageVersion
from tips.publishing import pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return make_person("ed", "Editor", first_name="Ed")


@pytest.fixture
def desk(editor):
    client = Client()
    client.force_login(editor)
    return client


def make_page(title="Team", path="/team/", body="<p>We are three.</p>", **fields):
    page = Page(title=title, path=path, body=body, **fields)
    page.full_clean()
    pages.save(page, by=None)
    return page


def test_two_drafts_are_there_to_be_filled_in_and_no_reader_sees_them(client, editor):
    assert list(Page.objects.values_list("path", "state")) == [("/about/", "draft"), ("/resources/", "draft")]
    assert client.get("/about/").status_code == 404
    assert 'href="/about/"' not in client.get("/").text
    about = Page.objects.get(path="/about/")
    assert [fault.sentence for fault in pages.faults(about)] == ["“[your name]” is still to be filled in."]


def test_what_is_approved_is_seen_at_its_address_and_in_the_foot_until_it_is_taken_back(client, editor):
    page = make_page()
    assert client.get("/team/").status_code == 404
    assert "/team/" in pages.approve(page, by=editor)
    seen = client.get("/team/").text
    assert "<h1>Team</h1>" in seen
    assert "We are three." in seen
    assert 'content="We are three."' in seen
    for url in ("/", "/tips/", "/search/?q=x", "/subscribe/"):
        assert '<a href="/team/">Team</a>' in client.get(url).text
    assert "/team/</loc>" in client.get("/sitemap.xml").text
    Page.objects.filter(pk=page.pk).update(in_foot=False)
    assert 'href="/team/"' not in client.get("/").text
    pages.take_back(page, by=editor)
    assert client.get("/team/").status_code == 404


def test_the_button_that_approves_saves_first_what_was_typed(client, editor):
    page = make_page(body="")
    client.force_login(editor)
    url = f"/admin/tips/page/{page.pk}/"
    typed = {"title": "Team", "path": "/team/", "body": "<p>We are four.</p>", "position": 0}
    seen = client.get(f"{url}change/").context["adminform"].form
    typed |= {name: value for name, value in seen.initial.items() if name.startswith("seen")}
    asked = client.post(f"{url}change/", {**typed, "_verb": "approve"})
    assert asked["Location"] == f"{url}do/approve/"
    client.post(asked["Location"], {"go": "on"})
    assert "We are four." in client.get("/team/").text


def test_nothing_is_approved_without_a_text_or_without_the_right(editor):
    page = make_page(body="")
    with pytest.raises(WrongState, match="no text"):
        pages.approve(page, by=editor)
    with pytest.raises(NotPermitted):
        pages.approve(page, by=make_person("ann", "Author"))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("about-us", "/about-us/"), (" /Team/Anna ", "/team/anna/"), ("/a/b/c/d/", "/a/b/c/d/")],
)
def test_an_address_is_taken_however_it_is_typed(typed, stored):
    page = Page(title="A page", path=typed)
    page.full_clean()
    assert page.path == stored


@pytest.mark.parametrize(
    ("path", "words"),
    [
        *(
            (path, "address of the site itself")
            for path in ("/tips/", "/tips/call-back/", "/admin/", "/2024/")
        ),
        *(
            (path, "address of the site itself")
            for path in ("/static/x/", "/media/", "/contact/", "/healthz/")
        ),
        *(
            (path, "small letters, digits")
            for path in ("/", "/a b/", "/a//b/", "/ä/", "/a/b/c/d/e/", "/a_b/")
        ),
        ("/about/", "Another page has this address"),
    ],
)
def test_an_address_that_cannot_be_a_pages_is_refused_in_a_sentence(path, words):
    make_tip("Call back", slug="call-back")
    with pytest.raises(ValidationError, match=words):
        Page(title="A page", path=path).full_clean()


def test_a_page_that_moves_takes_those_below_along_and_leads_on_from_where_it_was(client, editor):
    team = make_page()
    anna = make_page("Anna", "/team/anna/", parent=team)
    for page in (team, anna):
        pages.approve(page, by=editor)
    team.refresh_from_db()
    team.path = "/people/"
    pages.save(team, by=editor)
    for old, new in (("/team/", "/people/"), ("/team/anna/", "/people/anna/")):
        answer = client.get(old)
        assert (answer.status_code, answer["Location"], answer["Cache-Control"]) == (301, new, "no-cache")
    assert '<a href="/people/">Team</a>' in client.get("/people/anna/").text
    assert '<a href="/people/anna/">Anna</a>' in client.get("/people/").text
    # Whoever comes to a former address has it.
    pages.approve(make_page("Another", "/team/"), by=editor)
    assert "<h1>Another</h1>" in client.get("/team/").text
    assert list(FormerPath.objects.values_list("path", flat=True)) == ["/team/anna/"]


def test_a_page_stands_below_the_page_above_it_and_never_below_itself():
    team = make_page()
    with pytest.raises(ValidationError, match="begins with the address of the page above"):
        Page(title="Anna", path="/anna/", parent=team).full_clean()
    anna = make_page("Anna", "/team/anna/", parent=team)
    team.parent = anna
    with pytest.raises(ValidationError, match="below itself"):
        team.full_clean()


def test_a_text_comes_through_the_gate_and_its_picture_is_seen_with_the_page(
    client, editor, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    image = image_store.save_upload(uploaded(), by=editor)
    page = make_page(body=f'<p onclick="x()">We.</p><script>x()</script><img src="{image.url}" alt="We">')
    image.refresh_from_db()
    assert image.unused_since is None
    assert client.get(image.url).status_code == 404
    pages.approve(page, by=editor)
    seen = client.get("/team/").text
    assert ("onclick" in seen, "x()" in seen, image.url in seen) == (False, False, True)
    assert b"".join(client.get(image.url).streaming_content)
    page.refresh_from_db()
    page.body = "<p>We.</p>"
    pages.save(page, by=editor)
    image.refresh_from_db()
    assert image.unused_since is not None
    assert client.get(image.url).status_code == 404


def test_an_editor_writes_approves_and_sees_what_changed(desk, client):
    fields = {
        "title": "Team",
        "path": "team",
        "body": "<p>We are three.</p>",
        "position": "3",
        "in_foot": "on",
    }
    added = desk.post("/admin/tips/page/add/", fields)
    page = Page.objects.get(path="/team/")
    assert added.status_code == 302
    form = desk.get(f"/admin/tips/page/{page.pk}/change/").text
    assert 'data-upload="/admin/tips/tip/pictures/upload/"' in form
    desk.post(f"/admin/tips/page/{page.pk}/do/approve/", {"post": "yes"})
    assert client.get("/team/").status_code == 200
    desk.post(f"/admin/tips/page/{page.pk}/change/", {**fields, "body": "<p>We are four.</p>"})
    assert "We are four." in client.get("/team/").text
    history = desk.get(f"/admin/tips/page/{page.pk}/history/").text
    assert "<ins>" in history
    assert "Ed" in history
    assert PageVersion.objects.filter(page=page).count() == 2
    # What readers see is not deleted from under them.
    assert desk.post(f"/admin/tips/page/{page.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_page_that_is_taken_already_is_said_beside_the_field(desk):
    fields = {"title": "Team", "path": "/tips/", "body": "<p>We.</p>", "position": "3"}
    answer = desk.post("/admin/tips/page/add/", fields)
    assert "is an address of the site itself. Choose another." in answer.text
    assert "We." in answer.text
