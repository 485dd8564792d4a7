"""A list whose task comes to two machines is worked on by one."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile

from subscribers.delivery import heartbeat
from subscribers.exchange import store, upload_jobs
from subscribers.models import Subscriber, UploadClaim
from tests.tips.people import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(settings, tmp_path):
    settings.STATE_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    uploaded = SimpleUploadedFile("list.csv", b"Email\nanna@example.org\n")
    upload = upload_jobs.keep(uploaded, "Old form", make_person("pia", "Publisher"))
    upload.save(upload_jobs.Stage.BEGUN)
    heartbeat.renew("first")
    return upload


def stage_of(upload):
    return upload_jobs.find(upload.name).stage


def test_the_second_leaves_it_alone_while_the_first_has_it_in_hand(upload, settings, tmp_path, monkeypatch):
    save, stages = store._Batch.save, []

    def meanwhile(batch):
        # The other machine has folders of its own.
        settings.STATE_DIR = tmp_path / "other"
        settings.STATE_DIR.mkdir()
        upload_jobs.work_on(upload.name, "second")
        settings.STATE_DIR = tmp_path
        stages.append(stage_of(upload))
        save(batch)

    monkeypatch.setattr(store._Batch, "save", meanwhile)
    upload_jobs.work_on(upload.name, "first")
    assert (stages, stage_of(upload)) == (["begun"], "done")
    assert upload_jobs.find(upload.name).report["added"] == Subscriber.objects.count() == 1
    assert LogEntry.objects.count() == 1
    assert not UploadClaim.objects.exists()


def test_what_a_dead_worker_had_in_hand_another_one_takes(upload):
    UploadClaim.objects.create(upload=upload.name, worker_id="first")
    upload_jobs.work_on(upload.name, "second")
    assert stage_of(upload) == "begun"
    heartbeat.end("first")
    upload_jobs.work_on(upload.name, "second")
    assert (stage_of(upload), UploadClaim.objects.count()) == ("done", 0)
