"""Uploads in a bucket of an S3-compatible store, which all machines of a site share.

This module alone imports the client of such stores, and is imported only where MEDIA_STORAGE_URL names one.
The bucket is nobody's but the program's: all that readers get of it passes through the program's own views.
"""

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

# So long a store may take to be reached, and to go on, in seconds: somebody waits for it.
_CONNECT, _READ = 3, 10
_NOT_THERE = ("404", "NoSuchKey", "NotFound")


class MediaBucket(S3Storage):
    """django-storages' class for S3, but that what it opens is streamed, and that its errors are OSErrors."""

    def __init__(self, **options: object) -> None:
        config = Config(
            connect_timeout=_CONNECT,
            read_timeout=_READ,
            retries={"max_attempts": 2, "mode": "standard"},
            s3={"addressing_style": options.get("addressing_style", "auto")},
            signature_version="s3v4",
            # Not every store knows the checksums that the client adds by itself.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=config, file_overwrite=True, **options)

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError(f"Uploads are written whole, by save(), and not opened as {mode}.")
        return File(io.BufferedReader(_Streamed(self.bucket.Object(self._normalize_name(name)), name)), name)

    def _save(self, name: str, content: File[bytes]) -> str:
        with _as_os_errors(name):
            saved: str = super()._save(name, content)
            return saved

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        with _as_os_errors(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        """Tell whether a file is there."""
        with _as_os_errors(name):
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        with _as_os_errors(name):
            return int(self.bucket.Object(self._normalize_name(name)).content_length)

    def get_modified_time(self, name: str) -> datetime:
        """Return when a file was last written, aware."""
        with _as_os_errors(name):
            modified: datetime = super().get_modified_time(name)
            return modified

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Return (folders, files) below a name."""
        with _as_os_errors(name):
            folders, files = super().listdir(name)
            return folders, files


class _Body(Protocol):
    def read(self, size: int) -> bytes: ...

    def close(self) -> None: ...


class _Object(Protocol):
    def get(self, **arguments: str) -> dict[str, object]: ...


class _Streamed(io.RawIOBase):
    """An object of a bucket as a file to read. One request brings all of it, and each seek takes another.

    Raises FileNotFoundError at once where there is none.
    """

    def __init__(self, source: _Object, name: str) -> None:
        self._source, self._name, self._place = source, name, 0
        self._body: _Body | None = None
        self._size = self._ask()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if place != self._place:
            self._let_go()
            self._place = place
        return place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed: any buffer
        if self._place >= self._size:
            return 0
        if self._body is None:
            self._ask()
        with _as_os_errors(self._name):
            data = self._body.read(len(buffer)) if self._body else b""
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._let_go()
        super().close()

    def _ask(self) -> int:
        """Ask for the rest from the present place on; return how many bytes come."""
        part = {"Range": f"bytes={self._place}-"} if self._place else {}
        with _as_os_errors(self._name):
            answer = self._source.get(**part)
        self._body = answer["Body"]  # type: ignore[assignment]  # botocore answers with a plain dictionary
        return int(str(answer["ContentLength"]))

    def _let_go(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


@contextmanager
def _as_os_errors(name: str) -> Iterator[None]:
    """Raise what a folder would: FileNotFoundError, or a disk's OSError where the store does not answer."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_THERE:
            raise FileNotFoundError(errno.ENOENT, "There is no such upload", name) from error
        raise OSError(errno.EIO, f"The store of uploads refused ({error})", name) from error
    except BotoCoreError as error:
        raise OSError(errno.EIO, f"The store of uploads does not answer ({error})", name) from error
