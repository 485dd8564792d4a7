"""Images that staff upload: judged by their content, encoded again, and kept.

Nothing of a file is kept but its pixels: the image is decoded and encoded again, without metadata and
whatever else a file may carry. Its name is made of its content, so the same image is there once, whoever
uploads it.
"""

import hashlib
import io
import logging
import re
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from PIL import Image as PillowImage
from PIL import ImageCms, ImageOps, UnidentifiedImageError

from desk.errors import NotPermitted, Refused
from tips.models import Image, PageVersion, TipVersion
from tips.storage import names
from tips.text import body_images

logger = logging.getLogger(__name__)

WIDEST, TALLEST = 1600, 3200
MOST_BYTES = 20 * 1024 * 1024
# A JPEG is decoded at half its size, or less; of every other format the whole image is in memory at once.
MOST_PIXELS_OF_JPEG = 50_000_000
MOST_PIXELS = 20_000_000
# So many images at most are deleted in one go; the next one takes the others.
MOST_DELETED = 500
KEEP_UNUSED = timedelta(days=30)
# In each minute pictures are scaled for so many seconds at most, and so many.
SECONDS, _MOST_SCALED = 5.0, 100
KINDS = {"jpg": "image/jpeg", "png": "image/png"}

# Pillow's names for a JPEG; the second holds further images: telephones add a small copy, which is dropped.
_JPEG = ("JPEG", "MPO")
# One image is decoded at a time: several large ones at once could take all the memory there is.
_decoding_lock = threading.Lock()
# What other programs would run or unpack: no camera and no image editor writes it into an image.
_CODE = re.compile(rb"<script|<html|<!doctype|<\?php|<svg[\s>]|%PDF-1|PK\x03\x04[\n\x14-\x3f]\x00", re.I)
_BEGINS_LIKE_TEXT = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype|html|svg|script|!--)", re.I)


class UnusableImage(Refused, ValueError):
    """A file is not taken; the text says why, and what to do."""


# --- Taking a file ----------------------------------------------------------------------------------------


def save_upload(file: File[bytes], *, by: User) -> Image:
    """Keep the image in an uploaded file, and return its row.

    The same image uploaded twice, or by two people at once, is one row. Raises UnusableImage for a file that
    is no image that can be shown, NotPermitted for people who may not write tips.
    """
    if not (by.has_perm("tips.add_tip") or by.has_perm("tips.change_tip")):
        raise NotPermitted("You may not upload pictures. Ask an editor to do it.")
    if file.size > MOST_BYTES:
        most = f"at most {MOST_BYTES >> 20} are taken. Save the picture smaller, and upload that."
        raise UnusableImage(f"The file has {file.size / 2**20:.0f} MB; {most}")
    content, kind, (width, height) = reencode(file.read())
    name = f"{hashlib.sha256(content).hexdigest()}.{kind}"
    with transaction.atomic():
        # The row first: two uploads, or an upload and ``delete_unused``, wait for each other at its lock.
        image, made = Image.objects.select_for_update().get_or_create(
            name=name, defaults={"width": width, "height": height, "size": len(content), "uploaded_by": by}
        )
        if not made and image.unused_since:
            Image.objects.filter(pk=name, unused_since__isnull=False).update(unused_since=timezone.now())
    # Once the row is there for all to see, so that ``delete_unused`` leaves the file alone.
    _write(name, content)
    return image


def reencode(data: bytes) -> tuple[bytes, str, tuple[int, int]]:
    """Return (bytes, kind, (width, height)) of the image in a file's bytes, and of nothing else in them.

    ``kind`` is one of KINDS. The image stands upright as its EXIF data say, in sRGB, at most WIDEST by
    TALLEST pixels. Raises UnusableImage.
    """
    if not data:
        raise UnusableImage("The file is empty. Choose another.")
    if _BEGINS_LIKE_TEXT.match(data[:1024]):
        raise UnusableImage("This is a drawing or a page, not a photograph: save it as PNG, and upload that.")
    try:
        with PillowImage.open(io.BytesIO(data), formats=("JPEG", "PNG", "GIF", "WEBP")) as opened:
            most = MOST_PIXELS_OF_JPEG if opened.format in _JPEG else MOST_PIXELS
            if opened.width * opened.height > most:
                size = f"{opened.width} × {opened.height} pixels, more than a page can show"
                raise UnusableImage(f"The picture has {size}. Save it smaller, and upload that.")
            if opened.format not in _JPEG and getattr(opened, "is_animated", False):
                raise UnusableImage("The picture moves. Save one frame of it as PNG, and upload that.")
            if _CODE.search(data):
                raise UnusableImage("It is a picture and something else besides. Save it anew; upload that.")
            with _decoding_lock:
                upright = ImageOps.exif_transpose(_small(opened))
                return _encoded(_in_srgb(upright), photograph=opened.format in (*_JPEG, "WEBP"))
    except UnusableImage:
        raise
    except UnidentifiedImageError:
        raise UnusableImage("This is no picture of a kind that is taken: JPEG, PNG, WebP or GIF.") from None
    except (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning):
        raise UnusableImage("The picture is larger than a page can show. Save a smaller one.") from None
    except Exception as error:
        # A decoder meets broken bytes with whatever its own code happens to raise.
        raise UnusableImage("The picture is damaged or cut off. Save it anew, and upload that.") from error


def _small(image: PillowImage.Image) -> PillowImage.Image:
    """Return an image decoded, and made small before anything else is done: each step copies it whole.

    It fits into a square of TALLEST, upright or not.
    """
    # Of a large photograph, only so much is decoded as is needed.
    fits = min(TALLEST / image.width, TALLEST / image.height, 1)
    image.draft(None, (int(image.width * fits), int(image.height * fits)))
    image.load()
    if image.mode.startswith(("I", "F")):
        # Sixteen bits a pixel, which would otherwise be cut to white.
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in ("1", "P", "PA") or "transparency" in image.info:
        # Of these, pixels cannot be mixed.
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((TALLEST, TALLEST), PillowImage.Resampling.LANCZOS)
    return image


def _in_srgb(image: PillowImage.Image) -> PillowImage.Image:
    """Return an image in sRGB, with an alpha channel where it is not opaque."""
    transparent, profile = image.has_transparency_data, image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "RGBA"):
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            # A profile that cannot be read counts as missing.
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb, mode = ImageCms.createProfile("sRGB"), "RGBA" if image.mode == "RGBA" else "RGB"
            image = ImageCms.profileToProfile(image, source, srgb, outputMode=mode) or image
    image = image.convert("RGBA" if transparent else "RGB")
    if transparent and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    return image


def _encoded(image: PillowImage.Image, photograph: bool) -> tuple[bytes, str, tuple[int, int]]:
    image.thumbnail((WIDEST, TALLEST), PillowImage.Resampling.LANCZOS)
    clean = PillowImage.new(image.mode, image.size)
    clean.paste(image)
    kind, name = ("jpg", "JPEG") if photograph and image.mode == "RGB" else ("png", "PNG")
    # PNG knows only the last of these, and leaves out the others.
    clean.save(out := io.BytesIO(), name, quality=85, progressive=True, optimize=True)
    return out.getvalue(), kind, clean.size


def _write(name: str, content: bytes) -> None:
    """Put a file in its place, if it is not there."""
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))


# --- The copy for small screens ----------------------------------------------------------------------------


def scale_due(now: datetime) -> int:
    """Make the copies for small screens that are due, for at most SECONDS; return how many were seen to.

    The row is written after the file: what a killed worker left undone is due still. A picture that cannot be
    scaled serves on small screens, too; the log tells of it. Raises OSError where nothing can be stored.
    """
    ends_at, done = time.monotonic() + SECONDS, 0
    for image in Image.objects.filter(small_size=None).order_by("uploaded_at")[:_MOST_SCALED]:
        Image.objects.filter(pk=image.pk).update(small_size=_scaled(image))
        done += 1
        if time.monotonic() > ends_at:
            break
    return done


def _scaled(image: Image) -> int:
    """Store the copy of a picture for small screens; return its size in bytes, 0 where there is none."""
    if image.width <= body_images.SMALL:
        return 0
    try:
        with default_storage.open(image.name) as file:
            stored = io.BytesIO(file.read())
    except FileNotFoundError:
        return 0
    try:
        with _decoding_lock, PillowImage.open(stored, formats=("JPEG", "PNG")) as opened:
            opened.draft(None, (body_images.SMALL, body_images.SMALL * TALLEST))
            opened.thumbnail((body_images.SMALL, TALLEST), PillowImage.Resampling.LANCZOS)
            kind = "PNG" if image.name.endswith("png") else "JPEG"
            opened.save(out := io.BytesIO(), kind, quality=82, progressive=True, optimize=True)
    except (PillowImage.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        # An OSError here is of the decoder, which meets a file cut off: the store was read before.
        logger.error("The picture %s cannot be scaled, and is shown as it is: %s", image.name, error)
        return 0
    content = out.getvalue()
    if len(content) >= image.size:
        return 0
    _write(image.small_name, content)
    return len(content)


def look_after_scaled(now: datetime) -> None:
    """Have lost copies made again, and delete those of pictures that are no more."""
    files = {name.partition("/")[2] for name in names.every(Image.SMALL_FOLDER)}
    known = set(Image.objects.filter(small_size__gt=0).values_list("name", flat=True))
    Image.objects.filter(name__in=known - files).update(small_size=None)
    for name in files - known:
        # The row of one that was just made is about to be written.
        if not Image.objects.filter(name=name).exists():
            default_storage.delete(f"{Image.SMALL_FOLDER}/{name}")


# --- Deletion ----------------------------------------------------------------------------------------------


def delete_unused(now: datetime) -> int:
    """Delete images that no tip and no version of one has shown for 30 days; return how many.

    At most MOST_DELETED in one go. Safe to run twice, and beside an upload of the same image.
    """
    old = Image.objects.filter(unused_since__lt=now - KEEP_UNUSED, uses=None, pages=None, hosts=None)
    names = set(old.values_list("name", flat=True))
    if not names:
        return 0
    # Whoever reverts to a version gets its images back. One look at the versions serves all images.
    for versions in (TipVersion, PageVersion):
        bodies = versions._default_manager.filter(body__contains="/media/").values_list("body", flat=True)
        for body in bodies.iterator():
            names.difference_update(image.name for image in body_images.shown(body))
    deleted = 0
    for name in sorted(names)[:MOST_DELETED]:
        with transaction.atomic():
            # The file while the row is locked: who uploads the image again waits, and then finds neither. If
            # this ends in between, a row without a file is left, which the next upload or deletion mends.
            if image := old.select_for_update(of=("self",)).filter(name=name).first():
                image.delete()
                default_storage.delete(name)
                default_storage.delete(image.small_name)
                deleted += 1
    return deleted
