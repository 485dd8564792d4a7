"""What an import writes, and what it never does."""

import csv
import io
import json

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from subscribers import addresses
from subscribers.exchange import store
from subscribers.models import ConsentEvent, LinkRequest, ServiceMail, Subscriber, Suppression
from subscribers.people import erasure, journal, subscriptions, suppressions

pytestmark = pytest.mark.django_db

COUNTS = ("added", "changed", "kept", "suppressed", "skipped", "refused")


@pytest.fixture(autouse=True)
def state_dir(settings, tmp_path):
    settings.STATE_DIR = tmp_path


@pytest.fixture
def run(tmp_path):
    """Return a function that imports a text and returns (exit status, standard output, standard error)."""

    def importing(text, *options, name="list.csv"):
        path, out, err = tmp_path / name, io.StringIO(), io.StringIO()
        path.write_text(text)
        status = 0
        try:
            call_command("import_subscribers", str(path), *options, stdout=out, stderr=err)
        except SystemExit as end:
            status = end.code
        return status, out.getvalue(), err.getvalue()

    return importing


@pytest.fixture
def counts(run):
    """Return a function that imports a text and returns how many rows had which outcome."""

    def counting(text, *options, name="list.csv"):
        report = json.loads(run(text, "--json", "--source", "A form.", *options, name=name)[1])
        return {outcome: report[outcome] for outcome in COUNTS if report[outcome]}

    return counting


def everything():
    models = (Subscriber, ConsentEvent, Suppression, LinkRequest, ServiceMail)
    return [list(model.objects.order_by("pk").values()) for model in models]


def a_member(address, **fields):
    return subscriptions.confirm(subscriptions.request(address, **fields))


def test_it_brings_subscribers_with_the_record_of_their_consent(run):
    text = (
        "Email,First name,Confirmed at,Created at,IP address\n"
        "A@example.org,Anna,2020-05-02,2020-05-01,203.0.113.77\n"
    )
    status, out, err = run(text, "--source", "Card at the fair of 2020")
    assert (status, err) == (0, "")
    assert "Subscribers added: 1" in out
    anna = Subscriber.objects.get()
    assert (anna.address, anna.address_folded, anna.first_name) == ("A@example.org", "a@example.org", "Anna")
    assert (anna.state, anna.source, f"{anna.joined_at:%Y-%m-%d}") == ("confirmed", "import", "2020-05-02")
    assert Subscriber.objects.reachable(timezone.localdate()).get() == anna
    event = anna.consents.get()
    assert (event.kind, event.wording, event.region) == (
        "imported",
        "Card at the fair of 2020",
        "203.0.113.0/24",
    )
    assert f"{event.asked_at:%Y-%m-%d}" == "2020-05-01"


def test_a_source_that_nobody_stated_is_recorded_as_such_with_a_warning(run):
    status, out, _ = run("a@example.org\n")
    assert status == 0
    assert "--source" in out
    assert ConsentEvent.objects.get().wording == store.UNSTATED


@pytest.mark.parametrize(
    ("word", "reason"),
    [("unsubscribed", "unsubscribed"), ("cleaned", "bounced"), ("complained", "complained")],
)
def test_whoever_left_elsewhere_is_silenced_and_no_subscriber(counts, word, reason):
    text = f"email,status\na@example.org,{word}\n"
    assert counts(text) == {"suppressed": 1}
    assert not Subscriber.objects.exists()
    assert suppressions.reasons("A@Example.org") == {reason}
    assert [entry["reason"] for entry in journal.entries()] == [reason]
    assert counts(text) == {"kept": 1}
    assert counts("a@example.org\n") == {"skipped": 1}


def test_a_subscriber_of_ours_who_left_elsewhere_leaves_without_a_mail(counts):
    member = a_member("a@example.org")
    mails = ServiceMail.objects.count()
    assert counts("email,status\na@example.org,unsubscribed\n") == {"changed": 1}
    member.refresh_from_db()
    assert member.state == Subscriber.State.LEFT
    assert list(member.consents.values_list("kind", flat=True)) == ["confirmed", "left"]
    assert (ServiceMail.objects.count(), mail.outbox) == (mails, [])


def test_whoever_confirmed_here_after_they_left_elsewhere_stays(counts):
    member = a_member("a@example.org")
    text = "email,UNSUB_TIME\na@example.org,2019-01-01 00:00:00\n"
    assert counts(text) == {"kept": 1}
    assert Subscriber.objects.reachable(timezone.localdate()).get() == member


@pytest.mark.parametrize("reason", Suppression.Reason)
def test_nobody_who_is_suppressed_here_comes_back(counts, reason):
    suppressions.suppress(addresses.keyed_hash("a@example.org"), reason)
    before = everything()
    assert counts("email,status\nA@EXAMPLE.org,subscribed\n") == {"skipped": 1}
    assert everything() == before


def test_whoever_left_here_stays_away(counts):
    subscriptions.leave(a_member("a@example.org"))
    before = everything()
    assert counts("email,status\na@example.org,active\n") == {"skipped": 1}
    assert everything() == before


MOVED = (
    "Email,First name,Last name,unsubscribed_at,Notes\n"
    "stays@example.org,Ann,Berg,,\n"
    "member@example.org,Kurz, Sen.,,2020-01-01 10:00:00,\n"
    "new@example.org,Lang, Jun.,,2020-01-01,by phone\n"
)


def test_whoever_left_by_a_row_that_is_refused_gets_nothing_and_the_report_says_so(run):
    member = a_member("stays@example.org"), a_member("other@example.org")
    gone = [a_member("member@example.org"), addresses.keyed_hash("new@example.org")]
    status, out, err = run(MOVED, "--source", "A form.", name="old list.csv")
    assert status == 1
    assert "Addresses that get nothing since a refused row says that they left: 2." in out
    assert [line.split(":")[1] for line in err.splitlines()] == ["3", "4"]
    assert err.count(store.LEFT_BY_REFUSED) == 2
    assert list(Subscriber.objects.reachable(timezone.localdate()).order_by("pk")) == list(member)
    held = Suppression.objects.order_by("pk").values_list("address_hash", "reason", "evidence")
    of_list = "of the imported list “old list.csv” (plain list)"
    assert sorted(held) == sorted(
        [
            (gone[0].address_hash, "unsubscribed", f"line 3 {of_list}"),
            (gone[1], "unsubscribed", f"line 4 {of_list}"),
        ]
    )
    assert run(MOVED, "--source", "A form.")[0] == 1
    assert Suppression.objects.count() == 2


def test_a_refused_row_is_trusted_with_no_moment_and_takes_off_who_came_back_too(run):
    member = a_member("a@example.org")
    rows = "a@example.org,wobbly,2020-01-01\na@example.org,active,2020-01-01\n"
    report = json.loads(run(f"Email,Status,Unsubscribed at\n{rows}", "--json")[1])
    assert (report["refused"], report["left_by_refused"]) == (1, 1)
    assert member not in Subscriber.objects.reachable(timezone.localdate())


def test_where_all_rows_are_refused_and_some_take_somebody_off_a_part_was_done(run):
    status, out, _ = run("Email,Status\na@example.org,unsubscribed,x\n", "--json")
    report = json.loads(out)
    assert (status, report["refused"], report["left_by_refused"]) == (1, 1, 1)
    assert suppressions.reasons("a@example.org") == {"unsubscribed"}


def test_a_quotation_mark_that_stays_open_stops_it_before_anything_is_done(run):
    status, _, err = run('Email,Name\na@example.org,Ann\nb@example.org,"Bob\nc@example.org,Cat\n')
    assert (status, err.count("\n")) == (2, 1)
    assert not Subscriber.objects.exists()


MIXED = (
    "email,first name,status\n"
    "new@example.org,New,subscribed\n"
    "member@example.org,Other,subscribed\n"
    "gone@example.org,,subscribed\n"
    "left@example.org,,unsubscribed\n"
    "bad@,,subscribed\n"
    "new@example.org,,subscribed\n"
    "pending@example.org,,pending\n"
    "shifted@example.org,Kurz, Sen.,unsubscribed\n"
    "shifted@example.org,,subscribed\n"
)
OF_MIXED = {"added": 1, "kept": 1, "suppressed": 1, "skipped": 4, "refused": 2}


@pytest.fixture
def mixed():
    a_member("member@example.org", first_name="Mine")
    subscriptions.leave(a_member("gone@example.org"))
    return MIXED


def test_a_rehearsal_tells_the_same_and_writes_nothing(counts, mixed):
    before = everything()
    assert counts(mixed, "--dry-run") == OF_MIXED
    assert everything() == before
    assert counts(mixed) == OF_MIXED


def test_a_second_run_changes_nothing(counts, mixed):
    counts(mixed)
    before = everything()
    assert counts(mixed) == {"kept": 3, "skipped": 4, "refused": 2}
    assert everything() == before
    assert Subscriber.objects.get(address_folded="member@example.org").first_name == "Mine"


def test_a_run_that_is_cut_short_is_made_whole_by_the_next(counts, monkeypatch):
    monkeypatch.setattr(store, "BATCH", 2)
    text = "".join(f"a{number}@example.org\n" for number in range(5))
    save, saved = store._Batch.save, []

    def killed_at_the_second(batch):
        save(batch)
        saved.append(batch)
        if len(saved) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store._Batch, "save", killed_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            counts(text)
    assert Subscriber.objects.count() == ConsentEvent.objects.count() == 2
    assert counts(text) == {"added": 3, "kept": 2}
    assert counts(text) == {"kept": 5}


def test_somebody_who_confirms_at_the_same_moment_is_found_at_the_second_try(counts, monkeypatch):
    save, tries = store._Batch.save, []

    def overtaken(batch):
        tries.append(batch)
        if len(tries) == 1:
            raise IntegrityError("they are there already")
        save(batch)

    monkeypatch.setattr(store._Batch, "save", overtaken)
    assert counts("a@example.org\n") == {"added": 1}
    assert len(tries) == 2


def test_whoever_is_erased_at_the_same_moment_is_not_brought_back(counts):
    person = a_member("anna@example.org")

    def erasing(execute, sql, parameters, many, context):
        # Erased right before the import reads who is there.
        if person.pk and 'FROM "subscribers_subscriber" WHERE' in sql and '"address_folded" IN' in sql:
            pk, person.pk = person.pk, None
            erasure.erase(Subscriber.objects.get(pk=pk))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(erasing):
        assert counts("Email\nanna@example.org\n") == {"skipped": 1}
    assert person.pk is None
    assert not Subscriber.objects.exists()


def test_the_report_tells_of_each_row_and_its_cells_run_nothing(run, mixed, tmp_path):
    path = tmp_path / "report.csv"
    status, _, err = run(mixed + "\"=cmd|'x'!A1\",,subscribed\n", "--report", str(path))
    assert status == 1
    assert [line.split(":")[1] for line in err.splitlines()] == ["6", "9", "11"]
    assert "example.org," not in err
    _, *rows = csv.reader(path.read_text().splitlines())
    assert [row[0] for row in rows] == [str(line) for line in range(2, 12)]
    assert [row[2] for row in rows][:4] == ["added", "kept", "skipped", "suppressed"]
    assert all(row[3] for row in rows[1:])
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r")]
    assert path.stat().st_mode & 0o077 == 0


def test_refusals_are_capped_on_standard_error_and_nothing_done_is_status_2(run):
    status, out, err = run("email\n" + "bad\n" * 60, "--json")
    assert status == 2
    assert (err.count("\n"), "10 more" in err) == (51, True)
    assert json.loads(out)["refused"] == 60


def test_a_file_that_is_no_list_is_one_line_and_status_2(run, tmp_path):
    status, out, err = run("name\nAnna\n", "--json")
    assert (status, err.count("\n")) == (2, 1)
    assert set(json.loads(out)) == {"error"}
    assert run("a@example.org\n", "--report", str(tmp_path / "list.csv"))[0] == 2
    assert run("a@example.org\n", "--report", str(tmp_path / "no" / "folder.csv"))[0] == 2


def test_a_database_that_refuses_is_one_line_and_status_2(run, monkeypatch):
    def locked(*args, **options):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(store, "_written", locked)
    status, _, err = run("a@example.org\n")
    assert (status, err.count("\n")) == (2, 1)
    assert "database is locked" in err


def test_the_queries_of_a_batch_do_not_grow_with_its_rows(counts):
    """But for the statements into which SQLite's bulk_create divides rows, which is why these are few."""
    numbers = []
    for count in (2, 20):
        text = "email,status\n" + "".join(
            f"{count}-{number}@example.org,{'subscribed' if number % 2 else 'unsubscribed'}\n"
            for number in range(count)
        )
        with CaptureQueriesContext(connection) as queries:
            counts(text)
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
