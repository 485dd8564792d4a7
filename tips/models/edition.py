"""The edition of what readers are served: which one it is, and since when."""

from datetime import UTC, datetime

from django.db import connection, models
from django.db.models import Q
from django.utils import timezone

from tips.models.published import TipState

# When the tip went live that did so last.
_NEWEST = (
    "SELECT publish_at FROM tips_tip WHERE state = %s AND publish_at <= %s"
    " ORDER BY publish_at DESC NULLS LAST LIMIT 1"
)


class EditionManager(models.Manager["Edition"]):
    def last_modified(self, at: datetime | None = None) -> datetime:
        """Return the moment in whole seconds since when readers are served what they are (now, unless given).

        That is the last change, or the last moment at which a tip went live by time alone. Whoever reads
        content beside it asks for this first: what changes in between is then sent once more, and not missed.
        While changes do not raise the edition, anything may be news.
        """
        sqlite = connection.vendor == "sqlite"
        epoch = (
            "CAST(strftime('%%s', {}) AS bigint)"
            if sqlite
            else "CAST(FLOOR(EXTRACT(EPOCH FROM {})) AS bigint)"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT moment, clock, {epoch.format(f'({_NEWEST})')} FROM tips_edition",
                [TipState.APPROVED, connection.ops.adapt_datetimefield_value(at or timezone.now())],
            )
            changed, clock, went_live = cursor.fetchone() or (0, 0, 0)
        if clock == Edition.NO_TRIGGERS:
            changed = max(changed + 1, int(timezone.now().timestamp()))
        return datetime.fromtimestamp(max(changed, went_live or 0), UTC)


class Edition(models.Model):
    """One row, raised by each change of what readers are served, whatever makes the change.

    Triggers of the database raise it (``tips.triggers``); nothing else writes it. A tip that goes live by
    time alone changes no row: ``last_modified`` knows of it all the same.
    """

    # The clock while a migration runs, and after one that failed: changes do not raise the edition.
    NO_TRIGGERS = -1

    # Which edition it is: each change raises it.
    number = models.BigIntegerField(default=0)
    # Unix time of the last change in whole seconds, as HTTP dates have them. It never goes back, even where a
    # clock is set back. A second change in the same second takes the next second, so that the date tells the
    # two apart; many changes at once take at most a minute.
    moment = models.BigIntegerField(default=0)
    # What the clock said at the last change: Unix time in whole seconds; or NO_TRIGGERS.
    clock = models.BigIntegerField(default=0)

    objects = EditionManager()

    class Meta:
        constraints = [models.CheckConstraint(name="edition_is_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.number)
