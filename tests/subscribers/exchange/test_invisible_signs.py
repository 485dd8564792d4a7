"""Signs that nobody sees, and what people put around an address, make no second person of one."""

import io

import pytest
from django.core.management import call_command

from subscribers.exchange.address_list import AddressList
from subscribers.exchange.records import Outcome
from subscribers.models import Subscriber


def bring(path, text):
    """Import a list."""
    path.write_text(text)
    call_command("import_subscribers", str(path), "--source", "A form.", stdout=io.StringIO())


@pytest.mark.django_db
def test_who_left_in_another_list_gets_nothing_whatever_signs_are_around_the_address(tmp_path, settings):
    settings.STATE_DIR = tmp_path
    here = [f"p{number}@example.org" for number in range(6)]
    bring(tmp_path / "first.csv", "Email,Status\n" + "".join(f"{each},subscribed\n" for each in here))
    left = [
        f"{here[0]}\u200b",
        f"\ufeff\u202a{here[1].upper()}\u202c",
        f"mailto:{here[2]}",
        f"Some Body <{here[3]}>;",
        here[4].replace("exam", "exam\u00ad").replace("@", "\uff20"),
    ]
    bring(tmp_path / "left.csv", "Email,Status\n" + "".join(f"{each},unsubscribed\u2060\n" for each in left))
    reachable = Subscriber.objects.filter(state=Subscriber.State.CONFIRMED)
    assert [each.address for each in reachable] == here[5:]


def test_each_way_to_write_an_address_is_taken_and_two_ways_are_one_person(tmp_path):
    cells = [
        "\u200eq1@example.org",
        "\u202aq2@example.org\u202c",
        "q3@example.org\u00a0",
        "q4@example.org;",
        "<q5@example.org>",
        "q6@example.org.",
        "'q7@example.org'",
        "Q8@Example.org",
        "q8@example.ORG",
        "q9@exm\u00e4mple.org",
        "mailto:q10@example.org",
        "Some Body <q11@example.org>",
        "q12\uff20example.org\u2060",
    ]
    (tmp_path / "list.csv").write_text("Email,Status\n" + "".join(f"{each},Active\n" for each in cells))
    rows = list(AddressList(tmp_path / "list.csv"))
    taken = [row.address.partition("@")[0].lower() for row in rows if not hasattr(row, "outcome")]
    assert taken == [f"q{number}" for number in range(1, 13)]
    assert [row.line for row in rows if hasattr(row, "outcome")] == [10]


def test_a_spreadsheets_semicolons_and_mark_make_one_person_who_left_of_two_rows(tmp_path):
    text = "\ufeffE-Mail;Vorname;Status\r\nq1@example.org;Q;subscribed\r\nQ1@EXAMPLE.org;Q;unsubscribed\r\n"
    (tmp_path / "list.csv").write_text(text)
    person, again = AddressList(tmp_path / "list.csv")
    assert (person.standing.name, person.first_name, again.outcome) == ("UNSUBSCRIBED", "Q", Outcome.SKIPPED)


def test_what_is_no_single_address_is_refused_by_its_line(tmp_path):
    cells = ["good@example.org", "two words@example.org", "one@two@example.org"]
    cells += ["one@example.org / two@example.org", "good2@example.org\u2060."]
    (tmp_path / "list.csv").write_text("Email,Status\n" + "".join(f"{each},subscribed\n" for each in cells))
    rows = list(AddressList(tmp_path / "list.csv"))
    refused = [row.line for row in rows if getattr(row, "outcome", None) == Outcome.REFUSED]
    assert refused == [3, 4, 5]
    assert rows[-1].address == "good2@example.org"


def test_a_cell_of_invisible_signs_says_nothing(tmp_path):
    rows = ["Email,First name,Unsubscribed at", "a@example.org,\u200b,\u2060"]
    rows.append("b@example.org,Bo\u00adb,2020-01-02\u200b\n")
    (tmp_path / "list.csv").write_text("\n".join(rows))
    anna, bob = AddressList(tmp_path / "list.csv")
    assert (anna.standing.name, anna.first_name) == ("SUBSCRIBED", "")
    assert (bob.standing.name, bob.first_name) == ("UNSUBSCRIBED", "Bob")
    assert bob.ended_at.year == 2020
