"""Which clock counts, and how far a moment in a row is believed.

A clock may be set back, and those of two machines differ. So what waits for a moment in a row has a second
column that says when the row was written. Written in the future, the row tells of a clock that was wrong, and
its moment is not waited for.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

# By how much the clocks of two machines may differ before one takes the rows of the other for wrong. Nothing
# waits for longer than this because of a clock that was set back.
TOLERANCE = timedelta(seconds=30)
# What people are told of: with a clock that takes the time from the network, a difference is far smaller.
WORTH_TELLING = timedelta(seconds=2)


def latest_credible(now: datetime) -> datetime:
    """Return the latest moment at which a row can have been written that is read at ``now`` (aware)."""
    return now + TOLERANCE


def database_now() -> datetime:
    """Return the moment by the database's clock, which all machines share.

    SQLite has no clock but that of the machine.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def ahead_of_database() -> timedelta:
    """Return by how much this machine's clock is ahead of the database's; negative where it is behind.

    On SQLite it is always zero.
    """
    asked = timezone.now()
    there = database_now()
    return ahead_between(asked, there, timezone.now())


def ahead_between(asked: datetime, there: datetime, answered: datetime) -> timedelta:
    """Return by how much the clock here is ahead of one that said ``there`` between two moments of ours.

    What the question itself took is in the other's favour: a slow answer makes no difference.
    """
    if asked <= there <= answered:
        return timedelta()
    return asked - there if there < asked else answered - there
