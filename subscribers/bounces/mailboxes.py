"""Where reports come in: files, folders of mail, a pipe, and a mailbox on a mail server.

Each yields ``(where, mail as bytes, done)``; ``done(keep)`` is called when the mail was taken, and what that
leaves behind is up to the place: a pipe and a file as they were, a Maildir with all mail as seen, a mailbox
on a server with ordinary mail alone.
"""

import imaplib
import mailbox
import ssl
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from subscribers.mail import envelope

_Done = Callable[[bool], None]
Mails = Generator[tuple[str, bytes, _Done], None, None]

_THIS_MACHINE = frozenset(["localhost", "127.0.0.1", "::1"])
# Of a larger mail only the beginning is fetched: no report is so large.
LARGEST_MAIL = 10 * 2**20
_WRONG = "BOUNCE_MAILBOX must look like imaps://user:password@host/INBOX, percent-encoded (@ as %40)."


class UnreadableError(Exception):
    """A place cannot be read; the text says which, and why."""


def pipe(stream: BinaryIO) -> Mails:
    """Yield the one mail that a mail server pipes in."""
    raw = stream.read(LARGEST_MAIL)
    # Or the server that pipes it in would take the end of our reading for a failure.
    while stream.read(2**16):
        pass
    if not raw.strip():
        raise UnreadableError("Standard input: nothing came in. Pipe a mail in, or name a file or folder.")
    yield "standard input", raw, _nothing


def files(name: str) -> Mails:
    """Yield the new mails of a Maildir folder, those of an mbox file, or the one mail of any other file."""
    path = Path(name)
    try:
        if path.is_dir():
            yield from _maildir(path)
            return
        with path.open("rb") as file:
            start = file.read(LARGEST_MAIL)
        if not start.startswith(b"From "):
            yield str(path), start, _nothing
            return
        with closing(mailbox.mbox(path, create=False)) as box:
            for key in box.iterkeys():
                yield f"{path}, mail {key}", box.get_bytes(key), _nothing
    except (OSError, mailbox.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(f"{path}: cannot be read ({reason}).") from error


def folder(name: str) -> Mails:
    """Yield every mail in the files of a folder and of those in it, in their order; none is changed."""
    path = Path(name)
    if not path.is_dir():
        raise UnreadableError(f"{path}: is no folder.")
    found = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    if not found:
        raise UnreadableError(f"{path}: holds no file.")
    for file in found:
        yield from files(str(file))


def _maildir(path: Path) -> Mails:
    if not all((path / part).is_dir() for part in ("cur", "new")):
        raise UnreadableError(f"{path}: is a folder, but no Maildir: it has no cur and new.")
    # By hand: the library takes a mail apart to say whether it was seen, and some mail cannot be.
    for file in sorted([*(path / "new").iterdir(), *(path / "cur").iterdir()]):
        name, _, flags = file.name.partition(":2,")
        if name.startswith(".") or "S" in flags or not file.is_file():
            continue
        try:
            with file.open("rb") as opened:
                raw = opened.read(LARGEST_MAIL)
        # Another run, or a person, was quicker.
        except FileNotFoundError:
            continue
        seen = path / "cur" / f"{name}:2,{''.join(sorted(flags + 'S'))}"
        yield f"{path}, mail {name}", raw, partial(_mark_seen, file, seen)


def _mark_seen(file: Path, seen: Path, keep: bool) -> None:
    with suppress(FileNotFoundError):
        file.rename(seen)


def server(url: str) -> Mails:
    """Yield the unread mails of a mailbox, ``imaps://user:password@host/Folder`` (RFC 9051).

    What was a report is marked for deletion when it is done; ordinary mail stays, unread.
    """
    host, port, user, password, folder, encrypted = _place(url)
    secure = ssl.create_default_context()
    try:
        if encrypted:
            box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port or 993, ssl_context=secure, timeout=30)
        else:
            box = imaplib.IMAP4(host, port or 143, timeout=30)
        with box:
            if not encrypted and "STARTTLS" in box.capabilities:
                box.starttls(secure)
            elif not encrypted and host not in _THIS_MACHINE:
                # Somebody on the way may have taken the offer away, to read the password.
                raise UnreadableError(f"{host}: does not offer STARTTLS, and gets no password without it.")
            box.login(user, password)
            if box.select(folder)[0] != "OK":
                raise UnreadableError(f"{host}: there is no folder {folder}.")
            _, (unseen,) = box.uid("search", "UNSEEN")
            for uid in filter(bytes.isdigit, (unseen or b"").split()):
                _, parts = box.uid("fetch", uid.decode(), f"(BODY.PEEK[]<0.{LARGEST_MAIL}>)")
                raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
                # Nothing: another one has deleted it meanwhile.
                if raw:
                    yield f"{host}, mail {uid.decode()}", raw, partial(_mark_deleted, box, uid.decode())
            box.expunge()
    except (OSError, imaplib.IMAP4.error) as error:
        words = error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error).encode()
        raise UnreadableError(f"{host}: {_printable(words)}") from error


def _printable(words: bytes) -> str:
    """Return what a server says (bytes) on one line of a terminal, without what would command that."""
    text = " ".join(words[:300].decode(errors="replace").split())
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _place(url: str) -> tuple[str, int | None, str, str, str, bool]:
    """Return host, port or None, user, password, folder as IMAP writes it, and whether it is encrypted."""
    try:
        place = urlsplit(url)
        host, port, folder = place.hostname, place.port, unquote(place.path.strip("/")) or "INBOX"
        if place.scheme not in ("imap", "imaps") or not host or not folder.isascii():
            raise ValueError
    # Its text may quote the password.
    except ValueError:
        raise UnreadableError(_WRONG) from None
    user, password = unquote(place.username or ""), unquote(place.password or "")
    # IMAP quotes as the headers of a mail do (RFC 9051, 4.3).
    return host, port, user, password, envelope.phrase(folder), place.scheme == "imaps"


def _mark_deleted(box: imaplib.IMAP4, uid: str, keep: bool) -> None:
    if not keep:
        box.uid("store", uid, "+FLAGS", "(\\Deleted)")


def _nothing(keep: bool) -> None:
    """A file and a pipe are left as they are."""
