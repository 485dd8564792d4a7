"""What the log says was done, as codes: the sentences beside them are for people alone."""

from django.db import models


class SubscriberAction(models.TextChoices):
    """What was done to a subscriber, to a suppression, or with the whole list."""

    ASKED = "asked"
    TAKEN_OFF = "taken_off"
    BLOCKED = "blocked"
    LIFTED = "lifted"
    DOWNLOADED = "downloaded"
    ERASED = "erased"
    IMPORTED = "imported"
    EXPORTED = "exported"
    REFUSED_SUPPRESSED = "refused_suppressed"
    REFUSED_KEPT = "refused_kept"
    REFUSED_UNDONE = "refused_undone"


class MailingAction(models.TextChoices):
    """What was done to a mailing. ``TESTED`` may stand at a tip that has no mailing yet."""

    STOPPED = "stopped"
    RELEASED = "released"
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELLED = "cancelled"
    CORRECTED = "corrected"
    SENT_AGAIN = "sent_again"
    COUNTED_AS_SENT = "counted_as_sent"
    SENT_TO_UNTRIED = "sent_to_untried"
    SENT_TO_ALL = "sent_to_all"
    TESTED = "tested"


class MessageAction(models.TextChoices):
    """What was done to a message that somebody wrote to the owner."""

    ANSWERED = "answered"
    SPAM = "spam"
    NEW = "new"


class DatabaseAction(models.TextChoices):
    """What was done to the database as a whole."""

    DECLARED_LIVE = "declared_live"
