"""Keys that a site without any of its own makes up for this machine."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def of_this_machine(folder: Path, name: str) -> str:
    """Read a key from a folder, made up on first use: no key is ever part of the program."""
    path = folder / name
    if not path.exists():
        # Linked into place whole: two processes that start at once must not read half a key, or two.
        with NamedTemporaryFile("w", dir=folder, prefix=f".{name}.", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text(encoding="ascii")
