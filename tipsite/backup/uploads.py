"""The uploads on their way into a backup and out of it, wherever they are stored."""

import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage

from tips.models import Card, Image
from tips.storage import names

FOLDER = "media"


def add_all(add: Callable[[File[bytes], str, int], str]) -> dict[str, str]:
    """Give all uploads to ``add``, as an open file, a name in the backup, and a size in bytes.

    Cards and the small copies of pictures are left out: what is missing of them is made again. ``add``
    returns a checksum; this returns {name in the backup: checksum}.
    """
    sums = {}
    for upload in names.every():
        if upload.partition("/")[0] in (Card.FOLDER, Image.SMALL_FOLDER):
            continue
        # An upload that is deleted meanwhile was in no tip.
        with suppress(FileNotFoundError), default_storage.open(upload) as file:
            sums[f"{FOLDER}/{upload}"] = add(file, f"{FOLDER}/{upload}", default_storage.size(upload))
    return sums


def missing_here(member: tarfile.TarInfo) -> bool:
    """Tell whether a member of a backup is an upload that will need its place among the others."""
    folder = names.local_folder()
    upload = member.name.removeprefix(f"{FOLDER}/")
    return upload != member.name and folder is not None and not (folder / upload).exists()


def put_back(folder: Path) -> int:
    """Add the uploads that were unpacked into a folder to those that are here; return how many it holds.

    None that is here is overwritten.
    """
    count = 0
    for path in filter(Path.is_file, sorted((folder / FOLDER).rglob("*"))):
        name = str(path.relative_to(folder / FOLDER))
        count += 1
        if not default_storage.exists(name):
            with path.open("rb") as file:
                default_storage.save(name, File(file))
    return count
