"""What the admin's log holds besides Django's own columns."""

from django.contrib.admin.models import LogEntry
from django.db import models


class LogCode(models.Model):
    """What a log entry is about, for the program: a value of the room's own ``TextChoices``.

    The entry's ``change_message`` is a sentence for people, and nothing is decided by it.
    """

    entry = models.OneToOneField(LogEntry, models.CASCADE, primary_key=True, related_name="coded")
    code = models.CharField(max_length=40)

    class Meta:
        # Nobody adds or changes a code by hand.
        default_permissions = ()

    def __str__(self) -> str:
        return self.code
