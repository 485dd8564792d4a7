"""Files that strangers send are dropped before they fill the disk."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shield import signed_time
from subscribers.models import LinkRequest

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept_files(monkeypatch):
    """The files that Django kept on disk."""
    kept = []

    def make(*args, **kwargs):
        kept.append(args)
        raise AssertionError("A file was kept on disk.")

    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryUploadedFile", make)
    return kept


@pytest.mark.parametrize("path", ["/subscribe/", "/admin/login/", "/subscribe/preferences/"])
def test_it_keeps_no_file_of_a_stranger(client, kept_files, path):
    large = SimpleUploadedFile("large.bin", b"x" * 3_000_000)
    fields = {"address": "anna@example.org", "timestamp": signed_time.timestamp(), "file": large}
    answer = client.post(path, fields, headers={"Origin": "http://testserver"})
    assert answer.status_code < 500
    assert kept_files == []
    # The fields beside it are read all the same.
    assert LinkRequest.objects.count() == (1 if path.startswith("/subscribe/") else 0)


def test_it_takes_the_files_of_staff(admin_client, kept_files):
    large = SimpleUploadedFile("large.csv", b"x" * 3_000_000)
    with pytest.raises(AssertionError, match="kept on disk"):
        admin_client.post("/admin/subscribers/subscriber/import/", {"file": large, "source": "blog"})
