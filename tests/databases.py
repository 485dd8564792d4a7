"""Databases that a test shares with processes that it starts."""

import sqlite3
from contextlib import closing
from urllib.parse import quote

from django.db import connection


def shared_database(folder):
    """Return a DATABASE_URL by which another process sees the rows of this test."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(folder / "shared.sqlite3")])
        # As a site's own file is since its first migration: those who open it at once cannot all switch it.
        with closing(sqlite3.connect(folder / "shared.sqlite3")) as copy:
            copy.execute("PRAGMA journal_mode=WAL")
        return f"sqlite:///{folder / 'shared.sqlite3'}"
    place = connection.settings_dict
    who = quote(place["USER"]) + (f":{quote(place['PASSWORD'])}" if place["PASSWORD"] else "")
    return f"postgres://{who}@{quote(place['HOST'], safe='')}:{place['PORT'] or 5432}/{place['NAME']}"
