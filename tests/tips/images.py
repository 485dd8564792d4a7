"""Pictures for tests, drawn when they are needed."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Pixels


def drawn(kind="JPEG", size=(60, 40), mode="RGB", color=None, **options):
    """Return the bytes of a picture in one color, with whatever Pillow's ``save`` is told besides."""
    out = io.BytesIO()
    Pixels.new(mode, size, color).save(out, kind, **options)
    return out.getvalue()


def uploaded(content=None, name="picture.jpg", **options):
    """Return a file as it comes from a browser."""
    return SimpleUploadedFile(name, drawn(**options) if content is None else content)


def opened(content):
    """Return the picture in some bytes, decoded."""
    picture = Pixels.open(io.BytesIO(content))
    picture.load()
    return picture
