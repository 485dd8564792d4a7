"""What columns say by their names, in the exports of services."""

import pytest

from desk.files import UnusableFileError
from subscribers.exchange import columns
from subscribers.exchange.columns import Columns


def of_states(header):
    names = header.split(",")
    return {names[column.position]: column.kind.name for column in Columns(names).stated}


@pytest.mark.parametrize(
    ("header", "stated"),
    [
        ("Email,UNSUB_TIME,UNSUB_CAMPAIGN_ID,CLEAN_TIME", {"UNSUB_TIME": "ENDED", "CLEAN_TIME": "ENDED"}),
        (
            "Email address,Email permissions status,Confirmed Opt-Out Date,Confirmed Opt-Out Source",
            {"Email permissions status": "STATE", "Confirmed Opt-Out Date": "ENDED"},
        ),
        (
            "EMAIL,emailBlacklisted,smsBlacklisted,BLACKLISTED",
            {"emailBlacklisted": "UNWANTED", "BLACKLISTED": "UNWANTED"},
        ),
        ("Email,Stop Time,Stop Status", {"Stop Time": "ENDED", "Stop Status": "UNWANTED"}),
        (
            "Email,Unsubscribed from all email,Opted out of email: News,Email hard bounce reason",
            {
                "Unsubscribed from all email": "UNWANTED",
                "Opted out of email: News": "UNWANTED",
                "Email hard bounce reason": "WHY",
            },
        ),
        (
            "Email,Marketing contact status,Lead Status",
            {"Marketing contact status": "PERHAPS", "Lead Status": "PERHAPS"},
        ),
        ("email,subscribed_to_emails,deleted_at", {"subscribed_to_emails": "WANTED", "deleted_at": "ENDED"}),
        (
            "Email,Date unsubscribed,Spam complaint date",
            {"Date unsubscribed": "ENDED", "Spam complaint date": "ENDED"},
        ),
        (
            "Email,Status,Subscriber status,State",
            {"Status": "STATE", "Subscriber status": "STATE", "State": "PERHAPS"},
        ),
        ("Email,Status,Status", {"Status": "STATE"}),
        (
            "Email,active_subscription,Cancel date,Bounce count,bouncecount,unsubscribelink,SMS status",
            {"SMS status": "PERHAPS"},
        ),
    ],
)
def test_columns_that_say_how_somebody_stands(header, stated):
    assert of_states(header) == stated


def test_of_two_columns_with_one_name_both_count():
    assert [column.position for column in Columns(["Email", "Status", "Status"]).stated] == [1, 2]


@pytest.mark.parametrize(
    "name",
    [
        "Date added",
        "Date Added (UTC)",
        "ADDED_TIME",
        "added_on",
        "Created At",
        "Create Date",
        "Date Joined",
        "Subscribe date",
        "Date subscribed",
        "Opt-in Date",
        "Signed up at",
        "Registration date",
        "Member since",
        "Timestamp",
        "Date",
    ],
)
def test_the_joining_date(name):
    assert Columns(["Email", "Last changed at", name]).positions["asked"] == 2


@pytest.mark.parametrize(
    "name", ["Last changed at", "Date of birth", "Modified time", "Confirm time", "Left at"]
)
def test_other_dates_are_not_the_joining_date(name):
    assert "asked" not in Columns(["Email", name]).positions


@pytest.mark.parametrize(
    "name",
    [
        "E-Mail",
        "email_address",
        "Subscriber Email",
        "E-mail 1 - Value",
        "Email Address - Home",
        "E-Mail-Adresse",
    ],
)
def test_the_column_of_addresses(name):
    assert Columns(["Email sent at", "Name", name]).positions["address"] == 2


def test_a_table_without_names_of_columns_is_refused_and_a_column_of_addresses_is_not():
    with pytest.raises(UnusableFileError, match="no header"):
        columns.find(["a@example.org", "unsubscribed"])
    found, has_names = columns.find(["a@example.org", ""])
    assert (found.positions["address"], has_names) == (0, False)
