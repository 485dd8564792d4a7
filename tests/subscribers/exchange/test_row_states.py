"""Rows that do not fit their columns, and what a refused row tells all the same."""

import pytest

from subscribers.exchange.address_list import LEFT_UNREADABLE, NO_ADDRESS, AddressList
from subscribers.exchange.records import Outcome, Record, RowResult, Standing
from subscribers.exchange.row_states import SHIFTED, TOO_MANY_CELLS, UNKNOWN_STATE

LEFT_AT = "Email,First Name,Last Name,unsubscribed_at,Notes"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads the text of a list."""

    def reading(text, name="list.csv"):
        (tmp_path / name).write_text(text)
        return list(AddressList(tmp_path / name))

    return reading


def refused(rows):
    return {
        row.line: row.reason for row in rows if isinstance(row, RowResult) and row.outcome == Outcome.REFUSED
    }


def left(rows):
    return {each.address: each.standing.name for row in rows for each in getattr(row, "left", ())}


@pytest.mark.parametrize(
    "row", ["a@example.org", "a@example.org,Ann", "a@example.org,Ann,,,", "a@example.org,,,,\u200b,,,"]
)
def test_empty_cells_too_many_or_too_few_at_the_end_are_nothing(read, row):
    [anna] = read(f"{LEFT_AT}\n{row}\n")
    assert (anna.address, anna.standing) == ("a@example.org", Standing.SUBSCRIBED)


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        (LEFT_AT, "a@example.org,Berg, Jr,,2020-01-01 10:00:00,", SHIFTED),
        (LEFT_AT, "a@example.org,Berg, Jr,,2020-01-01 10:00:00,by phone", TOO_MANY_CELLS),
        (LEFT_AT, "a@example.org,Berg, Jr, Dr,,2020-01-01,", TOO_MANY_CELLS),
        ("Email,First,Last,Status,Notes", "a@example.org,Berg, Jr,,unsubscribed,", SHIFTED),
        ("Email,Name,Status,Notes", "a@example.org,Berg, Jr,unsubscribed,", UNKNOWN_STATE),
        ("Email,First,Last,Unsubscribed,Notes", "a@example.org,Berg, Jr,,yes,", SHIFTED),
        ("Email,First,Last,Subscribed,Notes", "a@example.org,Berg, Jr,,no,", SHIFTED),
        (
            "Email,Name,Created at,Unsubscribed at",
            "a@example.org,Berg, Jr,2019-01-01,2020-01-01",
            TOO_MANY_CELLS,
        ),
        ("Name,Email,Unsubscribed at", "Berg, Jr,a@example.org,2020-01-01", TOO_MANY_CELLS),
        ("Email,First name,Last name,Status", "a@example.org,Berg,unsubscribed", SHIFTED),
    ],
)
def test_a_row_whose_cells_moved_is_refused_and_whoever_left_by_it_is_named(read, header, row, reason):
    rows = read(f"{header}\n{row}\n")
    assert refused(rows) == {2: reason}
    assert left(rows) == {"a@example.org": "UNSUBSCRIBED"}


def test_a_program_that_ends_each_row_with_a_separator_moves_no_cells(read):
    header = "Email,First,Last,unsubscribed_at,opened"
    rows = read(header + "\n" + "".join(f"p{n}@example.org,Ann,Berg,,2020-01-01,\n" for n in range(3)))
    assert [row.standing for row in rows] == [Standing.SUBSCRIBED] * 3


def test_a_short_row_takes_no_other_date_for_that_of_leaving(read):
    [anna] = read("Email,Name,Created at,unsubscribed_at\na@example.org,Ann,2020-01-01\n")
    assert anna.standing == Standing.SUBSCRIBED
    assert anna.joined_at.year == 2020


@pytest.mark.parametrize(
    ("row", "reason", "standing"),
    [
        ("a@example.org,wobbly,2020-01-01,,", UNKNOWN_STATE, "UNSUBSCRIBED"),
        ("a@example.org,wobbly,,yes,", UNKNOWN_STATE, "BOUNCED"),
        ("a@example.org,wobbly,,,Spam complaint", UNKNOWN_STATE, "COMPLAINED"),
        ("a@example.org,wobbly,,,complained,more", TOO_MANY_CELLS, "COMPLAINED"),
        ("a@example.org,unsubscribed,,,,more", TOO_MANY_CELLS, "UNSUBSCRIBED"),
        ("a@example.org,wobbly,no,no,fine", UNKNOWN_STATE, None),
        ("a@example.org,not unsubscribed,,,", UNKNOWN_STATE, None),
    ],
)
def test_a_row_refused_for_whatever_reason_still_tells_who_left(read, row, reason, standing):
    rows = read(f"Email,Status,Unsubscribed at,Bounced,Notes\n{row}\n")
    assert refused(rows) == {2: reason}
    assert left(rows) == ({"a@example.org": standing} if standing else {})


def test_two_addresses_in_a_cell_are_both_taken_off_and_half_an_address_is_nobodys(read):
    rows = read(
        "Email,Status\na@example.org / b@example.org,unsubscribed\nkim @example.org,bounced\n"
        "two words@example.org,unsubscribed\nc@example.org and d@example.org,subscribed\n"
    )
    assert left(rows) == {"a@example.org": "UNSUBSCRIBED", "b@example.org": "UNSUBSCRIBED"}
    unreadable = f"{NO_ADDRESS} {LEFT_UNREADABLE}"
    assert refused(rows) == {2: NO_ADDRESS, 3: unreadable, 4: unreadable, 5: NO_ADDRESS}


def test_whoever_stands_right_of_where_the_address_can_be_is_somebody_else(read):
    header = "Name,Email,Town,Manager,Status"
    rows = read(f"{header}\nSmith, Jr,a@example.org,Bonn,boss@example.org,unsubscribed\n")
    assert left(rows) == {"a@example.org": "UNSUBSCRIBED"}
    rows = read(f"{header}\nBerg,a @example.org,Bonn,a@example.org,unsubscribed\n")
    assert left(rows) == {"a@example.org": "UNSUBSCRIBED"}


def test_by_the_name_of_a_file_all_left_also_in_rows_that_are_refused(read):
    rows = read("Email,Name\na@example.org,Berg, Jr\n", "unsubscribed_members.csv")
    assert left(rows) == {"a@example.org": "UNSUBSCRIBED"}


@pytest.mark.parametrize("is_first", [True, False])
def test_a_refused_row_takes_off_who_stands_elsewhere_in_the_file_too(read, is_first):
    rows = ["a@example.org,subscribed,\n", "a@example.org,wobbly,hard bounce\n"]
    items = read("Email,Status,Notes\n" + "".join(rows[:: 1 if is_first else -1]))
    standings = [item.standing.name for item in items if isinstance(item, Record)]
    assert (standings, left(items)) == ((["BOUNCED"], {}) if is_first else ([], {"a@example.org": "BOUNCED"}))


@pytest.mark.parametrize(
    ("header", "row", "standing"),
    [
        ("Status,Unsubscribed at", "subscribed,2020-01-01", "UNSUBSCRIBED"),
        ("Status,Bounced", "active,yes", "BOUNCED"),
        ("Status,Status", "active,Unsubscribed (GDPR)", "UNSUBSCRIBED"),
        ("Subscribed,Spam complaint date", "yes,2020-01-01", "COMPLAINED"),
        ("Status,Accepts marketing", "subscribed,no", None),
        ("Status,Notes", "subscribed,unsubscribed", "UNSUBSCRIBED"),
        ("Status,Unsubscribed at,Bounced", "subscribed,NULL,-", "SUBSCRIBED"),
        ("Status,Unsubscribed at", "subscribed,0000-00-00", "SUBSCRIBED"),
        ("Status,Unsubscribed at", "subscribed,some day", "UNSUBSCRIBED"),
        ("State,Last name", "CA,Left", "SUBSCRIBED"),
        ("Status,Last name", "NULL,Berg", None),
    ],
)
def test_of_columns_that_contradict_each_other_the_worst_counts(read, header, row, standing):
    [item] = read(f"Email,{header}\na@example.org,{row}\n")
    assert (item.standing.name if isinstance(item, Record) else None) == standing


@pytest.mark.parametrize(
    ("cells", "year"),
    [
        ("unsubscribed,2019-01-01,2021-01-01", 2021),
        ("unsubscribed,2021-01-01,2019-01-01", 2021),
        ("unsubscribed,,", None),
        # They bounced in an unknown year, and when they left says nothing of that.
        ("bounced,2019-01-01,", None),
    ],
)
def test_the_time_of_an_end_is_the_latest_of_the_strictest_state(read, cells, year):
    [anna] = read(f"Email,Status,Unsubscribed at,Opt-out date\na@example.org,{cells}\n")
    assert getattr(anna.ended_at, "year", None) == year


@pytest.mark.parametrize("dates", [("2019-01-01", "2021-01-01"), ("2021-01-01", "2019-01-01")])
def test_of_two_rows_of_one_address_the_later_end_counts(read, dates):
    anna, _ = read("Email,Unsubscribed at\n" + "".join(f"a@example.org,{date}\n" for date in dates))
    assert anna.ended_at.year == 2021


def test_a_column_state_is_one_of_states_where_any_cell_of_it_is(read):
    text = (
        "Email,State\na@example.org,active\nb@example.org,cancelled\nc@example.org,wobbly\nd@example.org,\n"
    )
    rows = read(text)
    assert [getattr(row, "standing", None) for row in rows[:2]] == [
        Standing.SUBSCRIBED,
        Standing.UNSUBSCRIBED,
    ]
    assert [row.outcome for row in rows[2:]] == [Outcome.REFUSED, Outcome.SKIPPED]


def test_letters_are_states_in_the_newsletter_plugins_list_alone(read):
    rows = "".join(f"{letter}@example.org,,{letter.upper()}\n" for letter in "csubp")
    standings = {
        item.address[0]: item.standing.name
        for item in read("Email,Surname,Status,Token\n" + rows)
        if isinstance(item, Record)
    }
    assert standings == {"c": "SUBSCRIBED", "u": "UNSUBSCRIBED", "b": "BOUNCED", "p": "COMPLAINED"}
    assert len(refused(read("Email,Surname,Status\n" + rows))) == 5


def test_one_clear_date_tells_the_order_of_all(read):
    header, rows = "Email,Date added\n", "a@example.org,02/03/2020\nb@example.org,{}\n"
    for other, day in (
        ("25/03/2020", "2020-03-02"),
        ("03/25/2020", "2020-02-03"),
        ("04/05/2020", "2020-03-02"),
    ):
        anna, _ = read(header + rows.format(other))
        assert f"{anna.joined_at:%Y-%m-%d}" == day
        assert bool(anna.notes) is (other == "04/05/2020")
