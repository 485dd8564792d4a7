import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils.html import escape

from tests.tips.images import drawn, uploaded
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips import image_store
from tips.models import FormerSlug, Image, Tip, TipState
from tips.publishing import slugs
from tips.search import index
from tips.text import sanitiser

LIST = "/admin/tips/tip/"
ADD = f"{LIST}add/"
UPLOAD = f"{LIST}pictures/upload/"
STORY = (
    "<p>The umbrella stand by the door holds nine umbrellas for guests caught in rain. A guest borrows one,"
    " walks to the station dry, and brings it back on a sunny morning.</p>"
)


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def form_of(tip):
    return reverse("admin:tips_tip_change", args=[tip.pk])


def filled(**fields):
    empty = {"title": "A title", "slug": "", "body": "", "takeaway": "", "excerpt": "", "tags": ""}
    return {**empty, "publish_at_0": "", "publish_at_1": "", **fields}


def errors(response):
    return response.context["adminform"].form.errors


# --- The excerpt and the count ----------------------------------------------------------------------------


def test_an_excerpt_that_nobody_wrote_follows_the_body(desk):
    tip = make_tip(body="<p>As it was.</p>", state=TipState.DRAFT, publish_at=None)
    assert tip.excerpt == "As it was."
    desk.post(form_of(tip), filled(body="<p>As it is now.</p>", excerpt=tip.excerpt))
    tip.refresh_from_db()
    assert tip.excerpt == "As it is now."
    desk.post(form_of(tip), filled(body="<p>As it is now.</p>", excerpt="My own."))
    desk.post(form_of(tip), filled(body="<p>And later.</p>", excerpt="My own."))
    tip.refresh_from_db()
    assert tip.excerpt == "My own."


def test_the_words_are_counted_when_the_form_is_opened(desk):
    tip = make_tip(body="<p>One two</p><ul><li><p>three</p></li></ul>", state=TipState.DRAFT, publish_at=None)
    assert "<span data-word-count>3</span> words" in desk.get(form_of(tip)).content.decode()


# --- Pictures ---------------------------------------------------------------------------------------------


def test_a_picture_is_uploaded_and_shown_in_a_tip(desk):
    answer = desk.post(UPLOAD, {"file": uploaded()}).json()
    body = f'<p>See.</p><img src="{answer["src"]}" alt="A bell">'
    desk.post(ADD, filled(title="With a bell", body=body))
    tip = Tip.objects.get()
    assert tip.body.endswith(f'<img src="{answer["src"]}" alt="A bell" width="60" height="40">')
    assert tip.image_uses.count() == 1
    picture = desk.get(answer["src"])
    assert picture.status_code == 200
    picture.close()


def test_a_refused_picture_is_refused_in_one_sentence(desk):
    response = desk.post(UPLOAD, {"file": uploaded(b"<svg/>", "a.svg")})
    assert response.status_code == 400
    assert "not a photograph" in response.json()["error"]
    assert desk.post(UPLOAD).status_code == 400
    assert desk.get(UPLOAD).status_code == 405


@pytest.mark.parametrize("alt", ["", " ", None])
def test_a_picture_without_words_is_refused_and_the_text_kept(desk, alt):
    image = image_store.save_upload(uploaded(), by=make_person("ann", "Author"))
    attribute = "" if alt is None else f' alt="{alt}"'
    body = f'<p>Kept.</p><img src="{image.url}"{attribute}>'
    response = desk.post(ADD, filled(body=body))
    assert "has no alternative text" in errors(response)["body"][0]
    assert "Kept." in response.content.decode()
    assert not Tip.objects.exists()


def test_pictures_from_elsewhere_do_not_stay(desk):
    body = '<p>Kept.</p><img src="https://x.example/a.png" alt="A"><img src="/media/../a.png" alt="B">'
    desk.post(ADD, filled(body=body))
    assert Tip.objects.get().body == "<p>Kept.</p>"


def test_a_picture_can_be_had_without_a_script(desk):
    address = f"{LIST}pictures/"
    assert desk.get(address).status_code == 200
    page = desk.post(address, {"file": uploaded(), "alt": 'The "bell" & co'}).content.decode()
    image = Image.objects.get()
    line = f'<img src="{image.url}" alt="The &quot;bell&quot; &amp; co" width="60" height="40">'
    assert sanitiser.clean(line) == line
    assert escape(line) in page
    refused = desk.post(address, {"file": uploaded(b"no"), "alt": "A bell"}).content.decode()
    assert "no picture of a kind" in refused
    assert "This field is required" in desk.post(address, {"file": uploaded()}).content.decode()


def test_who_may_not_write_uploads_nothing(client, db):
    for address in (UPLOAD, f"{LIST}pictures/", f"{LIST}earlier/"):
        assert client.post(address)["Location"].startswith("/admin/login/")
    client.force_login(make_person("new"))
    for address in (UPLOAD, f"{LIST}pictures/", f"{LIST}earlier/"):
        assert client.post(address, {"file": uploaded(drawn())}).status_code == 403


# --- Have we run this before? -----------------------------------------------------------------------------


def ask(client, address=f"{LIST}earlier/", **fields):
    return client.post(address, {"title": "Umbrellas", "body": STORY, "takeaway": "", **fields})


def test_an_editor_is_shown_what_was_told_before(desk):
    tip = make_tip("Rain at the door", body=STORY)
    index.count_words()
    page = ask(desk).content.decode()
    assert f'<a href="{form_of(tip)}"' in page
    assert "Rain at the door" in page
    own = reverse("admin:tips_tip_earlier", args=[tip.pk])
    assert "No earlier tip tells the same" in ask(desk, own).content.decode()
    assert "No earlier tip" in ask(desk, body="").content.decode()
    assert desk.get(own).status_code == 405


def test_an_author_is_not_told_of_anothers_draft(client, author, editor):
    make_tip("Hidden", body=STORY, state=TipState.DRAFT, publish_at=None, author=editor)
    public = make_tip("Public", body=STORY)
    index.count_words()
    client.force_login(author)
    page = ask(client).content.decode()
    assert "Hidden" not in page
    assert f'<a href="{public.get_absolute_url()}"' in page
    theirs = make_tip("Theirs", state=TipState.DRAFT, publish_at=None, author=editor)
    address = reverse("admin:tips_tip_earlier", args=[theirs.pk])
    assert ask(client, address).status_code == 404


# --- Drafts in the browser --------------------------------------------------------------------------------


def test_saving_names_the_draft_that_is_not_needed_any_more(desk):
    response = desk.post(ADD, filled(_draft="abc123def456"))
    cookie = response.cookies["saved_draft"]
    assert (cookie.value, cookie["path"], cookie["samesite"]) == ("abc123def456", "/admin/", "Strict")
    tip = Tip.objects.get()
    again = desk.post(form_of(tip), filled(_draft="x;y"))
    assert "saved_draft" not in again.cookies
    refused = desk.post(form_of(tip), filled(title=" ", _draft="abc123def456"))
    assert "saved_draft" not in refused.cookies
    assert "data-typed" in refused.content.decode()


# --- The address ------------------------------------------------------------------------------------------


def test_an_editor_changes_a_public_address_on_purpose(desk, client):
    tip = make_tip("Public", slug="public")
    address = f"{LIST}{tip.pk}/do/change-address/"
    assert "Change its address" in desk.get(form_of(tip)).content.decode()
    assert "New address" in desk.get(address).content.decode()
    desk.post(address, {"slug": "elsewhere"})
    tip.refresh_from_db()
    assert tip.slug == "elsewhere"
    assert FormerSlug.objects.get(tip=tip).slug == "public"
    make_tip("Other", slug="taken")
    refused = desk.post(address, {"slug": "taken"})
    assert "is the address of “Other”" in str(list(get_messages(refused.wsgi_request))[-1])


def test_a_draft_is_not_given_an_address_that_leads_elsewhere(desk, editor):
    tip = make_tip(slug="now")
    FormerSlug.objects.create(tip=tip, slug="once")
    response = desk.post(ADD, filled(slug="once"))
    assert "still leads there" in errors(response)["slug"][0]
    desk.post(ADD, filled(title="Once"))
    assert Tip.objects.filter(slug="once-2").exists()


def test_an_address_that_the_script_made_gets_a_number_where_it_is_taken(desk):
    make_tip("On time", slug="on-time")
    desk.post(ADD, filled(title="On time", slug="on-time"))
    assert Tip.objects.filter(slug="on-time-2").exists()
    refused = desk.post(ADD, filled(title="Another", slug="on-time"))
    assert "is the address of “On time”" in errors(refused)["slug"][0]


def test_an_author_is_not_told_the_title_of_anothers_unpublished_tip(client, author, editor):
    secret = make_tip("Secret merger", slug="merger", state=TipState.DRAFT, publish_at=None, author=editor)
    slugs.change(make_tip("Secret plan", slug="plan"), "plan-b", by=editor)
    Tip.objects.filter(slug="plan-b").update(state=TipState.WITHDRAWN)
    make_tip("Known to all", slug="known")
    client.force_login(author)
    for slug in ("merger", "plan"):
        refused = client.post(ADD, filled(title="Mine", slug=slug))
        assert errors(refused)["slug"] == ["This address is taken. Choose another."]
    assert "“Known to all”" in errors(client.post(ADD, filled(title="Mine", slug="known")))["slug"][0]
    client.force_login(editor)
    assert str(secret) in errors(client.post(ADD, filled(title="Mine", slug="merger")))["slug"][0]
