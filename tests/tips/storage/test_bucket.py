"""Uploads in a store that several machines share: all that is done with a folder goes there too."""

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from subscribers.exchange import upload_jobs
from subscribers.models import Subscriber
from tests.buckets import bucket, names_in
from tests.tips.images import drawn, uploaded
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips import image_store
from tips.cards import making
from tips.models import Card, Image, TipVersion
from tips.storage import names
from tipsite.backup import uploads
from tipsite.environment import file_stores


@pytest.fixture(scope="module")
def store():
    with bucket() as made:
        yield made


@pytest.fixture
def client_of_store(store, settings, tmp_path):
    url, client = store
    stores = {"default": file_stores.uploads(url), "lists": file_stores.lists(url)}
    settings.STORAGES = {**settings.STORAGES, **stores}
    settings.MEDIA_ROOT = tmp_path / "media"
    for name in names_in(client):
        client.delete_object(Bucket="uploads", Key=name)
    return client


@pytest.mark.once
def test_a_picture_is_taken_shown_in_whole_and_in_part_and_forgotten(client, client_of_store, settings, db):
    ed = make_person("ed", "Editor")
    image = image_store.save_upload(uploaded(), by=ed)
    image_store.save_upload(uploaded(name="again.jpg"), by=ed)
    assert names_in(client_of_store) == [f"site/media/{image.name}"]
    assert not settings.MEDIA_ROOT.exists()
    tip = make_tip(body=f'<img src="{image.url}" alt="A bell">')

    response = client.get(image.url)
    content = response.getvalue()
    assert (response["Content-Type"], len(content)) == ("image/jpeg", image.size)
    assert content == image_store.reencode(drawn())[0]
    part = client.get(image.url, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.getvalue()) == (206, content[100:200])
    known = client.get(image.url, headers={"if-none-match": response["ETag"]})
    assert (known.status_code, client.head(image.url).status_code) == (304, 200)
    # Neither the store nor its bucket is anybody's business.
    page = client.get(tip.get_absolute_url()).content.decode()
    assert "127.0.0.1" not in page + str(response.headers)

    # A file that the store lost, and one that nobody shows any more.
    client_of_store.delete_object(Bucket="uploads", Key=f"site/media/{image.name}")
    assert client.get(image.url).status_code == 404
    image_store.save_upload(uploaded(), by=ed)
    tip.delete()
    TipVersion.objects.all().delete()
    Image.objects.update(unused_since=timezone.now() - timedelta(days=31))
    assert image_store.delete_unused(timezone.now()) == 1
    assert names_in(client_of_store) == []


@pytest.mark.once
def test_a_card_is_drawn_shown_and_cleared_away(client, client_of_store, db, monkeypatch):
    monkeypatch.setattr(making, "SECONDS", 600)
    tip = make_tip("Call back", takeaway="At once.")
    assert making.draw_due(timezone.now()) == 2
    answer = client.get(f"{tip.get_absolute_url()}card.png")
    assert (answer.status_code, answer.content[:4]) == (200, b"\x89PNG")
    assert len(names_in(client_of_store)) == 2
    tip.delete()
    making.clear_away(timezone.now() + timedelta(days=2))
    (of_site,) = Card.objects.all()
    assert names_in(client_of_store) == [f"site/media/{of_site.name}"]


def test_uploads_are_backed_up_and_put_back(client_of_store, tmp_path):
    # A card is drawn again where it is missing.
    files = {"cup.png": b"a cup", "2024/bell.png": b"a bell" * 50_000, "cards/1.png": b"a card"}
    for name, content in files.items():
        client_of_store.put_object(Bucket="uploads", Key=f"site/media/{name}", Body=content)
    taken = {}

    def keep(file, name, size):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(file.read())
        taken[name] = size
        return "sum"

    assert uploads.add_all(keep) == {"media/cup.png": "sum", "media/2024/bell.png": "sum"}
    assert taken == {"media/cup.png": 5, "media/2024/bell.png": 300_000}
    client_of_store.delete_object(Bucket="uploads", Key="site/media/2024/bell.png")
    client_of_store.put_object(Bucket="uploads", Key="site/media/cup.png", Body=b"newer")
    assert uploads.put_back(tmp_path) == 2
    assert list(names.every()) == ["cup.png", "2024/bell.png", "cards/1.png"]
    with default_storage.open("cup.png") as cup, default_storage.open("2024/bell.png") as bell:
        assert cup.read() == b"newer"
        assert bell.seek(-6, io.SEEK_END) == 299_994
        assert (bell.read(), bell.read()) == (b"a bell", b"")
    # What the disk of this machine has to do with it: nothing.
    assert names.local_folder() is None


@pytest.mark.once
def test_a_list_that_one_machine_took_is_imported_by_another(client_of_store, settings, tmp_path, db):
    settings.STATE_DIR = tmp_path / "one"
    settings.STATE_DIR.mkdir()
    file = SimpleUploadedFile("list.csv", b"Email\nanna@example.org\nnobody\n")
    upload = upload_jobs.keep(file, "a fair", by=make_person("pat", "Publisher"))
    assert list(names.every()) == []
    settings.STATE_DIR = tmp_path / "other"
    settings.STATE_DIR.mkdir()
    upload_jobs.work_on(upload.name, "a")
    assert upload_jobs.begin(upload_jobs.find(upload.name))
    upload_jobs.work_on(upload.name, "a")
    assert Subscriber.objects.get().address == "anna@example.org"
    kept = names_in(client_of_store)
    assert kept == [f"site/lists/{upload.name}.csv", f"site/lists/{upload.name}.json"]
    assert [each.rows for each in upload_jobs.past(5)] == [2]
    assert list(settings.STATE_DIR.iterdir()) == []
    # What another machine deleted meanwhile is missed as in a folder.
    with pytest.raises(FileNotFoundError):
        storages["lists"].get_modified_time(f"{'a' * 16}.json")
    upload_jobs.forget_old(timezone.now() + timedelta(days=731))
    assert names_in(client_of_store) == []


@pytest.mark.once
def test_a_store_that_is_away_is_answered_as_a_disk_that_takes_nothing(client, settings, db):
    nobody = file_stores.uploads("s3://key:secret@127.0.0.1:9/uploads?region=eu-central-1&tls=no")
    settings.STORAGES = {**settings.STORAGES, "default": nobody}
    image = Image.objects.create(name="0" * 64 + ".jpg", width=1, height=1, size=9)
    tip = make_tip(body=f'<img src="{image.url}" alt="A bell">')
    client.raise_request_exception = False
    answer = client.get(image.url)
    assert (answer.status_code, answer["Retry-After"]) == (503, "300")
    assert client.get(tip.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("url", ["s3://key:secret@host", "https://host/bucket", "bucket"])
def test_a_url_that_names_no_bucket_is_refused_without_its_secret(url):
    with pytest.raises(ImproperlyConfigured, match="must look like s3://") as refusal:
        file_stores.uploads(url)
    assert "key:secret@host" not in str(refusal.value)


def test_what_a_url_leaves_out_is_left_to_the_machine():
    options = file_stores.uploads("s3:///tips")["OPTIONS"]
    assert options == {"bucket_name": "tips", "location": "media"}
    given = file_stores.uploads("s3://k:s%2Fx@store.example.org/tips/a/b?region=r")["OPTIONS"]
    assert (given["secret_key"], given["endpoint_url"]) == ("s/x", "https://store.example.org")
    assert (given["bucket_name"], given["location"], given["region_name"]) == ("tips", "a/b/media", "r")
