"""Lines in the history of an account: who did what to whom, and when."""

from django.contrib.admin.models import CHANGE, LogEntry


def leave(by, person, sentence, flag=CHANGE):
    """Leave a line about a person."""
    LogEntry.objects.log_actions(by.pk, [person], flag, sentence, single_object=True)
