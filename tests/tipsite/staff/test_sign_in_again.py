"""A form that is sent when its session has ended is saved once the password is given."""

import time

import pytest
from axes.utils import reset
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Tip, TipState
from tips.publishing import workflow

HERE = {"Origin": "http://testserver"}


@pytest.fixture(autouse=True)
def no_locks(db):
    reset()


@pytest.fixture
def ann(db):
    return make_person("ann", "Author", first_name="Ann", last_name="Lee")


@pytest.fixture
def draft(ann):
    return make_tip("A draft", state=TipState.DRAFT, publish_at=None, author=ann)


def change(tip):
    return reverse("admin:tips_tip_change", args=[tip.pk])


def signed_in(person, **options):
    client = Client(**options)
    client.force_login(person)
    return client


def typed(client, tip, **changes):
    """Return what the tip's form sends, as its page was opened in a session that has ended since."""
    sent = as_sent(client.get(change(tip)), "title", **changes)
    Session.objects.all().delete()
    return sent


def test_the_password_saves_what_was_typed(ann, draft):
    client = signed_in(ann)
    asked = client.post(change(draft), typed(client, draft, title="Typed for an hour", takeaway="A\r\nB"))
    assert asked.status_code == 403
    assert "Nothing that you typed is lost" in asked.text
    assert "no-store" in asked["Cache-Control"]
    assert "Ann Lee" in asked.text
    assert Tip.objects.get().title == "A draft"
    saved = client.post(change(draft), as_sent(asked, "again_password", again_password="ann-knows-this"))
    assert saved.status_code == 302
    assert (Tip.objects.get().title, Tip.objects.get().takeaway) == ("Typed for an hour", "A\nB")
    assert client.get(change(draft)).status_code == 200


def test_what_a_colleague_changed_meanwhile_is_judged_anew(ann, draft):
    client, ed = signed_in(ann), make_person("ed", "Editor")
    asked = client.post(change(draft), typed(client, draft, title="Mine"))
    ed_client = signed_in(ed)
    ed_client.post(change(draft), as_sent(ed_client.get(change(draft)), "title", title="Ed's"))
    page = client.post(change(draft), as_sent(asked, "again_password", again_password="ann-knows-this"))
    assert "changed the same" in page.text
    assert Tip.objects.get().title == "Ed's"


def test_rights_that_were_lost_meanwhile_are_judged_anew_and_the_text_is_kept(ann, draft):
    client = signed_in(ann)
    asked = client.post(change(draft), typed(client, draft, title="Too late"))
    workflow.submit(draft, by=make_person("ed", "Editor"))
    refused = client.post(change(draft), as_sent(asked, "again_password", again_password="ann-knows-this"))
    assert refused.status_code == 403
    assert "your unsaved texts" in refused.text
    assert "Too late" in client.get("/admin/tips/tip/unsaved/").text


def test_another_person_cannot_save_it(ann, draft):
    client = signed_in(ann)
    sent = typed(client, draft, title="Ann's words")
    client.force_login(make_person("ed", "Editor"))
    asked = client.post(change(draft), sent)
    assert "It was typed by Ann Lee" in asked.text
    answer = as_sent(asked, "again_password", again_password="ed-knows-this", again_name="ed")
    assert client.post(change(draft), answer).status_code == 403
    assert Tip.objects.get().title == "A draft"
    client.post(change(draft), as_sent(asked, "again_password", again_password="ann-knows-this"))
    assert Tip.objects.get().title == "Ann's words"
    assert Tip.objects.get().versions.first().saved_by == ann


@pytest.mark.usefixtures("db")
def test_no_form_of_the_desk_does_for_one_person_what_another_saw():
    pat, eve = (
        make_person("pat", "Publisher", first_name="Pat", last_name="Lo"),
        make_person("eve", "Publisher"),
    )
    client, tip = signed_in(pat), make_tip("Ready", state=TipState.IN_REVIEW, publish_at=None)
    pages = [
        "/admin/tips/tip/",
        "/admin/tips/tip/calendar/",
        "/admin/account/",
        f"/admin/tips/tip/{tip.pk}/delete/",
    ]
    sent = [as_sent(client.get(url), "_person") for url in pages]
    client.force_login(eve)
    chosen = {"action": "submit_selected", "_selected_action": f"{tip.pk}"}
    for url, form in zip(pages, sent, strict=True):
        assert "It was typed by Pat Lo" in client.post(url, form | chosen).text
    # What has a password is not carried over to the page that asks.
    refused = client.post("/admin/account/", sent[0] | {"old_password": "pat-knows-this"})
    assert (refused.status_code, "Nothing was done." in refused.text) == (403, True)


def test_wrong_passwords_lock_as_they_do_at_the_door_and_the_text_stays_on_the_page(ann, draft):
    client = signed_in(ann)
    page = client.post(change(draft), typed(client, draft, title="Still here"))
    for _ in range(5):
        page = client.post(change(draft), as_sent(page, "again_password", again_password="guess"))
        assert 'value="Still here"' in page.text
        assert "guess" not in page.text
    assert page.status_code == 429
    assert "too many wrong tries" in page.text
    page = client.post(change(draft), as_sent(page, "again_password", again_password="ann-knows-this"))
    assert page.status_code == 429
    assert (
        Client().post("/admin/login/", {"username": "ann", "password": "ann-knows-this"}).status_code == 429
    )
    assert Tip.objects.get().title == "A draft"


def test_an_account_with_an_app_needs_its_code_as_well(ann, draft):
    device, client = TOTPDevice.objects.create(user=ann, confirmed=True), signed_in(ann)
    page = client.post(change(draft), typed(client, draft, title="Twice asked"))
    page = client.post(change(draft), as_sent(page, "again_password", again_password="ann-knows-this"))
    assert "signs in with a code too" in page.text
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time()
    answer = {"again_password": "ann-knows-this", "again_code": f"{totp.token():06}"}
    assert client.post(change(draft), as_sent(page, "again_password", **answer)).status_code == 302
    assert Tip.objects.get().title == "Twice asked"


def test_a_form_older_than_the_latest_sign_in_is_carried_on_if_it_came_from_here(ann, draft):
    client = signed_in(ann, enforce_csrf_checks=True)
    sent = as_sent(client.get(change(draft)), "title", title="From an older tab")
    sent["csrfmiddlewaretoken"] = "x" * 64
    for origin in ({"Origin": "https://elsewhere.example"}, {}):
        refused = client.post(change(draft), sent, headers=origin)
        assert refused.status_code == 403
        assert "From an older tab" not in refused.text
        assert "Nothing was done." in refused.text
    asked = client.post(change(draft), sent, headers=HERE)
    assert "Nothing that you typed is lost" in asked.text
    answer = as_sent(asked, "again_password", again_password="ann-knows-this")
    assert client.post(change(draft), answer, headers=HERE).status_code == 302
    assert Tip.objects.get().title == "From an older tab"


def test_a_password_is_never_carried(ann):
    client = Client(enforce_csrf_checks=True)
    client.get("/admin/login/")
    sent = {"username": "ann", "password": "ann-knows-this", "csrfmiddlewaretoken": "x" * 64}
    refused = client.post("/admin/login/", sent, headers=HERE)
    assert refused.status_code == 403
    assert "ann-knows-this" not in refused.text


def test_a_made_up_mark_names_nobody(ann, draft):
    sent = {"title": "A", "_person": f"{ann.pk}:forged"}
    asked = Client().post(change(draft), sent)
    assert "Ann Lee" not in asked.text
    assert 'name="again_name"' in asked.text


def test_a_verb_is_done_once_the_password_is_given(ann, draft):
    client = signed_in(make_person("pat", "Publisher"))
    tip = make_tip("Public")
    url = reverse("admin:tips_tip_do", args=[tip.pk, "withdraw"])
    sent = as_sent(client.get(url), "reason", reason="Wrong figure.")
    Session.objects.all().delete()
    asked = client.post(url, sent)
    done = client.post(url, as_sent(asked, "again_password", again_password="pat-knows-this"))
    assert Tip.objects.get(pk=tip.pk).state == TipState.WITHDRAWN
    assert any("Withdrawn" in str(each) for each in get_messages(done.wsgi_request))


def test_visitors_have_a_page_of_their_own_for_what_is_refused(client, db, rf):
    client = Client(enforce_csrf_checks=True)
    assert "Please send it again" in client.post("/tips/", {"a": "b"}).text


def test_who_forgot_their_password_is_not_asked_for_it(db):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/admin/password_reset/", {"email": "ann@example.org"}, headers=HERE)
    assert answer.status_code == 403
    assert "Sign in again" not in answer.text
    assert "open the page anew" in answer.text
