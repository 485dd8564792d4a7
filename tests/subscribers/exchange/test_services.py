"""Lists in the shape in which services export them: who is taken, who is silenced, and who is skipped."""

import pytest

from subscribers.exchange.address_list import AddressList
from subscribers.exchange.records import Record

# Of each: the columns, and rows without the address, by what they should come to.
SERVICES = {
    "Constant Contact": (
        "First name,Email permissions status,Created At,Confirmed Opt-Out Date",
        {
            "SUBSCRIBED": ["Ann,Explicit,02/01/2020 10:00 AM,"],
            "UNSUBSCRIBED": ["Bo,Unsubscribed,02/01/2020,02/25/2021", "Bo,Explicit,02/01/2020,02/25/2021"],
            "skipped": ["Cy,Temporary hold,,", "Cy,Implied,,", "Cy,Not set,,", "Cy,Awaiting confirmation,,"],
        },
    ),
    "Campaign Monitor": (
        "Name,Status,Date Joined,State",
        {
            "SUBSCRIBED": ["Ann Berg,Active,2020-02-01 10:00,CA"],
            "UNSUBSCRIBED": ["Bo,Unsubscribed,2020-02-01,NY"],
            "BOUNCED": ["Bo,Bounced,2020-02-01,NY"],
            "skipped": ["Cy,Unconfirmed,2020-02-01,", "Cy,Deleted,2020-02-01,"],
        },
    ),
    "Brevo": (
        "CONTACT ID,FIRSTNAME,OPT_IN,BLACKLISTED,smsBlacklisted,ADDED_TIME",
        {
            "SUBSCRIBED": ["1,Ann,,,1,2020-02-01", "1,Ann,Yes,0,1,2020-02-01"],
            "UNSUBSCRIBED": ["2,Bo,Yes,1,0,2020-02-01", "2,Bo,,true,,2020-02-01"],
            "skipped": ["3,Cy,No,0,0,2020-02-01"],
        },
    ),
    "MailPoet": (
        "First name,Subscription time,Confirmation time,List status,Global status",
        {
            "SUBSCRIBED": ["Ann,2020-02-01 09:00:00,2020-02-01 10:00:00,subscribed,subscribed"],
            "UNSUBSCRIBED": ["Bo,2020-02-01,2020-02-01,unsubscribed,subscribed"],
            "BOUNCED": ["Bo,2020-02-01,2020-02-01,subscribed,bounced"],
            "skipped": ["Cy,2020-02-01,,subscribed,unconfirmed"],
        },
    ),
    "Kit": (
        "first_name,state,created_at,tags",
        {
            "SUBSCRIBED": ["Ann,active,2020-02-01T10:00:00.000Z,reader"],
            "UNSUBSCRIBED": ["Bo,cancelled,2020-02-01T10:00:00.000Z,"],
            "BOUNCED": ["Bo,bounced,2020-02-01T10:00:00.000Z,"],
            "COMPLAINED": ["Bo,complained,2020-02-01T10:00:00.000Z,"],
            "skipped": ["Cy,inactive,2020-02-01T10:00:00.000Z,"],
        },
    ),
    "AWeber": (
        "Name,Date Added,Stop Time,Stop Status,Verified",
        {
            "SUBSCRIBED": ["Ann Berg,02/01/20,,subscribed,yes", "Ann,02/01/20,,,yes"],
            "UNSUBSCRIBED": ["Bo,02/25/20,02/03/21,unsubscribed,yes", "Bo,02/25/20,02/03/21,,yes"],
            "skipped": ["Cy,02/25/20,,,no"],
        },
    ),
    "HubSpot": (
        "First Name,Unsubscribed from all email,Opted out of email: News,Marketing contact status,"
        "Email hard bounce reason,Create Date,Lead Status",
        {
            "SUBSCRIBED": [
                "Ann,,,Marketing contact,,2020-02-01 10:00,Open",
                "Ann,No,No,,,2020-02-01,Left a message",
            ],
            "UNSUBSCRIBED": ["Bo,true,,Non-marketing contact,,2020-02-01,", "Bo,,Yes,,,2020-02-01,"],
            "BOUNCED": ["Bo,,,Marketing contact,UNKNOWN_USER,2020-02-01,"],
        },
    ),
    "Ghost": (
        "name,subscribed_to_emails,complimentary_plan,created_at,deleted_at,labels",
        {
            "SUBSCRIBED": ["Ann Berg,true,false,2020-02-01T10:00:00.000Z,,vip"],
            "UNSUBSCRIBED": ["Bo,false,true,2020-02-01T10:00:00.000Z,,"],
            "skipped": ["Cy,true,false,2020-02-01T10:00:00.000Z,2021-01-01T10:00:00.000Z,"],
        },
    ),
    "listmonk": (
        "uuid,name,attributes,status,created_at,updated_at",
        {
            "SUBSCRIBED": ["u1,Ann,{},enabled,2020-02-01T10:00:00.123456Z,2021-01-01T10:00:00Z"],
            "UNSUBSCRIBED": ["u2,Bo,{},blocklisted,2020-02-01T10:00:00Z,2021-01-01T10:00:00Z"],
            "skipped": ["u3,Cy,{},disabled,2020-02-01T10:00:00Z,"],
        },
    ),
    "Jetpack": (
        "Subscription status,Subscribe date",
        {
            "SUBSCRIBED": ['Subscribed,"February 1, 2020"', "subscribed,2020-02-01 10:00:00"],
            "skipped": ["Not confirmed,", "Not subscribed,"],
            "refused": ["Not sending,"],
        },
    ),
    "The Newsletter Plugin": (
        "Name,Surname,Gender,Status,Date,Token",
        {
            "SUBSCRIBED": ["Ann,Berg,f,C,2020-02-01 10:00:00,t1"],
            "UNSUBSCRIBED": ["Bo,Left,m,U,2020-02-01 10:00:00,t2"],
            "BOUNCED": ["Bo,Left,m,B,2020-02-01 10:00:00,t2"],
            "COMPLAINED": ["Bo,Left,m,P,2020-02-01 10:00:00,t2"],
            "skipped": ["Cy,,n,S,2020-02-01 10:00:00,t3"],
            "refused": ["Di,,n,X,2020-02-01 10:00:00,t4"],
        },
    ),
    "phpList": (
        "confirmed,blacklisted,bouncecount,entered",
        {
            "SUBSCRIBED": ["1,0,3,2020-02-01 10:00:00"],
            "UNSUBSCRIBED": ["1,1,0,2020-02-01 10:00:00"],
            "skipped": ["0,0,0,2020-02-01 10:00:00"],
        },
    ),
    "MailerLite": (
        "Name,Status,Subscribed,Unsubscribed",
        {
            "SUBSCRIBED": ["Ann,Active,2020-02-01 10:00:00,"],
            "UNSUBSCRIBED": ["Bo,Active,2020-02-01 10:00:00,2021-01-02 10:00:00"],
            "COMPLAINED": ["Bo,Junk,2020-02-01 10:00:00,"],
        },
    ),
}


@pytest.mark.parametrize("service", SERVICES)
def test_the_list_of_a_service(service, tmp_path):
    columns, cells = SERVICES[service]
    expected = [(what, row) for what, rows in cells.items() for row in rows]
    lines = [f"p{number}@example.org,{row}" for number, (_, row) in enumerate(expected)]
    (tmp_path / "export.csv").write_text("\n".join([f"Email,{columns}", *lines]))
    items = list(AddressList(tmp_path / "export.csv"))
    told = [item.standing.name if isinstance(item, Record) else str(item.outcome) for item in items]
    assert told == [what for what, _ in expected]
    assert {f"{item.joined_at:%Y-%m-%d}" for item in items if told[items.index(item)] == "SUBSCRIBED"} == {
        "2020-02-01"
    }
