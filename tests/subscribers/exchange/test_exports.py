"""The table of subscribers: nothing in it runs, and read again it gives the same rows."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from subscribers.exchange import exports
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.store import store
from subscribers.models import ConsentEvent, Subscriber, Suppression
from subscribers.people import subscriptions, suppressions

pytestmark = pytest.mark.django_db

RUNS = set("=+-@\t\r\n＝＋－＠")
NASTY = [
    ("=cmd|'x'@example.org", "=1+1"),
    ("-a@example.org", "-2+3"),
    ("+b@example.org", "+SUM(A1)"),
    ("'c@example.org", "'quoted"),
    ("d@example.org", "''=twice"),
    ("e@example.org", "@import"),
    ("F.O'Neil@example.org", 'say "hi"; x, y'),
    ("g@xn--bcher-kva.example", "Zoë 李 🙂"),
    ("h@example.org", "＝1+1"),
    ("i@example.org", "_x0041_ x005F_"),
    ("j@example.org", "<b>{{ 7 }}</b>"),
    ("k@example.org", "007"),
    ("l@example.org", "true"),
    ("m@example.org", ""),
]


@pytest.fixture(autouse=True)
def state_dir(settings, tmp_path):
    settings.STATE_DIR = tmp_path


@pytest.fixture
def people(tmp_path):
    for address, name in NASTY:
        signup = subscriptions.request(address, first_name=name, page="/tips/=1/", region="203.0.113.0/24")
        subscriptions.confirm(signup)
    named = {person.address: person for person in Subscriber.objects.all()}
    subscriptions.leave(named["-a@example.org"])
    suppressions.suppress(named["d@example.org"].address_hash, Suppression.Reason.BOUNCED, "=evidence\n\x01")
    subscriptions.pause(named["e@example.org"], date(2027, 3, 1))
    plain = tmp_path / "plain.txt"
    plain.write_text("z@example.org\n")
    store(AddressList(plain), source="=HYPERLINK(1), a card")
    return named


@pytest.fixture
def write(tmp_path):
    """Return a function that exports to a file of some kind."""

    def writing(kind):
        path = tmp_path / f"export.{kind}"
        with path.open("wb") as file:
            if kind == "csv":
                file.writelines(exports.csv_lines())
            else:
                exports.write_xlsx(file)
        return path

    return writing


def cells(path):
    if path.suffix == ".csv":
        return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    book = load_workbook(path)
    assert "f" not in {cell.data_type for row in book.active for cell in row}
    return [["" if value is None else value for value in row] for row in book.active.values]


def rows():
    """Return all rows without what is made up anew for each: numbers of rows, and public ids."""
    people = [
        {name: value for name, value in fields.items() if name not in ("id", "public_id")}
        for fields in Subscriber.objects.order_by("address_folded").values()
    ]
    events = [
        {name: value for name, value in fields.items() if name not in ("id", "subscriber_id")}
        for fields in ConsentEvent.objects.order_by("subscriber__address_folded", "at", "id").values()
    ]
    reasons = Suppression.objects.order_by("address_hash", "reason").values_list(
        "address_hash", "reason", "since", "evidence"
    )
    return people, events, list(reasons)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_cell_runs(people, write, kind):
    table = cells(write(kind))
    assert table[0] == list(exports.COLUMNS)
    assert len(table) == len(NASTY) + 2
    formulas = [cell for row in table for cell in row if cell.lstrip()[:1] in RUNS and cell]
    assert formulas == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_read_again_it_gives_the_same_rows(people, write, kind):
    before, path = rows(), write(kind)
    assert (len(before[0]), len(before[2])) == (len(NASTY) + 1, 2)
    assert store(AddressList(path)).as_dict()["kept"] == len(before[0])
    assert rows() == before

    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()
    report = store(AddressList(path)).as_dict()
    assert (report["added"], report["refused"], report["format"]) == (len(before[0]), 0, "own export")
    assert rows() == before
    assert store(AddressList(path)).as_dict()["kept"] == len(before[0])
    assert rows() == before


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_record_too_long_for_a_cell_goes_on_below(people, write, kind):
    first = datetime(2026, 1, 1, tzinfo=UTC)
    ConsentEvent.objects.bulk_create(
        ConsentEvent(subscriber=people["k@example.org"], kind="left", at=first + timedelta(hours=number))
        for number in range(400)
    )
    before, path = rows(), write(kind)
    assert max(len(cell) for row in cells(path) for cell in row) < 32_767
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()
    store(AddressList(path))
    assert rows() == before


def test_who_was_silenced_here_since_the_export_stays_so(people, write):
    path = write("csv")
    key = people["k@example.org"].address_hash
    people["k@example.org"].delete()
    suppressions.suppress(key, Suppression.Reason.ERASED)
    assert store(AddressList(path)).as_dict()["skipped"] == 1
    assert not Subscriber.objects.filter(address_hash=key).exists()


@pytest.mark.parametrize(
    "record",
    [
        "{",
        "[]",
        '{"consents": [{"kind": "crowned"}]}',
        '{"consents": [{"kind": "left", "at": "2026-01-01T00:00:00"}]}',
        '{"consents": [{"kind": "left", "at": "0001-01-01T00:00:00+09:00"}]}',
        '{"consents": [{"kind": "left", "at": "2026-01-01T00:00:00Z", "page": "\\u0000"}]}',
        '{"consents": [{"kind": "left", "at": "2026-01-01T00:00:00Z", "wording": "\\ud800"}]}',
        '{"suppressions": [{"reason": 7}]}',
        "[" * 9000,
    ],
)
def test_a_record_that_was_tampered_with_is_refused(write, tmp_path, record):
    path = tmp_path / "own.csv"
    row = dict.fromkeys(exports.COLUMNS, "") | {
        exports.ADDRESS: "a@example.org",
        exports.ROLES["status"]: "confirmed",
        exports.RECORD: record,
    }
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([row.keys(), row.values()])
    assert store(AddressList(path)).as_dict()["refused"] == 1
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("cells", "reasons"),
    [
        ({"Left": "2100-01-01T00:00:00+00:00"}, {"unsubscribed"}),
        ({"Suppressed": "complained, bounced"}, {"complained", "bounced"}),
        ({"Suppressed": "bounced", "Record": "{"}, {"bounced"}),
        ({"Status": "Unsubscribed"}, {"unsubscribed"}),
    ],
)
def test_what_somebody_wrote_into_an_export_by_hand_takes_people_off(people, write, tmp_path, cells, reasons):
    header, *others = csv.reader(io.StringIO(write("csv").read_text("utf-8-sig"), newline=""))
    [row] = [dict(zip(header, row, strict=True)) for row in others if row[0] == "k@example.org"]
    path = tmp_path / "edited.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, (row | cells).values()])
    store(AddressList(path))
    assert not Subscriber.objects.reachable(timezone.localdate()).filter(address="k@example.org").exists()
    assert suppressions.reasons("k@example.org") >= reasons


def test_a_row_that_goes_on_below_and_cannot_be_read_there_is_refused_as_a_whole(tmp_path):
    path = tmp_path / "own.csv"
    first = dict.fromkeys(exports.COLUMNS, "") | {"E-mail address": "a@example.org", "Status": "confirmed"}
    below = first | {"Status": exports.CONTINUED, "Record": '{"suppressions": []}'}
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([first, first.values(), [*below.values(), "moved"]])
    assert store(AddressList(path)).as_dict()["refused"] == 1
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("text", ["", "'", "''", "=1", " =1", "'=1", "\u00a0=1", "\t", "a=1", "-"])
def test_guarding_is_undone_exactly(text):
    guarded = exports.guarded(text)
    assert exports.unguarded(guarded) == text
    assert not guarded or guarded[0] not in RUNS


def test_the_queries_of_an_export_do_not_grow_with_its_rows(people):
    with CaptureQueriesContext(connection) as queries:
        list(exports.table())
    assert len(queries) <= 4
