"""Lists as programs write them: the meaning of columns, in every kind of file."""

import io
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook

from desk.files import UnusableFileError
from subscribers.exchange.address_list import TWICE, AddressList
from subscribers.exchange.records import Outcome, Record, Standing
from subscribers.exchange.row_states import UNKNOWN_STATE

MAILCHIMP = (
    '"Email Address","First Name","Last Name",Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,'
    "CONFIRM_IP,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a file of some text or bytes."""

    def reading(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return AddressList(path)

    return reading


def standings(address_list):
    return {item.address: item.standing for item in address_list if isinstance(item, Record)}


def skipped(address_list):
    return [(item.line, item.outcome) for item in address_list if not isinstance(item, Record)]


def test_it_reads_an_export_of_mailchimp(read):
    row = "anna@example.org,Anna,Berg,1 High St,2,2015-03-16 14:40:47,,2015-03-16 15:00:00,203.0.113.9,,1,e,,"
    address_list = read(f"{MAILCHIMP}\r\n{row}\r\n", "subscribed_members_export_1.csv")
    [anna] = address_list
    assert (address_list.format, anna.address, anna.first_name) == ("Mailchimp", "anna@example.org", "Anna")
    assert anna.asked_at.isoformat() == "2015-03-16T14:40:47+00:00"
    assert anna.joined_at.isoformat() == "2015-03-16T15:00:00+00:00"
    assert anna.region == "203.0.113.0/24"


@pytest.mark.parametrize(
    ("name", "header", "cell", "standing"),
    [
        (
            "unsubscribed_members_export_1.csv",
            "UNSUB_TIME,LEID",
            "2020-01-02 03:04:05,1",
            Standing.UNSUBSCRIBED,
        ),
        ("renamed.csv", "UNSUB_TIME,LEID", "2020-01-02 03:04:05,1", Standing.UNSUBSCRIBED),
        ("cleaned_members_export_1.csv", "CLEAN_TIME,LEID", ",1", Standing.BOUNCED),
        ("list.csv", "Status", "cleaned", Standing.BOUNCED),
        ("list.csv", "Status", "Complained", Standing.COMPLAINED),
        # Substack: a paid plan is not what tells whether somebody reads.
        ("list.csv", "active_subscription,email_disabled", "false,false", Standing.SUBSCRIBED),
        ("list.csv", "active_subscription,email_disabled", "true,true", Standing.UNSUBSCRIBED),
        ("list.csv", "subscribed_to_emails,deleted_at", "true,", Standing.SUBSCRIBED),
        ("list.csv", "subscribed_to_emails,deleted_at", "false,", Standing.UNSUBSCRIBED),
        ("list.csv", "List status,Global status", "subscribed,subscribed", Standing.SUBSCRIBED),
        ("list.csv", "List status,Global status", "unsubscribed,subscribed", Standing.UNSUBSCRIBED),
        ("list.csv", "List status,Global status", "subscribed,bounced", Standing.BOUNCED),
        # Where somebody lives is not how they stand.
        ("list.csv", "State", "CA", Standing.SUBSCRIBED),
    ],
)
def test_it_takes_the_strictest_state_that_a_row_tells(read, name, header, cell, standing):
    assert standings(read(f"email,{header}\na@example.org,{cell}\n", name)) == {"a@example.org": standing}


@pytest.mark.parametrize(
    ("name", "header", "cell"),
    [
        ("nonsubscribed_members_export_1.csv", "LEID", "1"),
        ("list.csv", "Global status", "unconfirmed"),
        ("list.csv", "Global status", "inactive"),
        ("list.csv", "Status", ""),
        ("list.csv", "subscribed_to_emails,deleted_at", "true,2024-01-01T00:00:00.000Z"),
    ],
)
def test_whoever_never_confirmed_or_is_gone_is_skipped(read, name, header, cell):
    assert skipped(read(f"email,{header}\na@example.org,{cell}\n", name)) == [(2, Outcome.SKIPPED)]


def test_a_state_that_is_not_known_is_refused_and_named(read):
    address_list = read("email,status\na@example.org,wobbly\n")
    [row] = address_list
    assert (row.outcome, row.reason) == (Outcome.REFUSED, UNKNOWN_STATE)
    assert "wobbly" in address_list.warnings[0]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"anna@example.org\n", "Zo\xeb"),
        (b"\xef\xbb\xbfE-Mail\r\nanna@example.org\r\n", ""),
        ("e-mail;First name\nanna@example.org;Zoë\n", "Zoë"),
        ("sep=;\nEMAIL;fname\nanna@example.org;Zoë\n", "Zoë"),
        ("Email\tName\nanna@example.org\tZoë Berg\n", "Zoë"),
        ("Email,First name\nanna@example.org,Zoë\n".encode("cp1252"), "Zoë"),
        ("Email\tFirst name\nanna@example.org\tZoë\n".encode("utf-16"), "Zoë"),
        ("Email\tFirst name\nanna@example.org\tZoë\n".encode("utf-16-le"), "Zoë"),
        ("Email;First name\nanna@example.org;Zoë\n".encode("utf-16-be"), "Zoë"),
        (b"Email,First name\ranna@example.org,Z\r", "Z"),
        ('\n\nEmail,Note,First name\nanna@example.org,"two\nlines; and ""quotes""",Zoë', "Zoë"),
    ],
)
def test_it_reads_whatever_kind_of_text(read, content, name):
    [anna] = read(content)
    assert anna.address == "anna@example.org"
    assert anna.first_name == ("" if content == b"anna@example.org\n" else name)


def test_it_reads_a_sheet(read):
    book, file = Workbook(), io.BytesIO()
    book.active.append(["Email", "First name", "Status"])
    book.active.append([None, None, None])
    book.active.append(["anna@example.org", 7, "subscribed"])
    book.save(file)
    [anna] = read(file.getvalue(), "list.xlsx")
    assert (anna.line, anna.address, anna.first_name) == (3, "anna@example.org", "7")


def test_a_sheet_tells_times_and_answers_by_the_kinds_of_its_cells(read):
    book, file = Workbook(), io.BytesIO()
    for row in (
        ["Email", "Date added", "Unsubscribed"],
        ["anna@example.org", datetime.combine(date(2020, 2, 1), time(10, 20)), False],
        ["berta@example.org", 43862, True],
        ["cleo@example.org", date(2020, 2, 1), None, None, None],
        ["dora@example.org", None, "Unsubscribed (GDPR)", "more than there is room for"],
    ):
        book.active.append(row)
    book.save(file)
    *people, dora = read(file.getvalue(), "list.xlsx")
    assert [person.standing.name for person in people] == ["SUBSCRIBED", "UNSUBSCRIBED", "SUBSCRIBED"]
    assert {f"{person.joined_at:%Y-%m-%d}" for person in people} == {"2020-02-01"}
    assert (dora.outcome, [each.address for each in dora.left]) == (Outcome.REFUSED, ["dora@example.org"])


def test_a_sheet_whose_styles_unpack_to_very_much_is_refused_before_they_are_read(read):
    book, file, bomb = Workbook(), io.BytesIO(), io.BytesIO()
    book.active.append(["anna@example.org"])
    book.save(file)
    with zipfile.ZipFile(file) as packed, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as repacked:
        for name in packed.namelist():
            padding = b" " * 20_000_001 if name == "xl/styles.xml" else b""
            repacked.writestr(name, packed.read(name) + padding)
    with pytest.raises(UnusableFileError, match="more than is sane"):
        read(bomb.getvalue(), "list.xlsx")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n  \n", "empty"),
        (b"a\0b,c\n", "binary"),
        (b"\xff\xd8\xff\xe0 \x81\x8d\x8f", "neither UTF-8"),
        (b"name,age\nAnna,7\n", "No column of addresses.*name, age"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old or a locked"),
        (b"PK\x03\x04broken", "cannot be unpacked"),
        (b'"email\nanna@example.org\n', "line 1 is never closed"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_a_sentence(read, content, reason):
    with pytest.raises(UnusableFileError, match=reason) as refusal:
        read(content)
    assert "\n" not in str(refusal.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(UnusableFileError, match="folder"):
        AddressList(tmp_path)
    with pytest.raises(UnusableFileError, match="no such file"):
        AddressList(tmp_path / "gone.csv")


def test_several_columns_without_names_are_refused_whatever_they_hold(read):
    with pytest.raises(UnusableFileError, match="Put a row above it"):
        read("anna@example.org,Anna,unsubscribed\nberta@example.org,Berta,subscribed\n")


def test_in_a_list_of_addresses_alone_a_second_cell_is_refused(read):
    anna, berta = read("anna@example.org\nberta@example.org,unsubscribed\n")
    assert (anna.standing, berta.outcome) == (Standing.SUBSCRIBED, Outcome.REFUSED)
    assert [each.address for each in berta.left] == ["berta@example.org"]


def test_rows_are_known_by_the_line_on_which_they_begin(read):
    address_list = read('email,note\na@example.org,"one\ntwo"\nnonsense,\n\nb@example.org,x\n')
    assert [item.line for item in address_list] == [2, 4, 6]
    assert skipped(address_list) == [(4, Outcome.REFUSED)]


@pytest.mark.parametrize(
    "rows",
    [
        'b@example.org,"open\nc@example.org,y\n',
        # The next mark seems to close it, and would swallow who left.
        'b@example.org,"open\nc@example.org,unsubscribed\nd@example.org,"x"\n',
        '"b@example.org","open\n"c@example.org","unsubscribed"\n',
        f'b@example.org,"{"open " * 30_000}\n',
    ],
)
def test_a_quotation_mark_that_is_not_closed_where_it_should_be_refuses_the_file(read, rows):
    with pytest.raises(UnusableFileError, match="line 3 is never closed"):
        read(f"email,note\na@example.org,x\n{rows}")


def test_a_cell_of_several_lines_swallows_nothing(read):
    [anna, bob] = read('email,note\na@example.org,"one\n""two"", and\nthree"\nb@example.org,"x"\n')
    assert (anna.line, bob.line) == (2, 5)


def test_an_address_that_stands_twice_counts_once_with_its_strictest_state(read):
    text = "email,status\nA@example.org,subscribed\nb@example.org,subscribed\na@EXAMPLE.org,unsubscribed\n"
    address_list = list(read(text))
    assert [item.standing for item in address_list[:2]] == [Standing.UNSUBSCRIBED, Standing.SUBSCRIBED]
    assert (address_list[2].line, address_list[2].outcome, address_list[2].reason) == (
        4,
        Outcome.SKIPPED,
        TWICE,
    )
    assert "line 2" in address_list[2].detail


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("  Anna   Maria ", "Anna Maria"),
        ("Anna\u202e\x07", "Anna"),
        ("x" * 61, ""),
        ("Visit www.evil.example", ""),
        ("=1+1", "=1+1"),
        ("<b>Anna</b>", "<b>Anna</b>"),
    ],
)
def test_a_name_is_one_plain_line_or_left_out(read, cell, name):
    [anna] = read(f"email,first name\na@example.org,{cell}\n")
    assert anna.first_name == name
    assert bool(anna.notes) is (name not in {cell, "Anna Maria"})


@pytest.mark.parametrize("cell", ["31.31.2019", "2019-13-01", "2999-01-01", "1066-10-14", "never", "9" * 400])
def test_a_time_that_cannot_be_is_left_out_and_noted(read, cell):
    [anna] = read(f"email,created_at\na@example.org,{cell}\n")
    assert anna.joined_at is None
    assert anna.notes
