"""Pictures that staff upload: judged by their content, encoded again, and kept.

Nothing of a file is kept but its picture: it is decoded and encoded again, without metadata and whatever
else a file may carry. Its name is made of its content, so the same picture is there once, whoever uploads
it.
"""

import hashlib
import io
import os
import re
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from PIL import Image as Pixels
from PIL import ImageCms, ImageOps, UnidentifiedImageError

from desk.errors import NotPermitted, Refused
from tips.models import Image, TipVersion
from tips.text import body_images

WIDEST, TALLEST = 1600, 3200
MOST_BYTES = 20 * 1024 * 1024
# A JPEG is decoded at half its size, or less; of every other kind the whole picture is in memory at once.
MOST_PIXELS_OF_JPEG = 50_000_000
MOST_PIXELS = 20_000_000
# So many pictures at most are forgotten in one go; the next one takes the others.
MOST_FORGOTTEN = 500
KEEP_UNUSED = timedelta(days=30)
KINDS = {"jpg": "image/jpeg", "png": "image/png"}

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
# What Pillow calls a JPEG that holds further pictures: telephones add a small copy, which is dropped.
_JPEG = ("JPEG", "MPO")
_MAY_MOVE = ("GIF", "PNG", "WEBP")
# One picture is decoded at a time: several large ones at once could take all the memory there is.
_decoding = threading.Lock()
# What other programs would run or unpack: no camera and no picture editor writes it into a picture.
_ALSO_SOMETHING_ELSE = re.compile(
    rb"<script|<html|<!doctype|<\?php|<svg[\s>]|%PDF-1|PK\x03\x04[\n\x14-\x3f]\x00", re.I
)
_BEGINS_LIKE_TEXT = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype|html|svg|script|!--)", re.I)


class Unusable(Refused, ValueError):
    """A file is not taken; the text says why, and what would be."""


# --- Taking a file ----------------------------------------------------------------------------------------


def take(file, *, by):
    """Keep the picture in an uploaded file, and return its Image.

    ``file`` is a Django File. The same picture uploaded twice, or by two people at once, is one Image.
    Raises Unusable with one sentence for what is no picture that can be shown, NotPermitted for who may not
    write tips.
    """
    if not (by.has_perm("tips.add_tip") or by.has_perm("tips.change_tip")):
        raise NotPermitted("You may not upload pictures. Ask an editor to do it.")
    if file.size > MOST_BYTES:
        raise Unusable(
            f"The file has {file.size / 1_048_576:.0f} MB; at most {MOST_BYTES // 1_048_576} are taken."
            " Save the picture smaller, and upload that."
        )
    content, kind, (width, height) = reencode(file.read())
    name = f"{hashlib.sha256(content).hexdigest()}.{kind}"
    with transaction.atomic():
        # The row first: it is what two uploads, or an upload and the clock's tidying, wait for each other at.
        image, made = Image.objects.select_for_update().get_or_create(
            name=name, defaults={"width": width, "height": height, "size": len(content), "uploaded_by": by}
        )
        if not made and image.unused_since:
            Image.objects.filter(pk=name, unused_since__isnull=False).update(unused_since=timezone.now())
    # Once the row is there for all to see: `_unlink` looks for it after it took a file away.
    _write(name, content)
    return image


def reencode(data):
    """Return (bytes, kind, (width, height)) of the picture in a file's bytes, and of nothing else in them.

    It stands upright as its EXIF data say, in sRGB, at most WIDEST by TALLEST pixels. Raises Unusable.
    """
    if not data:
        raise Unusable("The file is empty. Choose another.")
    if _BEGINS_LIKE_TEXT.match(data[:1024]):
        raise Unusable("This is a drawing or a page, not a photograph: save it as PNG, and upload that.")
    try:
        with Pixels.open(io.BytesIO(data), formats=_FORMATS) as opened:
            most = MOST_PIXELS_OF_JPEG if opened.format in _JPEG else MOST_PIXELS
            if opened.width * opened.height > most:
                raise Unusable(
                    f"The picture has {opened.width} × {opened.height} pixels, more than a page can show."
                    " Save it smaller, and upload that."
                )
            if opened.format in _MAY_MOVE and getattr(opened, "is_animated", False):
                raise Unusable("The picture moves. Save one frame of it as PNG, and upload that.")
            if _ALSO_SOMETHING_ELSE.search(data):
                raise Unusable(
                    "The file is a picture and something else besides. Save the picture anew; upload that."
                )
            with _decoding:
                upright = ImageOps.exif_transpose(_small(opened))
                return _encoded(_in_srgb(upright), photograph=opened.format in (*_JPEG, "WEBP"))
    except Unusable:
        raise
    except UnidentifiedImageError:
        raise Unusable("This is no picture of a kind that is taken: JPEG, PNG, WebP or GIF.") from None
    except (Pixels.DecompressionBombError, Pixels.DecompressionBombWarning):
        raise Unusable(
            "The picture is larger than a page can show. Save it smaller, and upload that."
        ) from None
    except Exception as error:
        # A decoder meets broken bytes with whatever its own code happens to raise.
        raise Unusable("The picture is damaged or cut off. Save it anew, and upload that.") from error


def _small(image):
    """Return a picture decoded, and made small before anything else is done: each step copies it whole.

    It fits into a square of TALLEST, whichever way it stands.
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
    image.thumbnail((TALLEST, TALLEST), Pixels.Resampling.LANCZOS)
    return image


def _in_srgb(image):
    """Return a picture in sRGB, with an alpha channel where it lets something shine through."""
    transparent = image.has_transparency_data
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "RGBA"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A profile that cannot be read is as good as none.
            pass
    image = image.convert("RGBA" if transparent else "RGB")
    if transparent and image.getchannel("A").getextrema() == (255, 255):
        image = image.convert("RGB")
    return image


def _encoded(image, photograph):
    image.thumbnail((WIDEST, TALLEST), Pixels.Resampling.LANCZOS)
    clean = Pixels.new(image.mode, image.size)
    clean.paste(image)
    kind = "jpg" if photograph and image.mode == "RGB" else "png"
    out = io.BytesIO()
    if kind == "jpg":
        clean.save(out, "JPEG", quality=85, optimize=True, progressive=True)
    else:
        clean.save(out, "PNG", optimize=True)
    return out.getvalue(), kind, clean.size


def _write(name, content):
    """Put a file in its place whole, if it is not there."""
    path = Path(settings.MEDIA_ROOT) / name
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("wb", dir=path.parent, prefix=".upload-", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


# --- In a tip's body --------------------------------------------------------------------------------------


def with_image_sizes(body):
    """Return a clean body with the measures of its pictures set.

    Raises Unusable where one has no alternative text, or is not there.
    """
    shown = body_images.shown(body)
    if not shown:
        return body
    sizes = {
        image.name: (image.width, image.height)
        for image in Image.objects.filter(name__in={name for name, _ in shown})
    }
    for number, (name, alt) in enumerate(shown, 1):
        which = "The picture" if len(shown) == 1 else f"Picture {number}"
        if name not in sizes:
            raise Unusable(f"{which} is not on this site (any more). Upload it again, or take it out.")
        if not alt:
            raise Unusable(
                f"{which} has no alternative text. Say what it shows, for those who cannot see it."
            )
    return body_images.with_sizes(body, sizes)


# --- Tidying ----------------------------------------------------------------------------------------------


def forget_unused(now):
    """Delete pictures that no tip has shown for 30 days, and no kept version of one; return how many.

    At most MOST_FORGOTTEN in one go. For the clock: safe to run twice, beside an upload of the same picture
    too.
    """
    old = Image.objects.filter(unused_since__lt=now - KEEP_UNUSED, uses=None)
    names = set(old.values_list("name", flat=True))
    if not names:
        return 0
    # Whoever reverts to a version gets its pictures back. One look at the versions serves all pictures.
    for body in TipVersion.objects.filter(body__contains="/media/").values_list("body", flat=True).iterator():
        names.difference_update(name for name, _ in body_images.shown(body))
    forgotten = 0
    for name in sorted(names)[:MOST_FORGOTTEN]:
        with transaction.atomic():
            image = old.select_for_update(of=("self",)).filter(name=name).first()
            if image is None:
                continue
            image.delete()
            transaction.on_commit(partial(_unlink, name))
            forgotten += 1
    return forgotten


def _unlink(name):
    """Delete a file whose row is gone, unless somebody has just uploaded the picture again."""
    path = Path(settings.MEDIA_ROOT) / name
    aside = path.with_name(f".forgotten-{name}")
    try:
        os.replace(path, aside)
    except FileNotFoundError:
        return
    # An upload commits its row, then looks for the file: either it misses the file, or its row is seen here.
    if Image.objects.filter(name=name).exists():
        os.replace(aside, path)
    else:
        aside.unlink(missing_ok=True)
