"""What the database's server says of itself, in one query: its clock, its folder, whether it takes writes."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.db import connection
from django.utils import timezone

from shield.clocks import ahead_between

_THIS_MACHINE = ("", "localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class DatabaseServer:
    """By how much this machine's clock is ahead of the server's, and whether the server refuses to write.

    ``folder`` is where its files lie; None where that is not known here.
    """

    clock_ahead: timedelta
    folder: Path | None
    is_read_only: bool


def look() -> DatabaseServer:
    """Ask the server, in one query at most.

    PostgreSQL tells where its files lie to members of pg_read_all_settings alone, and only on its own machine
    is it of use; a standby refuses to write. Of SQLite, whose clock is this machine's, the settings name the
    file; whether it can be written its disk says.
    """
    if connection.vendor == "sqlite":
        # On a disk that was read-only from the start, the settings name the file by a URI.
        name = str(connection.settings_dict["NAME"])
        file = Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)
        return DatabaseServer(timedelta(), file.parent if file.is_file() else None, False)
    directory = "(SELECT setting FROM pg_settings WHERE name = 'data_directory')"
    asked = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT clock_timestamp(), {directory}, current_setting('transaction_read_only')")
        there, folder, read_only = cursor.fetchone()
    ahead = ahead_between(asked, there, timezone.now())
    host = str(connection.settings_dict["HOST"])
    is_here = host in _THIS_MACHINE or host.startswith("/")
    return DatabaseServer(ahead, Path(folder) if folder and is_here else None, read_only == "on")
