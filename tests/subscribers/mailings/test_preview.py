"""A tip's mail in the desk, before anybody gets it."""

import pytest
from django.urls import reverse

from desk.errors import NotPermitted
from subscribers.mailings.send_test import send_test
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import TipState
from tips.publishing import preflight
from tips.publishing.preview import live_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_tip(
        "Not <yet>",
        state=TipState.DRAFT,
        publish_at=None,
        takeaway="Calm is catching.",
        body="<p>Breathe <em>out</em> first.</p>",
    )


@pytest.fixture
def editor(client):
    editor = make_person("ed", "Editor")
    client.force_login(editor)
    return editor


def policy(response):
    directives = {}
    for directive in response["Content-Security-Policy"].split(";"):
        name, *sources = directive.split()
        directives[name] = set(sources)
    return directives


def test_the_desk_offers_the_mail_and_shows_its_subject_and_text(client, editor, draft):
    address = reverse("admin:tips_tip_preview", args=[draft.pk, "mail"])
    form = client.get(reverse("admin:tips_tip_change", args=[draft.pk])).content.decode()
    response = client.get(address)
    page = response.content.decode()
    assert f'formaction="{address}"' in form
    assert "Subject</span> Not &lt;yet&gt;" in page
    assert "Breathe out first." in page
    assert page.count("<iframe") == page.count('sandbox="allow-same-origin allow-popups') == 4
    assert "no-store" in response["Cache-Control"]


def test_the_page_around_the_frames_loosens_nothing_but_frames_and_files_of_ours(client, editor, draft):
    usual = policy(client.get("/"))
    here = policy(client.get(reverse("admin:tips_tip_preview", args=[draft.pk, "mail"])))
    assert here.pop("frame-src") == {"'self'"}
    assert here.pop("script-src") == {"'self'"}
    assert here == {name: sources for name, sources in usual.items() if name != "script-src"}


@pytest.mark.parametrize(("frame", "kept"), [("phone-light", "not all"), ("desktop-dark", "all")])
def test_a_frame_shows_the_mail_under_a_policy_of_its_own(client, editor, draft, frame, kept):
    response = client.get(reverse("admin:tips_tip_preview", args=[draft.pk, "mail"]), {"frame": frame})
    page = response.content.decode()
    assert "Breathe <em>out</em> first." in page
    assert f"@media {kept} {{" in page
    assert "prefers-color-scheme" not in page
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    directives = policy(response)
    assert directives["default-src"] == {"'none'"}
    assert directives["style-src"] == {"'unsafe-inline'"}
    assert directives["frame-ancestors"] == directives["img-src"] == {"'self'"}
    assert "allow-scripts" not in directives["sandbox"]
    assert not {"script-src", "connect-src", "frame-src"} & set(directives)


def test_what_is_typed_is_shown_and_not_saved(client, editor, draft):
    typed = {
        "title": "Typed just now",
        "body": "<p>Fresh words<script>x</script>",
        "takeaway": 'A "quote"',
    }
    address = reverse("admin:tips_tip_preview", args=[draft.pk, "mail"])
    page = client.post(address, typed).content.decode()
    assert "Subject</span> Typed just now" in page
    assert '<input type="hidden" name="takeaway" value="A &quot;quote&quot;">' in page
    frame = client.post(address, typed | {"frame": "phone-dark"}).content.decode()
    assert "Fresh words" in frame
    assert "script" not in frame
    draft.refresh_from_db()
    assert draft.title == "Not <yet>"
    unsaved = client.post(reverse("admin:tips_tip_preview", args=["mail"]), typed)
    assert "Fresh words" in unsaved.content.decode()


def test_pictures_are_asked_for_where_the_desk_is_looked_at(client, editor, draft, settings):
    settings.SITE_URL = "https://tips.example.org"
    name = "a" * 64
    draft.body = f'<p><img src="/media/{name}.jpg" alt="A bell"></p>'
    draft.save()
    address = reverse("admin:tips_tip_preview", args=[draft.pk, "mail"])
    assert f'src="/media/{name}.jpg"' in client.get(address, {"frame": "phone-light"}).content.decode()


def test_who_may_not_know_of_a_tip_finds_no_mail_of_it(client, draft):
    client.force_login(make_person("ann", "Author"))
    address = reverse("admin:tips_tip_preview", args=[draft.pk, "mail"])
    assert client.get(address, {"frame": "phone-light"}).status_code == 404


def test_a_mail_that_mail_programs_would_cut_is_warned_of_before_approval(draft):
    def warnings():
        return [fault.sentence for fault in preflight.inspect(draft) if "kB" in fault.sentence]

    assert warnings() == []
    draft.body = "<p>Take your time.</p>" * 2000
    assert len(warnings()) == 1
    assert "unsubscribe" in warnings()[0]
    assert not any(fault.stops for fault in preflight.inspect(draft) if "kB" in fault.sentence)


# --- A test from here -------------------------------------------------------------------------------------


def trial_of(tip):
    return reverse("admin:subscribers_mailing_send_test", args=[tip.pk])


def test_a_test_is_sent_from_the_preview_with_pictures_that_only_a_link_shows(client, editor, mailoutbox):
    picture = "/media/" + "a" * 64 + ".png"
    body = f'<p>Breathe.</p><img src="{picture}" alt="A lung">'
    tip = make_tip("Not <yet>", state=TipState.DRAFT, publish_at=None, body=body, author=editor)
    colleague = make_person("col", "Author", first_name="Col")
    preview = client.get(reverse("admin:tips_tip_preview", args=[tip.pk, "mail"])).text
    assert f'<a href="{trial_of(tip)}">Send a test' in preview
    page = client.get(trial_of(tip)).text
    assert "ed (yourself)" in page
    assert "its pictures are shown by a preview link" in page
    assert not mailoutbox
    done = client.post(trial_of(tip), {"to": colleague.pk}, follow=True).text
    assert "The test is on its way to Col." in done
    (message,) = mailoutbox
    assert message.to == ["col@example.org"]
    assert message.subject == "Test: Not <yet>"
    html = message.alternatives[0].content
    token = html.partition(f"{picture}?preview=")[2].partition('"')[0]
    assert live_link(token).tip == tip
    assert "/unsubscribe/" not in html + message.body
    assert "List-Unsubscribe" not in message.extra_headers


def test_a_test_of_what_is_public_needs_no_link_and_its_failure_is_one_answer(client, editor, settings):
    tip = make_tip(body='<p>Yes.</p><img src="/media/' + "a" * 64 + '.png" alt="A lung">')
    assert "preview link" not in client.get(trial_of(tip)).text
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = client.post(trial_of(tip), {"to": editor.pk}, follow=True).text
    assert "The mail server did not take the test (ConnectionRefusedError)." in page
    assert not tip.preview_links.exists()
    assert client.post(trial_of(tip), {"to": "none"}).text.count("Nothing was sent yet.") == 1


def test_where_nobody_has_an_address_no_empty_list_is_offered(client, editor):
    type(editor).objects.update(email="")
    page = client.get(trial_of(make_tip())).text
    assert "nobody to send it to" in page
    assert "<select" not in page


def test_authors_send_tests_of_their_own_tips_alone_and_what_is_typed_is_not_sent(client, draft):
    author = make_person("ann", "Author")
    client.force_login(author)
    assert client.get(trial_of(draft)).status_code == 404
    with pytest.raises(NotPermitted, match="of this tip"):
        send_test(draft, "ann@example.org", by=author)
    own = make_tip("Mine", state=TipState.DRAFT, publish_at=None, author=author)
    assert "ann (yourself)" in client.get(trial_of(own)).text
    typed = {"title": "Typed", "body": "<p>Fresh</p>"}
    page = client.post(reverse("admin:tips_tip_preview", args=[own.pk, "mail"]), typed).text
    assert "not what is typed" in page
    assert "Send a test" not in client.post(reverse("admin:tips_tip_preview", args=["mail"]), typed).text
    client.force_login(make_person("rob"))
    assert client.get(trial_of(own)).status_code == 403
