"""Looking up any address, and what may be done to it there."""

import pytest
from django.contrib.admin.models import LogEntry

from subscribers.models import Suppression
from subscribers.people import subscriptions, suppressions

PAGE = "/admin/subscribers/suppression/look-up/"
STRANGER = "stranger@example.org"

pytestmark = pytest.mark.django_db


@pytest.fixture
def look_up(desk):
    """A function that looks up an address as the form does, with what else a button sends."""

    def look_up(address, **more):
        response = desk.post(PAGE, {"address": address, **more})
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        return response.text

    return look_up


def test_it_tells_of_any_address_what_holds(look_up, anna, suppress):
    page = look_up(STRANGER)
    assert "Not a subscriber’s." in page
    assert "No reason holds" in page
    suppress("STRANGER@EXAMPLE.ORG")
    subscriptions.request(STRANGER)
    page = look_up(" Stranger@Example.org ")
    assert "Bounced" in page
    assert "told by a test" in page
    assert "1 link request that nobody has confirmed yet." in page
    subscriptions.leave(anna)
    page = look_up(anna.address)
    assert f"/admin/subscribers/subscriber/{anna.pk}/change/" in page
    assert "nobody can do that for them" in page
    assert "Lift “Unsubscribed”" not in page
    assert not LogEntry.objects.exists()


def test_the_address_is_in_no_query_and_a_get_is_answered_with_the_empty_form(desk):
    page = desk.get(PAGE, {"address": STRANGER}).text
    assert STRANGER not in page
    assert 'method="post"' in page


def test_a_stranger_is_blocked_and_the_block_lifted_with_a_line_for_each(look_up, desk):
    assert "Blocked. Nothing is sent" in look_up(STRANGER, do="block", reason="Writes threats")
    assert suppressions.reasons(STRANGER) == {"blocked"}
    assert Suppression.objects.get().evidence == "blocked by staff: Writes threats"
    assert "It was blocked already." in look_up(STRANGER, do="block", reason="Once more")
    lifted = look_up(STRANGER, do="lift", what="blocked", reason="Was a mistake")
    assert "“Blocked” holds no longer for this address." in lifted
    assert suppressions.reasons(STRANGER) == set()
    assert "did not hold any more" in look_up(STRANGER, do="lift", what="blocked", reason="Again")
    lines = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert lines == ["Blocked: Writes threats", "“Blocked” holds no longer: Was a mistake"]
    # The last line leads nowhere, and the front page lives with that.
    assert desk.get("/admin/").status_code == 200


def test_a_lift_without_a_reason_says_what_is_missing(look_up):
    look_up(STRANGER, do="block", reason="Writes threats")
    assert "Give a reason. Nothing was changed." in look_up(STRANGER, do="lift", what="blocked", reason=" ")
    assert suppressions.reasons(STRANGER) == {"blocked"}


def test_what_is_done_to_a_subscribers_address_stands_in_their_history(look_up, desk, anna):
    look_up(anna.address, do="block", reason="Writes threats")
    look_up(anna.address, do="lift", what="blocked", reason="Was a mistake")
    history = desk.get(f"/admin/subscribers/subscriber/{anna.pk}/history/").text
    assert "Blocked: Writes threats" in history
    assert "holds no longer: Was a mistake" in history


@pytest.mark.parametrize(
    "more",
    [
        {"do": "block"},
        {"do": "block", "reason": "see anna.lee"},
        {"do": "block", "reason": "x@example.org"},
        {"do": "lift", "what": "unsubscribed", "reason": "They asked"},
        {"do": "lift", "what": "bounced"},
        {"do": "lift", "what": "nonsense", "reason": "They asked"},
        {"do": "lift", "reason": "They asked"},
        {"do": "nonsense", "reason": "They asked"},
    ],
)
def test_what_does_not_fit_changes_nothing(look_up, anna, suppress, more):
    suppress(anna.address)
    suppress(anna.address, Suppression.Reason.UNSUBSCRIBED)
    look_up(anna.address, **more)
    assert suppressions.reasons(anna.address) == {"bounced", "unsubscribed"}
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "a@b\r\nBcc: x@example.org",
        "x" * 10_000 + "@example.org",
        "\x00@example.org",
        "<script>alert(1)</script>@example.org",
        "{{ settings.SECRET_KEY }}@example.org",
        "élan@example.org",
        "a@[127.0.0.1]",
        "'; drop table subscribers_subscriber; --@example.org",
    ],
)
def test_hostile_input_is_answered_in_a_sentence(look_up, address):
    page = look_up(address, do="block", reason="They asked")
    assert 'class="errorlist"' in page
    assert "<script>alert" not in page
    assert not Suppression.objects.exists()
