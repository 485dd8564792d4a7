"""Rows about the running site itself."""

from django.db import models


class Notice(models.Model):
    """A mail to staff that must go out once.

    ``about`` names what the mail is about (a slot's day, a mailing's primary key, a database's name), and
    ``occasion`` tells apart the mails of one kind about the same. Both are compared, and never taken apart.

    The process that sends the mail claims the notice by a conditional UPDATE first. A claim that led to no
    ``sent_at`` is void after a pause that grows with the ``attempts``. The cause ended at ``settled_at``.
    """

    class Kind(models.TextChoices):
        SLOT_EARLY = "slot_early", "Days before a slot"
        SLOT_LATE = "slot_late", "Shortly before a slot"
        SLOT_MISSED = "slot_missed", "After a slot"
        MAILING_PAUSED = "mailing_paused", "A mailing paused itself"
        MAILING_HELD = "mailing_held", "A mailing is held"
        GUARD_CLOSED = "guard_closed", "The restore guard is closed"
        MANY_REFUSED = "many_refused", "Many addresses are refused"
        FLOOD = "flood", "A flood of forms"

    kind = models.CharField(max_length=20, choices=Kind)
    about = models.CharField(max_length=40, blank=True)
    occasion = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "about", "occasion"], name="notice_once")]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.get_kind_display(), self.about, self.occasion)))
