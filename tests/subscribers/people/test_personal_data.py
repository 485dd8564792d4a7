"""All that is held about a person, in one file that they can read."""

import json
import logging

import pytest
from django.apps import apps

from subscribers import addresses
from subscribers.mail import link_mails
from subscribers.models import (
    BounceReport,
    ConsentEvent,
    Delivery,
    LinkRequest,
    Mailing,
    RepeatedRefusal,
    ServiceMail,
    Subscriber,
    Suppression,
)
from subscribers.people import personal_data, subscriptions, suppressions
from tests.tips.making import make_tip

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    signup = subscriptions.request(
        "Anna@example.org", first_name="Änne", page="/tips/be-kind/", region="192.0.2.0/24"
    )
    anna = subscriptions.confirm(signup)
    tip = make_tip("Be kind")
    mailing = Mailing.objects.create(tip=make_tip("Be brave", for_mail=True))
    Delivery.objects.create(tip=tip, subscriber=anna, state="sent")
    Delivery.objects.create(mailing=mailing, subscriber=anna)
    suppressions.suppress(anna.address_hash, Suppression.Reason.BOUNCED, "550 no such user")
    subscriptions.ask_to_move(anna, "new@example.org")
    return anna


def berta():
    other = subscriptions.confirm(subscriptions.request("berta@example.org", first_name="Berta"))
    suppressions.suppress(other.address_hash, Suppression.Reason.BLOCKED, "asked by mail")
    Delivery.objects.create(tip=make_tip("Only to Berta"), subscriber=other)
    return other


def test_the_file_holds_all_of_theirs_and_nothing_of_anybody_else(client, anna, caplog):
    berta()
    signup = subscriptions.request("anna@example.org", kind="link")
    with caplog.at_level(logging.INFO):
        answer = client.post(f"/subscribe/preferences/{signup.token}/", {"do": "data"})
    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert answer["Cache-Control"] == "no-store"
    data = json.loads(answer.content)
    assert data["subscription"]["address"] == "Anna@example.org"
    assert data["subscription"]["first_name"] == "Änne"
    assert data["subscription"]["joined_at"].endswith("Z")
    (event,) = data["consents"]
    assert (event["kind"], event["wording_version"], event["page"]) == ("confirmed", 2, "/tips/be-kind/")
    assert "one tip a week" in event["wording"]
    assert [each["kind"] for each in data["requests"]] == ["join", "move", "link"]
    assert [each["kind"] for each in data["service_mails"]] == ["welcome"]
    assert [(each["tip"], each["came_as"]) for each in data["tips_sent"]] == [
        ("Be kind", "welcome"),
        ("Be brave", "tip"),
    ]
    assert [(each["reason"], each["evidence"]) for each in data["suppressions"]] == [
        ("bounced", "550 no such user")
    ]
    assert {entry["address_hash"] for entry in data["journal"]} == {anna.address_hash}
    assert "Änne" in answer.text
    assert "berta" not in answer.text.lower()
    assert f"Subscriber {anna.pk}: their data was downloaded by the link." in caplog.text
    assert "nna@example.org" not in caplog.text


def test_it_tells_nobody_whether_the_address_that_they_would_move_to_is_a_member_s(anna, post_office):
    berta()
    for address in ("berta@example.org", "a@example.org"):
        subscriptions.ask_to_move(anna, address)
    link_mails.outbox.send_due()
    # Berta confirms once more, which is the end of whatever waits for her address.
    subscriptions.confirm(subscriptions.request("berta@example.org"))
    of_a_member, of_a_stranger = json.loads(personal_data.as_json(anna))["requests"][-2:]
    assert [of_a_member.pop("address"), of_a_stranger.pop("address")] == [
        "berta@example.org",
        "a@example.org",
    ]
    for each in (of_a_member, of_a_stranger):
        for name in ("number", "name_in_links", "asked_at"):
            del each[name]
    assert of_a_member == of_a_stranger == {"kind": "move"}


def test_it_is_given_also_to_who_left_but_not_without_end(client, anna):
    subscriptions.leave(anna)
    link = f"/subscribe/preferences/{subscriptions.request('anna@example.org', kind='link').token}/"
    answers = [client.post(link, {"do": "data"}).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]


@pytest.mark.parametrize(
    "model",
    [Subscriber, ConsentEvent, LinkRequest, ServiceMail, Delivery, BounceReport, Suppression],
)
def test_each_column_of_a_table_has_a_name_of_its_own(model):
    columns = [field.attname for field in model._meta.concrete_fields]
    assert len({personal_data.NAMES.get(column, column) for column in columns}) == len(columns)


def test_it_knows_every_table_that_refers_to_a_subscriber():
    tables = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Subscriber
    }
    assert tables == {ConsentEvent, Delivery, ServiceMail, LinkRequest, RepeatedRefusal}


def test_staff_get_the_same_from_the_verb(anna):
    assert json.loads(personal_data.as_json(anna))["subscription"][
        "scrambled_address"
    ] == addresses.keyed_hash("anna@example.org")
