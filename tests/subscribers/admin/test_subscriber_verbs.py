"""What staff do to subscribers, and the line that each of it leaves."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from subscribers.models import ConsentEvent, Erasure, ServiceMail, Subscriber, Suppression
from subscribers.people import subscriptions, suppressions
from tests.tips.people import make_person

LIST = "/admin/subscribers/subscriber/"
REASON = "They asked by telephone"

pytestmark = pytest.mark.django_db


@pytest.fixture
def do(desk, anna):
    """A function that does a verb to Anna, and returns the page that follows."""

    def do(verb, reason=REASON):
        return desk.post(f"{LIST}{anna.pk}/do/{verb}/", {"reason": reason}, follow=True)

    return do


def test_whoever_is_taken_off_the_list_is_told_and_may_come_back(do, anna):
    assert "Taken off the list." in do("take-off").text
    anna.refresh_from_db()
    assert anna.state == Subscriber.State.LEFT
    row = Suppression.objects.get()
    assert (row.reason, row.evidence) == ("unsubscribed", f"taken off by staff: {REASON}")
    assert ServiceMail.objects.filter(kind=ServiceMail.Kind.LEFT).exists()
    assert ConsentEvent.objects.last().kind == "left"
    again = "“Take off the list” is not possible: they have left already. Nothing was changed."
    assert again in do("take-off").text
    assert subscriptions.undo_leaving(subscriptions.leaving(anna))


def test_a_block_holds_until_it_is_lifted_whatever_is_typed_meanwhile(do, anna):
    assert "Blocked." in do("block").text
    assert not Subscriber.objects.reachable("2031-01-01").exists()
    assert subscriptions.confirm(subscriptions.request(anna.address)) is None
    again = "“Block” is not possible: the address is blocked already. Nothing was changed."
    assert again in do("block").text
    assert "“Blocked” holds no longer." in do("lift-blocked").text
    assert Subscriber.objects.reachable("2031-01-01").get() == anna


@pytest.mark.parametrize("reason", sorted(suppressions.LASTING))
def test_every_reason_but_unsubscribed_can_be_lifted(do, anna, suppress, reason):
    suppress(anna.address, reason)
    suppress(anna.address, Suppression.Reason.UNSUBSCRIBED)
    assert "holds no longer" in do(f"lift-{reason}").text
    assert suppressions.reasons(anna.address) == {"unsubscribed"}
    assert do("lift-unsubscribed").status_code == 404
    assert suppressions.reasons(anna.address) == {"unsubscribed"}


def test_what_is_held_is_downloaded_and_tells_of_this_look(do, anna):
    response = do("download")
    assert response["Content-Disposition"] == f'attachment; filename="subscriber-{anna.pk}.json"'
    assert "no-store" in response["Cache-Control"]
    data = json.loads(response.content)
    assert data["subscription"]["address"] == anna.address
    assert [line["what"] for line in data["staff_log"]] == [f"Downloaded what is held: {REASON}"]


def test_an_erasure_shows_the_number_of_its_receipt_and_leaves_nothing_else(do, desk, anna):
    page = do("erase")
    receipt = Erasure.objects.get()
    assert receipt.number in page.text
    assert page.redirect_chain[-1][0] == LIST
    assert not Subscriber.objects.exists()
    assert suppressions.reasons(anna.address) == {"erased"}
    receipts = desk.get("/admin/subscribers/erasure/", {"q": receipt.number[:6].lower()}).text
    assert receipt.number in receipts
    shown = desk.get(f"/admin/subscribers/erasure/{receipt.pk}/change/").text
    assert "Your subscription" in shown
    assert "anna" not in (receipts + shown).lower()
    assert do("erase").status_code == 200


@pytest.mark.parametrize("verb", ["take-off", "block", "lift-bounced", "download", "erase"])
def test_each_verb_asks_first_and_leaves_a_line_without_personal_data(
    do, desk, anna, suppress, publisher, verb
):
    suppress(anna.address)
    before = Subscriber.objects.values().get(), suppressions.reasons(anna.address)
    address = f"{LIST}{anna.pk}/do/{verb}/"
    for reason in (
        "",
        " ",
        "x" * 151,
        "Anna asked",
        "ANNA asked",
        "see anna.lee",
        "me＠example.org",
        "a\x07b",
    ):
        desk.get(address)
        desk.head(address)
        assert "Nothing was done yet." in do(verb, reason).text, reason
    assert (Subscriber.objects.values().get(), suppressions.reasons(anna.address)) == before
    assert not LogEntry.objects.exists()
    assert do(verb, "  They asked,\n  by <b>telephone</b> ").status_code == 200
    line = LogEntry.objects.get()
    assert line.user == publisher
    assert "They asked, by <b>telephone</b>" in line.change_message
    text = f"{line.object_repr} {line.change_message}".lower()
    assert "anna" not in text
    assert "@" not in text


@pytest.mark.parametrize(
    ("permission", "verbs"),
    [
        ("change_subscriber", {"take-off"}),
        ("add_suppression", {"block"}),
        ("delete_suppression", {"lift-bounced"}),
        ("export_subscriber", {"download"}),
        ("erase_subscriber", {"erase"}),
    ],
)
def test_each_verb_has_its_own_permission(client, anna, suppress, permission, verbs):
    suppress(anna.address)
    person = make_person("pat")
    person.user_permissions.set(Permission.objects.filter(codename__in=["view_subscriber", permission]))
    client.force_login(person)
    page = client.get(f"{LIST}{anna.pk}/change/").text
    known = {"take-off", "block", "lift-bounced", "download", "erase"}
    assert {verb for verb in known if f"/do/{verb}/" in page} == verbs
    answers = {verb: client.get(f"{LIST}{anna.pk}/do/{verb}/").status_code for verb in known}
    assert {verb for verb, status in answers.items() if status == 200} == verbs
    assert {answers[verb] for verb in known - verbs} == {403}


def test_verbs_for_nobody_lead_back_to_the_list(desk):
    for number in (999, 10**30):
        response = desk.post(f"{LIST}{number}/do/erase/", {"reason": REASON})
        assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert not Erasure.objects.exists()
