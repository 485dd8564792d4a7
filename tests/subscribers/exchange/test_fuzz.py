"""Lists of all kinds of rows: whatever they hold, nobody who left by them is mailed."""

import io
import json

import pytest
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from desk.files import UnusableFileError
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.records import Outcome, Record
from subscribers.exchange.store import store
from subscribers.models import Subscriber, Suppression

ADDRESSES = [f"{letter}@example.org" for letter in "abcd"]
LEFT_WORDS = ["unsubscribed", "Hard Bounce", "Spam complaint", "Opted out (GDPR)", "Cleaned"]
TIMES = ["2020-01-01", "01/02/2020", "43831"]
OTHER = ["", "active", "wobbly", "Berg", "Berg, Jr", 'say "hi"', "no", "\u200b", "NULL", "\n", "'", "x" * 70]
HEADER = ["Email", "Name", "Status", "Unsubscribed at", "Notes"]

cells = st.sampled_from(LEFT_WORDS + TIMES + OTHER)
rows = st.lists(
    st.tuples(
        st.sampled_from(
            [*ADDRESSES, "A@Example.org\u2060", "no address", "", "a@example.org; b@example.org"]
        ),
        st.lists(cells, max_size=6),
    ),
    min_size=1,
    max_size=8,
)


def written(folder, table, *, is_quoted):
    """Write a table as CSV, with quotation marks where they belong or with none at all; return the path."""
    path = folder / "list.csv"
    lines = []
    for row in table:
        quoted = ('"{}"'.format(cell.replace('"', '""')) for cell in row)
        lines.append(",".join(quoted if is_quoted else (cell.replace("\n", " ") for cell in row)))
    path.write_text("\n".join(lines) + "\n")
    return path


def counted(path, **options):
    return store(AddressList(path), source="A form.", **options).as_dict()


def without(report, *names):
    return {key: value for key, value in report.items() if key not in names}


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=rows, is_quoted=st.booleans())
def test_nobody_is_reachable_of_whom_any_row_says_that_they_left(tmp_path, settings, rows, is_quoted):
    settings.STATE_DIR = tmp_path
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()
    path = written(tmp_path, [HEADER, *([address, *others] for address, others in rows)], is_quoted=is_quoted)
    try:
        rehearsed = counted(path, dry_run=True)
    except UnusableFileError:
        return
    assert without(counted(path), "dry_run") == without(rehearsed, "dry_run")
    reachable = set(
        Subscriber.objects.reachable(timezone.localdate()).values_list("address_folded", flat=True)
    )
    for address, others in rows:
        # In the column of names, a word is a name.
        if any(cell in LEFT_WORDS for cell in others[1:]):
            assert not any(each in reachable for each in ADDRESSES if each in address.lower())
    # Again, it changes nothing.
    before = Subscriber.objects.count(), Suppression.objects.count()
    again = counted(path)
    assert (again["added"], again["suppressed"], again["changed"]) == (0, 0, 0)
    assert before == (Subscriber.objects.count(), Suppression.objects.count())


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@pytest.mark.parametrize("start", [b"", b"Email,Status,Unsubscribed at\n", b"\xff\xfeE\0m\0a\0i\0l\0\n\0"])
def test_any_bytes_are_rows_or_one_sentence(tmp_path, start, content):
    (tmp_path / "list.csv").write_bytes(start + content)
    try:
        items = list(AddressList(tmp_path / "list.csv"))
    except UnusableFileError:
        return
    for item in items:
        assert isinstance(item, Record) or item.outcome in (Outcome.REFUSED, Outcome.SKIPPED)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=rows)
@example(rows=[("a@example.org", ["unsubscribed", "", "unsubscribed", ""])])
@example(rows=[("a@example.org", ["", "unsubscribed"])])
def test_a_sheet_tells_the_same_as_text(tmp_path, rows):
    table = [HEADER, *([address, *others] for address, others in rows)]
    for row in table:
        # At the end of a row, a sheet knows no empty cells: none is too short or too long by them.
        while len(row) > len(HEADER) and not row[-1]:
            row.pop()
        row += [""] * (len(HEADER) - len(row))
    book = Workbook()
    for row in table:
        book.active.append([cell or None for cell in row])
    book.save(tmp_path / "list.xlsx")

    def told(path):
        return [
            (item.address, item.standing)
            if isinstance(item, Record)
            else (item.outcome, item.reason, [each.address for each in item.left])
            for item in AddressList(path)
        ]

    assert told(tmp_path / "list.xlsx") == told(written(tmp_path, table, is_quoted=True))


@pytest.mark.django_db
def test_the_command_prints_one_object_for_a_row_of_any_kind(tmp_path, settings):
    settings.STATE_DIR = tmp_path
    path = written(tmp_path, [HEADER, *([ADDRESSES[0], cell] for cell in OTHER)], is_quoted=True)
    out = io.StringIO()
    call_command("import_subscribers", str(path), "--json", "--source", "A form.", stdout=out)
    assert json.loads(out.getvalue())["rows"] == len(OTHER)
