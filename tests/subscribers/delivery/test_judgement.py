"""What a refusal means, by all that it says."""

import pytest

from subscribers.delivery.judgement import Cause, Kind, judge


@pytest.mark.parametrize(
    ("status", "words", "cause", "is_certain"),
    [
        ("5.1.1", "550 unknown", Cause.NO_MAILBOX, True),
        ("5.1.1", "550 5.7.1 blacklisted", Cause.POLICY, False),
        ("5.1.1", "552 5.2.2 over quota", Cause.FULL, False),
        ("5.2.1", "550 receiving mail at a rate that prevents more", Cause.RATE, False),
        ("5.1.1", "450 4.2.0 try later", Cause.SYSTEM, False),
        ("5.0.0", "550 user unknown", Cause.NO_MAILBOX, True),
        ("5.5.0", "550 user unknown", Cause.NO_MAILBOX, True),
        ("5.4.1", "550 user unknown", Cause.NO_MAILBOX, True),
        ("5.7.1", "550 user unknown", Cause.POLICY, False),
        ("5.4.1", "550 Recipient address rejected: Access denied", Cause.UNEXPLAINED, False),
        ("5.4.4", "Host or domain name not found", Cause.NO_DOMAIN, False),
        ("5.1.2", "550 Host unknown", Cause.NO_DOMAIN, True),
        ("5.1.3", "553 http://www.spamhaus.org/query", Cause.POLICY, False),
        ("", "552 no more", Cause.FULL, False),
        ("", "550 unknown user (in reply to end of DATA command)", Cause.NO_MAILBOX, False),
        ("", "", Cause.UNEXPLAINED, False),
    ],
)
def test_whatever_passes_or_lies_with_the_sender_wins(status, words, cause, is_certain):
    judged = judge(words, status=status)
    assert (judged.cause, judged.is_certain) == (cause, is_certain)
    assert not judged.is_certain or judged.kind is Kind.HARD


@pytest.mark.parametrize(
    "words",
    [
        "550 5.1.1 <spam.blocked@quota.example>: user unknown",
        "550 5.1.1 mx.policy-filter.example says: no such user, see https://help.example/blocked",
    ],
)
def test_names_of_hosts_and_people_say_nothing_about_the_cause(words):
    assert judge(words).is_certain


@pytest.mark.parametrize(
    ("words", "refusal"),
    [("550 5.1.1 unknown", "gone"), ("550 no", "unclear"), ("552 5.2.2 full", ""), ("550 5.7.1 no", "")],
)
def test_a_delivery_notes_what_counts_against_its_address(words, refusal):
    assert judge(words).refusal == refusal


@pytest.mark.parametrize("piece", ["a.", "user ", "550 ", "mailbox ", "x", "(", "---- "])
def test_words_without_end_are_judged_by_their_beginning(piece):
    words = "550 5.2.2 full " + piece * 2_000_000
    assert judge(words).cause is Cause.FULL
