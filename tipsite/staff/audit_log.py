"""Lines in the history of an account: who did what to whom, and when."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType

_NEW_ADDRESS = "Address changed from "


def leave(by, person, sentence, flag=CHANGE):
    """Leave a line about a person."""
    LogEntry.objects.log_actions(by.pk, [person], flag, sentence, single_object=True)


def leave_new_address(by, person, old):
    """Leave the line by which ``readdressed_since`` knows that a person's address was changed."""
    leave(by, person, f"{_NEW_ADDRESS}{old or 'none'} to {person.email or 'none'}.")


def readdressed_since(person, moment):
    """Tell whether somebody else changed a person's address since a moment (an aware datetime)."""
    lines = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(person.pk),
        action_time__gte=moment,
        change_message__startswith=_NEW_ADDRESS,
    )
    return lines.exclude(user_id=person.pk).exists()
