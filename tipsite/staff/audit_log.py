"""What the log says of accounts, and what is decided by it."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import models

from desk.log import entries_about


class AccountAction(models.TextChoices):
    """What was done to an account."""

    INVITED = "invited"
    INVITED_AGAIN = "invited_again"
    INVITATION_CANCELLED = "invitation_cancelled"
    INVITATION_ACCEPTED = "invitation_accepted"
    ROLE_CHANGED = "role_changed"
    ADDRESS_CHANGED = "address_changed"
    PASSWORD_SET = "password_set"  # noqa: S105  no password
    SIGNED_OUT = "signed_out"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    TWO_FACTOR_RESET = "two_factor_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    CALENDAR_MADE = "calendar_made"
    CALENDAR_REVOKED = "calendar_revoked"


def was_readdressed_since(person: User, moment: datetime) -> bool:
    """Tell whether somebody else changed a person's address since a moment (aware)."""
    changes = entries_about(person).filter(coded__code=AccountAction.ADDRESS_CHANGED, action_time__gte=moment)
    return changes.exclude(user=person).exists()
