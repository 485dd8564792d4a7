import io
import os
import struct
import subprocess
import sys
import zlib
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image as Pixels
from PIL import ImageCms

from desk.errors import NotPermitted, WrongState
from tests.databases import shared_database
from tests.tips.images import drawn, opened, uploaded
from tests.tips.making import ago, hidden_tips, make_tip
from tests.tips.people import make_person
from tips import image_store
from tips.models import Image, ImageUse, Tip, TipState, TipVersion
from tips.publishing import pictures, preview


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def ed(db):
    return make_person("ed", "Editor")


@pytest.fixture
def image(ed):
    return image_store.save_upload(uploaded(), by=ed)


def showing(image, alt="A bell"):
    return f'<p>Ring.</p><img src="{image.url}" alt="{alt}">'


# --- Taking a file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "mode", "becomes"),
    [
        ("JPEG", "RGB", "jpg"),
        ("JPEG", "CMYK", "jpg"),
        ("JPEG", "L", "jpg"),
        ("PNG", "RGB", "png"),
        ("PNG", "RGBA", "png"),
        ("PNG", "P", "png"),
        ("PNG", "1", "png"),
        ("PNG", "I;16", "png"),
        ("GIF", "P", "png"),
        ("WEBP", "RGB", "jpg"),
        ("WEBP", "RGBA", "png"),
    ],
)
def test_every_kind_of_picture_is_taken_by_its_content(ed, settings, kind, mode, becomes):
    color = {"RGBA": (200, 30, 30, 128)}.get(mode)
    image = image_store.save_upload(uploaded(name="letter.doc", kind=kind, mode=mode, color=color), by=ed)
    assert image.name.endswith(f".{becomes}")
    assert (image.width, image.height) == (60, 40)
    path = settings.MEDIA_ROOT / image.name
    assert image.size == path.stat().st_size
    assert opened(path.read_bytes()).size == (60, 40)


def test_what_shines_through_goes_on_doing_so():
    content, kind, _ = image_store.reencode(drawn("PNG", mode="RGBA", color=(0, 0, 0, 0)))
    assert kind == "png"
    assert opened(content).getpixel((0, 0))[3] == 0


def test_sixteen_bits_are_scaled_and_not_cut():
    content, *_ = image_store.reencode(drawn("PNG", mode="I;16", color=32768))
    assert opened(content).convert("L").getpixel((0, 0)) == 128


def test_a_picture_is_freed_of_metadata_and_stands_upright():
    exif = Pixels.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker of cameras"
    exif.get_ifd(0x8825)[1] = "N"
    data = drawn(exif=exif.tobytes(), comment=b"A secret remark")
    assert b"Maker of cameras" in data
    content, _, size = image_store.reencode(data)
    assert size == (40, 60)
    assert not opened(content).getexif()
    for word in (b"Maker", b"secret", b"Exif", b"GPS"):
        assert word not in content


def test_a_profile_of_colors_is_applied_and_dropped():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content, *_ = image_store.reencode(drawn(color=(10, 200, 30), icc_profile=profile))
    assert "icc_profile" not in opened(content).info
    assert opened(content).getpixel((5, 5))[1] > 190
    image_store.reencode(drawn(icc_profile=b"no profile at all"))


def test_a_wide_picture_is_made_to_fit():
    assert image_store.reencode(drawn(size=(4000, 1000)))[2] == (1600, 400)
    assert image_store.reencode(drawn("PNG", size=(100, 6400)))[2] == (50, 3200)


def test_a_telephones_photograph_with_a_small_copy_in_it_is_one_picture():
    small = Pixels.new("RGB", (6, 4), (0, 0, 250))
    data = drawn("MPO", color=(250, 0, 0), save_all=True, append_images=[small])
    assert Pixels.open(io.BytesIO(data)).format == "MPO"
    content, kind, size = image_store.reencode(data)
    assert (kind, size) == ("jpg", (60, 40))
    assert opened(content).getpixel((5, 5))[0] > 240
    assert b"MPF" not in content


def test_what_must_be_decoded_whole_may_have_fewer_pixels_than_a_photograph(monkeypatch):
    monkeypatch.setattr(image_store, "MOST_PIXELS", 3000)
    assert image_store.reencode(drawn("JPEG", size=(61, 60)))[2] == (61, 60)
    for kind in ("PNG", "GIF", "WEBP"):
        with pytest.raises(image_store.UnusableImage, match="61 × 60 pixels"):
            image_store.reencode(drawn(kind, size=(61, 60)))


def test_a_large_picture_is_made_small_before_it_is_converted(monkeypatch):
    sizes = []
    convert = Pixels.Image.convert
    monkeypatch.setattr(
        Pixels.Image,
        "convert",
        lambda image, *rest, **more: sizes.append(image.size) or convert(image, *rest, **more),
    )
    image_store.reencode(drawn("PNG", size=(4000, 500), mode="L"))
    assert sizes
    assert max(sizes) <= (3200, 400)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side):
    """Return a PNG that claims more pixels than its few bytes could ever be worth."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def moving():
    frames = [Pixels.new("RGB", (20, 20), (number, 90, 90)) for number in (1, 200)]
    return {"size": (20, 20), "save_all": True, "append_images": frames}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"no picture at all", "no picture of a kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>", "a drawing or a page"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><svg/>", "a drawing or a page"),
        (b"<!DOCTYPE html><script>x</script>", "a drawing or a page"),
        (drawn("BMP"), "no picture of a kind"),
        (drawn("TIFF"), "no picture of a kind"),
        (drawn(size=(400, 400))[:700], "damaged or cut off"),
        (drawn("PNG", size=(400, 400))[:100], "damaged or cut off"),
        (drawn("WEBP", size=(400, 400))[:60], "of a kind|damaged"),
        (bomb(8_000), "× 8000 pixels"),
        (bomb(12_000), "larger than|pixels"),
        (bomb(40_000), "larger than"),
        (drawn("GIF", **moving()), "The picture moves"),
        (drawn("PNG", **moving()), "The picture moves"),
        (drawn("WEBP", **moving()), "The picture moves"),
        (drawn() + b"<script>alert(1)</script>", "something else besides"),
        (drawn(comment=b"<?php system($_GET['c']); ?>"), "something else besides"),
        (drawn("GIF", mode="P") + b"PK\x03\x04\x14\x00\x00\x00", "something else besides"),
        (drawn("PNG") + b"%PDF-1.7", "something else besides"),
    ],
)
def test_what_is_no_plain_picture_is_refused_in_one_sentence(ed, content, words):
    with pytest.raises(image_store.UnusableImage, match=words) as refusal:
        image_store.save_upload(uploaded(content), by=ed)
    assert "\n" not in str(refusal.value)
    assert not Image.objects.exists()


def test_a_file_too_large_is_not_even_read(ed, monkeypatch):
    monkeypatch.setattr(image_store, "MOST_BYTES", 100)
    with pytest.raises(image_store.UnusableImage, match="at most"):
        image_store.save_upload(uploaded(), by=ed)


def test_only_who_writes_uploads(db):
    with pytest.raises(NotPermitted):
        image_store.save_upload(uploaded(), by=make_person("stranger"))


def test_the_same_picture_twice_is_there_once(ed):
    one = image_store.save_upload(uploaded(comment=b"mine"), by=ed)
    other = image_store.save_upload(uploaded(name="other.jpeg"), by=make_person("ann", "Author"))
    assert one == other
    assert Image.objects.get().uploaded_by == ed


UPLOADER = """
import sys
import django
django.setup()
from django.contrib.auth.models import User
from tests.tips.images import uploaded
from tips import image_store
person = User.objects.get(username=sys.argv[1])
print("ready", flush=True)
input()
for number in range(5):
    print(image_store.save_upload(uploaded(color=(number, 0, 0)), by=person).name)
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_two_people_upload_the_same_pictures_at_once(settings, tmp_path):
    names = [make_person(name, "Author").username for name in ("ann", "bob")]
    environment = os.environ | {
        "DATABASE_URL": shared_database(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        "STATE_DIR": str(tmp_path),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }
    uploaders = [
        subprocess.Popen(
            [sys.executable, "-c", UPLOADER, name],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for uploader in uploaders:
        assert uploader.stdout.readline() == "ready\n"
    for uploader in uploaders:
        uploader.stdin.write("\n")
        uploader.stdin.flush()
    taken = [uploader.communicate(timeout=120)[0].split() for uploader in uploaders]
    assert [uploader.returncode for uploader in uploaders] == [0, 0]
    assert taken[0] == taken[1]
    assert {path.name for path in settings.MEDIA_ROOT.iterdir()} == set(taken[0])


# --- In a tip's body --------------------------------------------------------------------------------------


def test_measures_are_set_and_words_asked_for(image):
    settled = pictures.with_image_sizes(showing(image, "A &lt;bell&gt; &amp; more"))
    assert settled.endswith(f'alt="A &lt;bell&gt; &amp; more" width="{image.width}" height="{image.height}">')
    for body, words in (
        (showing(image, " "), "no alternative text"),
        (f'<img src="{image.url}">', "no alternative text"),
        (showing(image) + showing(image, ""), "Picture 2 has no"),
        (showing(image).replace(image.name[:4], "0000"), "is not on this site"),
    ):
        with pytest.raises(WrongState, match=words):
            pictures.with_image_sizes(body)


def test_which_tip_shows_which_picture_follows_every_saving(image):
    tip = make_tip(body=showing(image))
    assert [use.image_id for use in tip.image_uses.all()] == [image.name]
    image.refresh_from_db()
    assert image.unused_since is None
    tip.body = "<p>Without.</p>"
    tip.save()
    assert not tip.image_uses.exists()
    image.refresh_from_db()
    assert image.unused_since is not None
    tip.body = showing(image)
    Tip.objects.bulk_update([tip], ["body"])
    assert tip.image_uses.exists()
    Tip.objects.bulk_create([Tip(title="Bulk", slug="bulk", body=showing(image))])
    assert ImageUse.objects.count() == 2
    Tip.objects.for_lists().get(pk=tip.pk).save(update_fields=["title"])
    assert tip.image_uses.exists()


def test_noting_tips_without_pictures_asks_once(db, django_assert_num_queries):
    tips = [make_tip(), make_tip()]
    with django_assert_num_queries(1):
        ImageUse.record({tip.pk: tip.body for tip in tips})


# --- Serving ----------------------------------------------------------------------------------------------


def status(client, url, **options):
    """Return the status of an answer that is read to its end, as a browser does."""
    response = client.get(url, **options)
    response.getvalue()
    return response.status_code


def test_a_picture_of_a_public_tip_is_for_everybody_and_kept_for_a_day(client, image):
    make_tip(body=showing(image))
    response = client.get(image.url)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "public, max-age=86400"
    assert "Cookie" not in response.get("Vary", "")
    assert opened(response.getvalue()).size == (60, 40)
    assert client.head(image.url).status_code == 200
    assert client.post(image.url).status_code == 405
    again = client.get(image.url, headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("asked", "expected", "part"),
    [
        ({"range": "bytes=0-99"}, 206, slice(0, 100)),
        ({"range": "bytes=100-"}, 206, slice(100, None)),
        ({"range": "bytes=-50"}, 206, slice(-50, None)),
        ({"range": "bytes=-999999"}, 206, slice(None)),
        ({"range": "bytes=5-999999"}, 206, slice(5, None)),
        ({"range": "bytes=999999-"}, 416, slice(0, 0)),
        ({"range": "bytes=9-5"}, 200, slice(None)),
        ({"range": "bytes=0-1,5-6"}, 200, slice(None)),
        ({"range": "lines=1-2"}, 200, slice(None)),
        ({"range": "bytes=0-99", "if-range": '"another"'}, 200, slice(None)),
    ],
)
def test_a_part_of_a_picture_is_answered_with_that_part(client, image, settings, asked, expected, part):
    make_tip(body=showing(image))
    response = client.get(image.url, headers={"accept-encoding": "gzip", **asked})
    content = response.getvalue()
    assert (response.status_code, content) == (
        expected,
        (settings.MEDIA_ROOT / image.name).read_bytes()[part],
    )
    assert response["Content-Length"] == str(len(content))
    if expected == 206:
        first = image.size - len(content) if part.start != 0 else 0
        assert response["Content-Range"] == f"bytes {first}-{first + len(content) - 1}/{image.size}"
        assert status(client, image.url, headers={**asked, "if-range": response["ETag"]}) == 206
        assert client.head(image.url, headers=asked).status_code == 200


def test_a_picture_of_what_readers_must_not_know_is_seen_by_staff_alone(client, image, ed):
    hidden_tips(body=showing(image))
    assert status(client, image.url) == 404
    client.force_login(make_person("member"))
    assert status(client, image.url) == 404
    client.force_login(ed)
    response = client.get(image.url)
    response.getvalue()
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_an_author_sees_the_pictures_of_their_own_drafts_and_of_no_others(client, image):
    author = make_person("ann", "Author")
    planned = make_tip(body=showing(image), state=TipState.DRAFT, publish_at=ago(days=-3))
    client.force_login(author)
    assert status(client, image.url) == 404
    planned.author = author
    planned.save()
    assert status(client, image.url) == 200


def test_a_picture_of_a_draft_is_not_for_staff_who_still_owe_a_code(client, image, ed, settings):
    settings.STAFF_TWO_FACTOR = ["Editor"]
    make_tip(body=showing(image), state=TipState.DRAFT, publish_at=None)
    client.force_login(ed)
    assert status(client, image.url) == 404


def test_a_preview_link_shows_the_pictures_of_its_own_tip_while_it_lives(client, image, ed):
    tip = make_tip(body=showing(image), state=TipState.DRAFT, publish_at=None)
    other = make_tip(state=TipState.DRAFT, publish_at=None)
    link = preview.make_link(tip, by=ed)
    address = f"{image.url}?preview={preview.token(link)}"
    page = client.get(preview.url(link)).content.decode()
    assert address in page
    response = client.get(address)
    response.getvalue()
    assert response["Cache-Control"] == "private, no-store"
    stranger = preview.make_link(other, by=ed)
    assert status(client, f"{image.url}?preview={preview.token(stranger)}") == 404
    assert status(client, f"{image.url}?preview=made.up") == 404
    preview.revoke_link(link, by=ed)
    assert status(client, address) == 404


@pytest.mark.parametrize(
    "address",
    [
        "/media/",
        "/media/" + "0" * 64 + ".jpg",
        "/media/" + "0" * 64 + ".svg",
        "/media/../secret_key",
        "/media/%2e%2e/secret_key",
        "/media/short.jpg",
    ],
)
def test_nothing_else_is_served(client, db, address):
    assert status(client, address) == 404


def test_a_file_that_is_gone_is_not_found(client, image, settings):
    make_tip(body=showing(image))
    (settings.MEDIA_ROOT / image.name).unlink()
    assert status(client, image.url) == 404


def test_readers_pages_and_feeds_show_pictures_well(client, image, settings):
    tip = make_tip(body=pictures.with_image_sizes(showing(image)))
    page = client.get(tip.get_absolute_url()).content.decode()
    assert f'<img decoding="async" src="{image.url}" alt="A bell" width="60" height="40">' in page
    assert f"{settings.SITE_URL}{image.url}" in client.get("/feed/").content.decode()


# --- The copy for small screens ----------------------------------------------------------------------------


@pytest.fixture
def wide(ed):
    """A photograph that is wider than a page shows, and does not shrink to nothing."""
    noise = Pixels.effect_noise((1600, 900), 80).convert("RGB")
    noise.save(out := io.BytesIO(), "JPEG", quality=90)
    return image_store.save_upload(uploaded(out.getvalue(), "wide.jpg"), by=ed)


def test_the_worker_makes_a_small_copy_and_pages_offer_both(client, wide, image, settings):
    now = timezone.now()
    tip = make_tip(body=pictures.with_image_sizes(showing(wide) + showing(image) + showing(wide)))
    page = client.get(tip.get_absolute_url()).text
    both = f'srcset="{wide.url}?w=800 800w, {wide.url} 1600w"'
    assert page.count(both) == 2
    assert page.count('loading="lazy"') == 2
    whole = client.get(wide.url)
    waiting = client.get(f"{wide.url}?w=800")
    assert waiting.getvalue() == whole.getvalue()
    assert waiting["ETag"] == whole["ETag"]
    assert image_store.scale_due(now) == 2
    assert image_store.scale_due(now) == 0
    small = client.get(f"{wide.url}?w=800")
    content = small.getvalue()
    assert opened(content).size == (800, 450)
    assert int(small["Content-Length"]) == len(content) < wide.size
    assert small["ETag"] != whole["ETag"]
    narrow = client.get(f"{image.url}?w=800")
    assert narrow["ETag"] == f'"{image.name}"'
    assert len(narrow.getvalue()) == image.size
    Tip.objects.update(state=TipState.WITHDRAWN)
    assert status(client, f"{wide.url}?w=800") == 404


def test_a_lost_copy_is_made_again_and_the_picture_stands_in_for_it(client, wide, settings):
    now = timezone.now()
    make_tip(body=showing(wide))
    image_store.scale_due(now)
    path = settings.MEDIA_ROOT / "small" / wide.name
    first = path.read_bytes()
    path.unlink()
    assert opened(client.get(f"{wide.url}?w=800").getvalue()).size == (1600, 900)
    image_store.look_after_scaled(now)
    image_store.scale_due(now)
    assert path.read_bytes() == first


@pytest.mark.parametrize("left", [0, 1000])
def test_a_broken_picture_is_named_in_the_log_and_keeps_no_other_waiting(wide, image, settings, caplog, left):
    path = settings.MEDIA_ROOT / wide.name
    path.write_bytes(path.read_bytes()[:left] or b"no picture")
    assert image_store.scale_due(timezone.now()) == 2
    assert f"The picture {wide.name} cannot be scaled" in caplog.text
    assert not (settings.MEDIA_ROOT / "small").exists()


# --- Tidying ----------------------------------------------------------------------------------------------


def test_what_no_tip_showed_for_thirty_days_is_forgotten(ed, settings):
    now = timezone.now()
    names = {}
    for number, kind in enumerate(("shown", "new", "old", "in a version")):
        names[kind] = image_store.save_upload(uploaded(color=(number * 50, 0, 0)), by=ed)
    make_tip(body=showing(names["shown"]))
    reverted = make_tip(body=showing(names["in a version"]))
    reverted.body = "<p>Without.</p>"
    reverted.save()
    Image.objects.exclude(name__in=[names["new"].name, names["shown"].name]).update(
        unused_since=now - timedelta(days=31)
    )
    assert [image_store.delete_unused(now) for _ in range(2)] == [1, 0]
    left = {names[kind].name for kind in ("shown", "new", "in a version")}
    assert set(Image.objects.values_list("name", flat=True)) == left
    assert {path.name for path in settings.MEDIA_ROOT.iterdir()} == left


def test_who_uploads_a_picture_again_keeps_it(ed, image):
    Image.objects.update(unused_since=timezone.now() - timedelta(days=31))
    image_store.save_upload(uploaded(), by=ed)
    assert image_store.delete_unused(timezone.now()) == 0


def test_one_look_at_the_versions_serves_all_forgotten_pictures(ed, monkeypatch):
    monkeypatch.setattr(image_store, "MOST_DELETED", 2)
    tip = make_tip()
    for number in range(5):
        kept = image_store.save_upload(uploaded(color=(number * 50, 0, 0)), by=ed)
        tip.body = showing(kept)
        tip.save()
    tip.body = "<p>Without.</p>"
    tip.save()
    for number in range(3):
        image_store.save_upload(uploaded(color=(0, number * 50 + 50, 0)), by=ed)
    Image.objects.update(unused_since=timezone.now() - timedelta(days=31))
    table = TipVersion._meta.db_table
    with CaptureQueriesContext(connection) as asked:
        assert [image_store.delete_unused(timezone.now()) for _ in range(3)] == [2, 1, 0]
    assert sum(f'FROM "{table}"' in each["sql"] for each in asked) == 3
    assert Image.objects.count() == 5


def test_a_picture_whose_deletion_was_cut_short_is_whole_again_when_it_comes_again(ed, image, settings):
    (settings.MEDIA_ROOT / image.name).unlink()
    image_store.save_upload(uploaded(), by=ed)
    assert [path.name for path in settings.MEDIA_ROOT.iterdir()] == [image.name]
    Image.objects.update(unused_since=timezone.now() - timedelta(days=31))
    (settings.MEDIA_ROOT / image.name).unlink()
    assert image_store.delete_unused(timezone.now()) == 1
