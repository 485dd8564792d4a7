from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from desk.errors import NotPermitted, WrongState
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import PreviewLink, TipState
from tips.publishing import preview

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return make_person("ed", "Editor")


@pytest.fixture
def draft():
    return make_tip("Not yet", state=TipState.DRAFT, publish_at=None, categories=["Sports"], tags=["calm"])


@pytest.fixture
def link(draft, editor):
    return preview.make_link(draft, by=editor)


def test_a_link_shows_the_tip_as_it_is_now_to_anybody(client, draft, link):
    draft.title = "Nearly there"
    draft.save()
    response = client.get(preview.url(link))
    page = response.content.decode()
    assert response.status_code == 200
    assert '<h1 class="title">Nearly there</h1>' in page
    assert "This is a preview." in page
    assert "Sports" in page


def test_a_preview_is_never_kept_found_or_told_of(client, link):
    response = client.get(preview.url(link))
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Referrer-Policy"] == "no-referrer"
    page = response.content.decode()
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert "canonical" not in page
    assert "ld+json" not in page
    assert "script-src 'none'" in response["Content-Security-Policy"]


def test_wrong_expired_revoked_and_withdrawn_are_the_same_page(client, draft, link, editor):
    good = preview.url(link)
    wrong = [good[:-2] + "/", reverse("tips:preview", args=[link.key]), reverse("tips:preview", args=["x.y"])]
    answers = [client.get(address) for address in wrong]
    for change in (
        {"expires_at": timezone.now()},
        {"revoked_at": timezone.now()},
    ):
        other = preview.make_link(draft, by=editor)
        PreviewLink.objects.filter(pk=other.pk).update(**change)
        answers.append(client.get(preview.url(other)))
    type(draft).objects.filter(pk=draft.pk).update(state=TipState.WITHDRAWN)
    answers.append(client.get(good))
    assert {response.status_code for response in answers} == {404}
    assert len({response.content for response in answers}) == 1
    assert all("no-store" in response["Cache-Control"] for response in answers)


def test_a_link_dies_with_its_makers_account(client, link, editor):
    editor.is_active = False
    editor.save()
    assert client.get(preview.url(link)).status_code == 404
    editor.is_active = True
    editor.save()
    assert client.get(preview.url(link)).status_code == 200
    PreviewLink.objects.update(made_by=None)
    assert client.get(preview.url(link)).status_code == 404


def test_a_link_opens_nothing_else(client, draft, link):
    client.get(preview.url(link))
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert client.post(preview.url(link)).status_code == 405


def test_a_link_lasts_a_week_unless_told_otherwise_and_is_logged(draft, editor):
    link = preview.make_link(draft, by=editor)
    assert link.expires_at - link.made_at == timedelta(days=7)
    preview.revoke_link(link, by=editor)
    preview.revoke_link(link, by=editor)
    made, revoked = LogEntry.objects.filter(object_id=draft.pk).order_by("pk")
    assert made.change_message.startswith("Made a preview link, good until")
    assert revoked.change_message.startswith("Revoked the preview link of")
    for days in (0, 91):
        with pytest.raises(WrongState, match="from 1 to 90 days"):
            preview.make_link(draft, by=editor, days=days)


def test_the_database_alone_does_not_give_the_address_away(link):
    assert preview.live_link(link.key) is None
    assert preview.live_link(preview.token(link)) == link


def test_pictures_of_a_tip_that_is_not_public_are_asked_for_with_the_link(client, draft, link):
    picture = f"/media/{'a' * 64}.jpg"
    draft.body = f'<p><img src="{picture}" alt="A dog"></p>'
    draft.save()
    page = client.get(preview.url(link)).content.decode()
    assert f'src="{picture}?preview={preview.token(link)}"' in page


def test_an_author_shows_their_own_tips_only(editor):
    author = make_person("ann", "Author")
    own = make_tip(state=TipState.IN_REVIEW, author=author)
    theirs = make_tip(state=TipState.DRAFT, author=editor)
    preview.revoke_link(preview.make_link(own, by=author), by=author)
    with pytest.raises(NotPermitted):
        preview.make_link(theirs, by=author)
    with pytest.raises(NotPermitted):
        preview.revoke_link(preview.make_link(theirs, by=editor), by=author)
