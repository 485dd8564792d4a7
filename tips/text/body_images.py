"""The pictures in a body's HTML: whose they are, what they show, how large they are."""

import html
import re

# Our own files, by content: the only ones that a body shows.
_ADDRESS = re.compile(r"/media/[0-9a-f]{64}\.(?:jpg|png)")
_IMG = re.compile(r"""<img\b[^>"]*(?:"[^"]*"[^>"]*)*>""")
_SRC = re.compile(r'\bsrc="/media/([^"]*)"')
_ALT = re.compile(r'\balt="([^"]*)"')


def attribute(tag, name, value):
    """Return an attribute's value as it may stay, or None to drop it. The cleaner asks for each."""
    if tag != "img":
        return value
    if name == "src":
        # In a preview, the address carries the preview's token.
        address = value.split("?", 1)[0]
        return address if _ADDRESS.fullmatch(address) else None
    return value if name == "alt" or (value.isascii() and value.isdigit() and len(value) < 6) else None


def without_strange(source):
    """Return HTML that went through the cleaner without the images that are not ours."""
    return _IMG.sub(lambda img: img[0] if _SRC.search(img[0]) else "", source)


def shown(source):
    """Return the images of clean HTML, in order, each as (name of its file, alternative text)."""
    found = []
    for img in _IMG.findall(source):
        address, alt = _SRC.search(img), _ALT.search(img)
        if address:
            found.append((address[1], html.unescape(alt[1]).strip() if alt else ""))
    return found


def with_sizes(source, sizes):
    """Return clean HTML with the measures of its images set, so that no page jumps while they load.

    ``sizes`` has (width, height) in pixels by the name of an image's file; any other stays as it is.
    """

    def sized(img):
        address, alt = _SRC.search(img[0]), _ALT.search(img[0])
        if not address or address[1] not in sizes:
            return img[0]
        width, height = sizes[address[1]]
        text = alt[1] if alt else ""
        return f'<img src="/media/{address[1]}" alt="{text}" width="{width}" height="{height}">'

    return _IMG.sub(sized, source)


def lazy_images(source):
    """Return clean HTML whose images a browser fetches when a reader comes near them."""
    return source.replace("<img ", '<img loading="lazy" decoding="async" ') if "<img " in source else source


def at(source, site):
    """Return clean HTML whose images stand at full addresses of a site, for feeds and mail."""
    return source.replace('src="/media/', f'src="{site}/media/') if "<img " in source else source
