"""What somebody wrote to the owner of the site."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from subscribers import addresses

LONGEST_NAME, LONGEST_TEXT = 60, 5000


class ContactMessage(models.Model):
    """A message that was sent by the contact form.

    ``points`` and ``reasons`` say what speaks for spam (``shield.scoring``). ``told_at`` is when a mail told
    staff of the message, alone or among others.
    """

    class State(models.TextChoices):
        NEW = "new", "New"
        ANSWERED = "answered", "Answered"
        SPAM = "spam", "Spam"

    name = models.CharField(max_length=LONGEST_NAME)
    address = models.CharField(max_length=addresses.MAX_LENGTH)
    address_folded = models.CharField(max_length=addresses.MAX_LENGTH, db_index=True, editable=False)
    about = models.CharField(max_length=LONGEST_NAME)
    text = models.TextField(max_length=LONGEST_TEXT)
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    sent_at = models.DateTimeField("sent", default=timezone.now)
    # Since when it has its state.
    state_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True, editable=False)
    points = models.PositiveSmallIntegerField(default=0)
    reasons = models.JSONField(default=list, blank=True)
    region = models.CharField(max_length=50, blank=True, help_text="The network it came from, cut short.")

    class Meta:
        ordering = ["-id"]
        verbose_name = "message"
        indexes = [models.Index(fields=["state", "-id"], name="contact_message_by_state")]
        constraints = [
            models.CheckConstraint(
                name="contact_message_state",
                condition=Q(state__in=["new", "answered", "spam"]),
            )
        ]

    def __str__(self) -> str:
        return f"Message {self.pk}"
