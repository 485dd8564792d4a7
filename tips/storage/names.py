"""Which uploads there are, and in which folder of this machine they lie, if in one."""

from collections.abc import Iterator
from pathlib import Path

from django.core.files.storage import FileSystemStorage, default_storage, storages


def local_folder() -> Path | None:
    """Return the folder in which uploads lie; None where they lie in a store elsewhere."""
    storage = storages["default"]
    return Path(storage.location) if isinstance(storage, FileSystemStorage) else None


def every(folder: str = "") -> Iterator[str]:
    """Yield the names of all uploads in order, but for those that are still being written."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    path = f"{folder}/" if folder else ""
    yield from (path + file for file in sorted(files) if file and not file.startswith("."))
    for each in sorted(folders):
        yield from every(path + each)
