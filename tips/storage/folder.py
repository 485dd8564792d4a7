"""Uploads in a folder, each of which is there whole or not at all."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage


class MediaFolder(FileSystemStorage):
    """Django's storage in a folder, but that a file whose writing was cut short is never found."""

    of_file, of_folder = 0o644, 0o755

    def _save(self, name: str, content: File[bytes]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(self.of_folder, parents=True, exist_ok=True)
        with NamedTemporaryFile("wb", dir=path.parent, prefix=".upload-", delete=False) as file:
            for chunk in content.chunks():
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(file.name, self.of_file)
        os.replace(file.name, path)
        return name


class PrivateFolder(MediaFolder):
    """A folder in STATE_DIR that only the program's own user may read."""

    of_file, of_folder = 0o600, 0o700

    @property
    def location(self) -> str:
        """The folder, wherever STATE_DIR is by now."""
        return str(Path(settings.STATE_DIR).absolute() / "uploads")
