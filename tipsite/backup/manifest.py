"""What a backup says of itself: who made it, which migrations and how many rows it has, and for which key.

The key by which suppressions know their addresses is in no backup, only its fingerprint: with another key
nobody who left would be recognised. A backup of an older version lacks some of this.
"""

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

import tipsite
from tipsite.backup.database_dump import BackupError
from tipsite.schema import migration_state

NAME = "manifest.json"
_FORMAT = 1
_ENGINES = ("sqlite", "postgresql")
# A manifest is a few thousand bytes.
_LONGEST = 100_000


def new(rows: Mapping[str, int]) -> bytes:
    """Return the manifest of a backup whose database has some {table: rows}."""
    manifest = {
        "format": _FORMAT,
        "at": timezone.now().isoformat(),
        "version": tipsite.__version__,
        "database": connection.vendor,
        "migrations": migration_state.applied(),
        "bearable": sorted(migration_state.bearable()),
        "rows": dict(rows),
        "suppression_key": _fingerprint(),
    }
    return json.dumps(manifest).encode()


def read(archive: tarfile.TarFile, source: Path) -> tuple[str, dict[str, int] | None]:
    """Return the engine, and the {table: rows}, in an archive's manifest; None where it does not say them.

    Raises BackupError where the archive must not be restored here.
    """
    try:
        file = archive.extractfile(NAME)
        manifest = json.loads(file.read(_LONGEST)) if file else None
    except (KeyError, ValueError, RecursionError) as error:
        raise BackupError(f"{source} is no backup of this program: it has no {NAME}.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise BackupError(f"{source} was written by another version of this program, and cannot be read.")
    if manifest.get("suppression_key") != _fingerprint():
        words = "The site of this backup has another SUPPRESSION_KEY: nobody who left would be recognised."
        raise BackupError(f"{words} Set the old key, then restore again.")
    if words := migration_state.why_ahead(_names(manifest, "migrations"), _names(manifest, "bearable")):
        remedy = "Install that version or a newer one, then restore again."
        raise BackupError(f"{source} was made by version {manifest.get('version')}. {words} {remedy}")
    vendor, migrations = str(manifest.get("database")), _names(manifest, "migrations")
    if vendor not in _ENGINES:
        words = f"{source} was taken from {vendor}, which this program does not know."
        raise BackupError(f"{words} Restore it with the DATABASE_URL of such a database, by its own program.")
    if vendor != connection.vendor and sorted(migrations) != sorted(migration_state.applied()):
        words = (
            f"{source} was taken from {vendor}, and this site runs on {connection.vendor}. Both must have the"
        )
        remedy = "run migrate here and there with the same version of the program, and take another backup."
        raise BackupError(f"{words} same migrations: {remedy}")
    return vendor, _rows(manifest)


def _names(manifest: dict[str, object], key: str) -> list[str]:
    """Return a list of the manifest; a backup of an older version has none, and cannot be ahead."""
    names = manifest.get(key)
    return [str(name) for name in names] if isinstance(names, list) else []


def _rows(manifest: dict[str, object]) -> dict[str, int] | None:
    rows = manifest.get("rows")
    if not isinstance(rows, dict):
        return None
    return {str(table): number for table, number in rows.items() if isinstance(number, int)}


def _fingerprint() -> str:
    key = settings.SUPPRESSION_KEY
    return salted_hmac("tipsite.backup", "suppression key", key, algorithm="sha256").hexdigest()[:32]
