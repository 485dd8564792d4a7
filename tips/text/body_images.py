"""The pictures in a body's HTML: whose they are, what they show, how large they are."""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from tips.text.html_tokens import tokens

# In the order in which they are stored.
ATTRIBUTES = ("src", "alt", "width", "height")
# Our own files, by content: the only ones that a body shows.
_OUR_PATH = re.compile(r"/media/[0-9a-f]{64}\.(?:jpg|png)")
_IMG = re.compile(r"""<img\b[^>"]*(?:"[^"]*"[^>"]*)*>""")
_SRC = re.compile(r'\bsrc="/media/([^"]*)"')
# As the gate lets it through: a preview's token may stand behind the path.
_SRC_AS_SHOWN = re.compile(r'\bsrc="(/media/[^"]*)"')
_WIDTH = re.compile(r'\bwidth="([0-9]{1,5})"')
# How wide the copy for small screens is, in pixels, and how wide a picture stands on a page.
SMALL = 800
_SIZES = "(max-width: 40rem) 100vw, 38rem"
_ALT = re.compile(r'\balt="([^"]*)"')


def allowed_value(tag: str, name: str, value: str) -> str | None:
    """Return an attribute's value as it may stay, or None to drop it. The cleaner asks for each."""
    if tag != "img":
        return value
    if name == "src":
        # What was copied from a preview carries the preview's token.
        path = value.split("?", 1)[0]
        return path if _OUR_PATH.fullmatch(path) else None
    return value if name == "alt" or (value.isascii() and value.isdigit() and len(value) < 6) else None


class Shown(NamedTuple):
    """An image as a body shows it: the name of its file, its alternative text, and its caption as text."""

    name: str
    alt: str
    caption: str = ""


def shown(source: str) -> list[Shown]:
    """Return the images of clean HTML, in order."""
    if "<img " not in source:
        return []
    images: list[Shown] = []
    is_caption = False
    for token in tokens(source):
        if (src := token.attributes.get("src", "")).startswith("/media/"):
            images.append(Shown(src.removeprefix("/media/"), token.attributes.get("alt", "").strip()))
        elif token.tag == "figcaption":
            is_caption = not token.closes
        elif is_caption and images:
            images[-1] = images[-1]._replace(caption=images[-1].caption + token.text)
    return images


def without(source: str, names: Collection[str]) -> str:
    """Return HTML without the images of some files, given by their names; what is around them stays."""

    def left(img: re.Match[str]) -> str:
        src = _SRC.search(img[0])
        return "" if src and src[1] in names else img[0]

    return _IMG.sub(left, source)


def with_sizes(source: str, sizes: Mapping[str, tuple[int, int]]) -> str:
    """Return clean HTML with the measures of its images set, so that no page jumps while they load.

    ``sizes`` has (width, height) in pixels by the name of an image's file; any other stays as it is.
    """

    def sized(img: re.Match[str]) -> str:
        src, alt = _SRC.search(img[0]), _ALT.search(img[0])
        if not src or src[1] not in sizes:
            return img[0]
        width, height = sizes[src[1]]
        return f'<img src="/media/{src[1]}" alt="{alt[1] if alt else ""}" width="{width}" height="{height}">'

    return _IMG.sub(sized, source)


def as_on_a_page(source: str) -> str:
    """Return clean HTML whose images a browser fetches in the size that fits, and when a reader comes near.

    The first image is fetched at once: it may be what a reader sees first.
    """
    if "<img " not in source:
        return source
    first, *others = _IMG.split(source)
    images = _IMG.findall(source)
    parts = [first]
    for place, (image, after) in enumerate(zip(images, others, strict=True)):
        parts += [_fitting(image, is_first=place == 0), after]
    return "".join(parts)


def small_url(src: str) -> str:
    """Return the URL of a picture's copy for small screens; the picture answers while there is none."""
    return f"{src}{'&amp;' if '?' in src else '?'}w={SMALL}"


def _fitting(image: str, *, is_first: bool) -> str:
    src, width = _SRC_AS_SHOWN.search(image), _WIDTH.search(image)
    more = "" if is_first else 'loading="lazy" '
    if src and width and int(width[1]) > SMALL:
        more += f'srcset="{small_url(src[1])} {SMALL}w, {src[1]} {width[1]}w" sizes="{_SIZES}" '
    return image.replace("<img ", f'<img {more}decoding="async" ', 1)
