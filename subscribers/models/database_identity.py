"""Which database this is, and how far it has come: what the guard compares with the journal."""

import uuid

from django.db import models


def new_name() -> str:
    """Return a name that no other database has."""
    return uuid.uuid4().hex


class DatabaseIdentity(models.Model):
    """One row: this database's name, and a counter that rises whenever mail goes out.

    ``noted`` is a counter that the journal was seen to have: a journal that ends before was cut off, or is an
    older copy. ``restored_at`` is when a backup was put back, until somebody says that it is the real
    database; ``declared_at`` is when somebody last said so.
    """

    name = models.CharField(max_length=32, default=new_name)
    counter = models.PositiveBigIntegerField(default=0)
    noted = models.PositiveBigIntegerField(default=0)
    restored_at = models.DateTimeField(null=True)
    declared_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Database {self.name[:8]} at {self.counter}"
