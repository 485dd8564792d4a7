"""Lists in and out of the desk, as a Publisher sees it."""

import io
import stat
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import load_workbook

from subscribers import tasks
from subscribers.exchange import store, upload_jobs
from subscribers.models import ConsentEvent, LinkRequest, Subscriber
from subscribers.people import subscriptions, suppressions

pytestmark = pytest.mark.django_db

BASE = "/admin/subscribers/subscriber/"
LIST = b"email,status\nanna@example.org,subscribed\nberta@example.org,unsubscribed\nnonsense,subscribed\n"


@pytest.fixture(autouse=True)
def state_dir(settings, tmp_path):
    settings.STATE_DIR = tmp_path


@pytest.fixture
def publisher(client):
    user = User.objects.create_user("paula", is_staff=True)
    user.groups.add(Group.objects.get(name="Publisher"))
    client.force_login(user)
    return user


@pytest.fixture
def upload(client, publisher):
    """Return a function that uploads a list and returns the address of its page."""

    def uploading(content=LIST, name="list.csv", source="Old form"):
        data = {"file": SimpleUploadedFile(name, content), "source": source}
        response = client.post(f"{BASE}import/", data)
        assert response.status_code == 302, response.context["form"].errors
        return response["Location"]

    return uploading


def test_a_list_is_rehearsed_then_imported_and_deleted(client, upload, tasks_at_once, tmp_path):
    page = upload()
    text = client.get(page).text
    assert "1 added, 1 suppressed, 1 refused" in text
    assert "<td>4</td>" in text
    assert not Subscriber.objects.exists()

    client.get(page)
    client.head(page)
    assert not Subscriber.objects.exists()

    client.post(page, {"do": "import"})
    assert "Done: 1 added, 1 suppressed, 1 refused" in client.get(page).text
    assert Subscriber.objects.get().address == "anna@example.org"
    assert ConsentEvent.objects.get().wording == "Old form"
    kept = list((tmp_path / "uploads").iterdir())
    assert sorted(path.suffix for path in kept) == [".csv", ".json"]
    assert not any("anna@" in path.read_text() for path in kept)
    assert "1 added" in LogEntry.objects.get().change_message

    # Pressing again does nothing again.
    client.post(page, {"do": "import"})
    assert Subscriber.objects.count() == LogEntry.objects.count() == 1


def test_it_says_who_left_by_rows_that_are_refused(client, upload, tasks_at_once):
    page = upload(b"Email,Name,Status\nanna@example.org,Berg, Jr,unsubscribed\nberta@example.org,,active\n")
    told = "get nothing since a refused row says that they left: 1."
    assert f"would {told}" in client.get(page).text
    client.post(page, {"do": "import"})
    text = client.get(page).text
    assert f"Addresses that {told}" in text
    assert "It says that somebody left." in text
    assert Subscriber.objects.get().address == "berta@example.org"
    assert suppressions.reasons("anna@example.org") == {"unsubscribed"}


def test_it_tells_of_each_row_by_its_line_and_names_nobody(client, upload, tasks_at_once):
    page = upload()

    def rows():
        return b"".join(client.get(page + "?rows").streaming_content).decode().splitlines()

    told = rows()
    assert told[:2] == ["Line,Outcome,Reason", "2,added,"]
    assert told[2].startswith("3,suppressed,Nothing may be sent")
    assert told[3] == "4,refused,This is no e-mail address."
    client.post(page, {"do": "import"})
    assert rows() == told
    upload_jobs.forget_old(timezone.now() + timedelta(days=15))
    assert client.get(page + "?rows").status_code == 404


def test_until_a_worker_has_it_the_page_looks_again(client, upload, tmp_path):
    page = upload()
    response = client.get(page)
    assert "being rehearsed" in response.text
    assert response["Refresh"] == "3"
    [path] = (tmp_path / "uploads").glob("*.list")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_list_whose_task_was_lost_is_asked_for_again(client, upload, settings):
    page = upload()
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    asked = [tasks.ask_again(timezone.now() + timedelta(minutes=minutes)) for minutes in (14, 16, 18)]
    assert asked == [0, 1, 0]
    assert "1 added, 1 suppressed, 1 refused" in client.get(page).text


def test_an_import_that_stops_can_go_on(client, upload, tasks_at_once, monkeypatch):
    page = upload()
    with monkeypatch.context() as patch:
        patch.setattr(store._Batch, "save", lambda batch: 1 / 0)
        client.post(page, {"do": "import"})
    text = client.get(page).text
    assert "press the button again" in text
    assert "nothing was written" not in text
    client.post(page, {"do": "import"})
    assert "Done: 1 added" in client.get(page).text


def test_a_task_that_comes_as_another_ends_leaves_the_outcome_alone(client, upload, tmp_path, monkeypatch):
    upload()
    [path] = (tmp_path / "uploads").glob("*.list")
    waiting = upload_jobs.find(path.stem)
    monkeypatch.setattr(upload_jobs.fcntl, "flock", lambda *args: waiting.save(upload_jobs.Stage.DONE))
    upload_jobs.work_on(path.stem, "a")
    assert not list(tmp_path.glob(".*"))
    ended = upload_jobs.find(path.stem)
    assert (ended.stage, ended.error) == (upload_jobs.Stage.DONE, "")


def test_a_file_that_is_no_list_is_refused_and_deleted(client, upload, tasks_at_once, tmp_path):
    page = upload(b"a\0b")
    assert "binary" in client.get(page).text
    assert not list((tmp_path / "uploads").glob("*.list"))


def test_a_list_can_be_thrown_away(client, upload, tasks_at_once, tmp_path):
    page = upload()
    client.post(page, {"do": "discard"})
    assert not list((tmp_path / "uploads").iterdir())
    assert client.get(page).status_code == 404


def test_a_list_that_nobody_comes_back_to_is_deleted(client, upload, tasks_at_once, tmp_path):
    page = upload()
    # The copy of a task that was killed, which held the whole list.
    copy = tmp_path / f".{'a' * 16}.list"
    copy.write_bytes(LIST)
    upload_jobs.forget_old(timezone.now() + timedelta(hours=23))
    assert len(list((tmp_path / "uploads").glob("*.list"))) == 1
    upload_jobs.forget_old(timezone.now() + timedelta(hours=25))
    assert not copy.exists()
    client.post(page, {"do": "import"})
    assert upload_jobs.GONE in client.get(page).text
    upload_jobs.forget_old(timezone.now() + timedelta(days=15))
    assert not list((tmp_path / "uploads").iterdir())


def test_the_source_of_consent_must_be_stated(client, publisher):
    response = client.post(f"{BASE}import/", {"file": SimpleUploadedFile("a.csv", LIST), "source": " "})
    assert "Say where these people agreed" in response.text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_is_handed_out_and_logged_without_an_address(client, publisher, kind):
    subscriptions.confirm(subscriptions.request("anna@example.org"))
    for answer in (client.get(f"{BASE}export/"), client.head(f"{BASE}export/")):
        assert answer.status_code == 200
    assert not LogEntry.objects.exists()
    response = client.post(f"{BASE}export/", {"kind": kind})
    body = b"".join(response.streaming_content)
    assert f".{kind}" in response["Content-Disposition"]
    if kind == "csv":
        assert b"anna@example.org" in body
    else:
        assert load_workbook(io.BytesIO(body)).active["A2"].value == "anna@example.org"
    line = LogEntry.objects.get()
    assert (line.user, line.change_message) == (publisher, f"Exported 1 subscribers as {kind.upper()}.")


def test_only_those_who_may_import_and_export_see_how(client):
    editor = User.objects.create_user("edda", is_staff=True)
    editor.groups.add(Group.objects.get(name="Editor"))
    client.force_login(editor)
    for page in ("import/", "import/aaaaaaaaaaaaaaaa/", "export/"):
        assert client.get(BASE + page).status_code == 403
        assert client.post(BASE + page).status_code == 403


def test_the_list_of_subscribers_leads_there(client, publisher):
    text = client.get(BASE).text
    assert f"{BASE}import/" in text
    assert f"{BASE}export/" in text
    assert client.get(f"{BASE}import/../../../etc/").status_code in (302, 404)
    assert client.get(f"{BASE}import/nonsense/").status_code == 404


def test_past_imports_are_listed_and_their_reports_open_again(client, upload, publisher, tasks_at_once):
    page = upload(name="old-form.csv", source="The form of our old blog")
    client.post(page, {"do": "import"})
    upload_jobs.forget_old(timezone.now() + timedelta(days=400))
    listed = client.get(f"{BASE}import/").text
    for words in (
        "Past imports",
        "old-form.csv",
        "The form of our old blog",
        "paula",
        "1 added, 1 suppressed",
    ):
        assert words in listed
    assert f'href="{page}"' in listed
    assert "Done: 1 added" in client.get(page).text
    upload_jobs.forget_old(timezone.now() + timedelta(days=800))
    assert "Past imports" not in client.get(f"{BASE}import/").text


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, {"anna", "berta", "carl"}),
        ({"state": "left"}, {"berta"}),
        ({"since": "2026-05-01"}, {"anna", "berta"}),
        ({"source": "import", "state": "confirmed"}, {"carl"}),
    ],
)
def test_an_export_holds_whom_its_filters_choose_and_the_log_names_them(client, publisher, chosen, found):
    for name, joined in (("anna", "2026-06-01"), ("berta", "2026-05-02"), ("carl", "2026-01-01")):
        person = subscriptions.confirm(subscriptions.request(f"{name}@example.org"))
        source = "import" if name == "carl" else "form"
        Subscriber.objects.filter(pk=person.pk).update(joined_at=f"{joined}T12:00:00Z", source=source)
    subscriptions.leave(Subscriber.objects.get(address="berta@example.org"))
    response = client.post(f"{BASE}export/", {"kind": "csv", **chosen})
    body = b"".join(response.streaming_content).decode()
    assert {name for name in ("anna", "berta", "carl") if f"{name}@" in body} == found
    logged = LogEntry.objects.get().change_message
    assert logged.startswith(f"Exported {len(found)} subscribers as CSV")
    assert ("joined since Fri 1 May 2026" in logged) == ("since" in chosen)


def test_one_added_by_hand_is_asked_to_confirm_and_is_nobody_before(client, publisher):
    page = f"{BASE}add-by-hand/"
    assert "Please correct what is marked" in client.post(page, {"address": "nonsense"}).text
    client.post(page, {"address": "dora@example.org", "first_name": "Dora"})
    asked = LinkRequest.objects.get()
    assert (asked.kind, asked.first_name, asked.mail_state) == ("join", "Dora", "waiting")
    assert not Subscriber.objects.exists()
    assert "dora" not in LogEntry.objects.get().change_message.lower()
    subscriptions.confirm(asked)
    assert Subscriber.objects.get().address == "dora@example.org"
