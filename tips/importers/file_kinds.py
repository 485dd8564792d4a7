"""Files that are no pages of text: which kind each is, and what to do with it, in a sentence for a person."""

import codecs
import re
import zipfile
import zlib
from typing import BinaryIO

# How much of a file, and of what is packed in it, is looked at.
_LOOKED_AT = 65536

_WORDPRESS = (
    "This is a WordPress export{packed}. This command reads text pages: save the archive's pages as text, and"
    " name those."
)
_TO_TEXT = "Save its text as a .txt file in UTF-8, and name that."
_UNPACK = "Unpack it, and name its .txt files or their folder."
# How files of a kind begin.
_MAGIC = {
    b"%PDF-": f"This is a PDF. {_TO_TEXT}",
    b"{\\rtf": f"This is an RTF document. {_TO_TEXT}",
    b"\xd0\xcf\x11\xe0": f"This is a document of an older Microsoft Office. {_TO_TEXT}",
    b"SQLite format 3\0": "This is an SQLite database, not text.",
    b"\x89PNG": "This is a picture, not text.",
    b"\xff\xd8\xff": "This is a picture, not text.",
    b"GIF87a": "This is a picture, not text.",
    b"GIF89a": "This is a picture, not text.",
    **{b"BZh%d1AY&SY" % level: f"This is a compressed file (bzip2). {_UNPACK}" for level in range(1, 10)},
    b"\xfd7zXZ": f"This is a compressed file (xz). {_UNPACK}",
    b"7z\xbc\xaf": f"This is a compressed file (7z). {_UNPACK}",
    b"Rar!\x1a": f"This is a compressed file (RAR). {_UNPACK}",
}
# What is packed in documents that are ZIP archives, by the beginning of a name in them.
_DOCUMENTS = {
    "word/": f"This is a Word document. {_TO_TEXT}",
    "xl/": f"This is an Excel workbook. {_TO_TEXT}",
    "META-INF/container.xml": f"This is an e-book. {_TO_TEXT}",
    "content.xml": f"This is an OpenDocument file. {_TO_TEXT}",
}
_HTML = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)\b")
_DUMP = re.compile(r"-- (?:MySQL|MariaDB|phpMyAdmin|PostgreSQL|Adminer|SQLite|Dump)\b", re.IGNORECASE)


def why_no_page(file: BinaryIO) -> str:
    """Return a sentence on what a file is and what to do with it, where it is known to be no page of text.

    Returns the empty text for any other. The file may be at any position, and is at its beginning afterwards.
    """
    file.seek(0)
    try:
        head = file.read(_LOOKED_AT)
        if head.startswith(b"PK\x03\x04"):
            return _packed(file)
        if head.startswith(b"\x1f\x8b"):
            return _is_wordpress(_unzipped(head)) or f"This is a compressed file (gzip). {_UNPACK}"
        if head[257:262] == b"ustar":
            return f"This is a tar archive. {_UNPACK}"
        magic = next((why for begins, why in _MAGIC.items() if head.startswith(begins)), "")
        return magic or _markup(_decoded(head))
    finally:
        file.seek(0)


def _markup(head: str) -> str:
    """Return the sentence on a text that is written for machines."""
    if _DUMP.match(head):
        return "This is the dump of a database. Save the old blog's archive pages as text, and name those."
    if not head.startswith("<"):
        return ""
    if is_wordpress(head):
        return _WORDPRESS.format(packed="")
    if _HTML.match(_from_first_element(head)):
        return f"This is an HTML page. Open it in a browser. {_TO_TEXT}"
    if _FEED.search(head):
        return "This is a feed. Save the old blog's archive pages as text, and name those."
    return "This is XML, not text." if head.startswith("<?xml") else ""


def is_wordpress(head: str) -> bool:
    """Tell whether XML that begins so is a WordPress export (WXR, "WordPress eXtended RSS")."""
    return "wordpress.org/export/" in head or "WordPress eXtended RSS" in head


def _is_wordpress(head: bytes) -> str:
    return _WORDPRESS.format(packed=", compressed") if is_wordpress(_decoded(head)) else ""


def _from_first_element(head: str) -> str:
    """Return XML or HTML without the declaration and the comments at its beginning."""
    while head.startswith(("<?", "<!--")):
        _, end, head = head.partition("?>" if head.startswith("<?") else "-->")
        if not end:
            return ""
        head = head.lstrip()
    return head


def _packed(file: BinaryIO) -> str:
    """Return the sentence on a ZIP archive."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            for name in [name for name in names if name.lower().endswith((".xml", ".wxr"))][:10]:
                with archive.open(name) as member:
                    if why := _is_wordpress(member.read(_LOOKED_AT)):
                        return why
    # Damaged, encrypted, or packed in a way that is not known here.
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError):
        return f"This is a ZIP archive. {_UNPACK}"
    documents = (why for begins, why in _DOCUMENTS.items() if any(name.startswith(begins) for name in names))
    return next(documents, f"This is a ZIP archive. {_UNPACK}")


def _unzipped(head: bytes) -> bytes:
    try:
        # 31: the window of zlib's greatest size, in the format of gzip.
        return zlib.decompressobj(31).decompress(head, _LOOKED_AT)
    except zlib.error:
        return b""


def _decoded(head: bytes) -> str:
    """Return the beginning of a file as text, whatever its encoding, from the first sign that shows on."""
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return head.decode("utf-16" if is_utf16 else "utf-8", "replace").lstrip("\ufeff \t\r\n")
