"""Words for states, as services write them: leaving is recognised generously, and subscribing strictly."""

import pytest

from subscribers.exchange import states
from subscribers.exchange.records import Standing

WORDS = {
    Standing.SUBSCRIBED: [
        "subscribed",
        " Subscribed ",
        "ACTIVE",
        "confirmed\u200b",
        "Opted-in",
        "opted_in",
        "Double opt-in",
        "Subscribed (double opt-in)",
        "Confirmed Opt-In",
        "Enabled",
        "Explicit",
        "yes",
        "1",
        "Re-subscribed".replace("-", ""),
        "abonniert",
        "Bestätigt",
    ],
    Standing.UNSUBSCRIBED: [
        "Unsubscribed (GDPR)",
        "un-subscribed",
        "UNSUBSCRIBED BY ADMIN",
        "Unsubscribed: too many mails",
        "subscribed, then unsubscribed",
        "Opt-Out",
        "opted out",
        "OptedOut",
        "Opt_Out",
        "Removed",
        "Cancelled",
        "Blocklisted",
        "blacklisted",
        "Suppressed",
        "Do not mail",
        "Don't email",
        "do not contact",
        "No longer subscribed",
        "left",
        "-1",
        "Abgemeldet",
        "Désinscrit",
        "désabonnée",
    ],
    Standing.BOUNCED: [
        "Hard Bounce",
        "Hard Bounced",
        "HardBounced",
        "bounced",
        "Unsubscribed (bounced)",
        "Cleaned",
        "Undeliverable",
        "Invalid email",
        "5.1.1",
    ],
    Standing.COMPLAINED: ["Complained", "Spam Complaint", "Marked as spam", "abuse", "Reported as junk"],
    Standing.PENDING: [
        "Non-Subscribed",
        "Not subscribed",
        "not_subscribed",
        "Unconfirmed",
        "Awaiting confirmation",
        "Pending",
        "Not confirmed",
        "Never subscribed",
        "No permissions set",
        "Implied",
        "Transactional",
    ],
    Standing.INACTIVE: [
        "Inactive",
        "disabled",
        "Temp Hold",
        "Soft bounce",
        "Bounced (soft)",
        "Not active",
        "0",
    ],
    Standing.DELETED: ["Deleted", "Trashed", "Archived"],
    None: [
        "wobbly",
        "Not unsubscribed",
        "never bounced",
        "no complaints",
        "Subscribed?",
        "\u2717 subscribed",
        "!subscribed",
        "~active",
        "Active 2019",
        "half subscribed",
        "non abonné",
        "nicht angemeldet",
        "verified",
        "2",
        "c",
        "",
    ],
}


@pytest.mark.parametrize(("standing", "word"), [(each, word) for each in WORDS for word in WORDS[each]])
def test_a_word_for_a_state(standing, word):
    assert states.state(word) == standing


@pytest.mark.parametrize("text", ["Unsubscribed (GDPR)", "hard bounce", "Marked as spam by user", "LEFT"])
def test_leaving_is_read_in_any_cell_that_says_nothing_else(text):
    assert states.leaving(text) == states.state(text)


@pytest.mark.parametrize(
    "text", ["Jack Left", "She never left the hotel", "550", "Pending", "subscribed", "", "Not bounced"]
)
def test_a_cell_that_says_something_else_tells_of_no_leaving(text):
    assert states.leaving(text) is None


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        ("unsubscribed_members_export_1", Standing.UNSUBSCRIBED),
        ("cleaned-2024", Standing.BOUNCED),
        ("nonsubscribed_segment", Standing.PENDING),
        ("subscribed_members_export", None),
        ("spamalot-members", None),
    ],
)
def test_the_name_of_a_file_tells_by_whole_words(name, standing):
    assert states.state_in_name(name) == standing
