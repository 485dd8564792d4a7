"""What came back: the evidence of bounces and complaints."""

from django.db import models
from django.db.models import SET_NULL
from django.utils import timezone


class BounceReport(models.Model):
    """A report about a mail of ours. It names nobody: addresses in it are made unreadable."""

    class Kind(models.TextChoices):
        BOUNCED = "bounced", "Bounced for good"
        REFUSED = "refused", "Refused"
        DELAYED = "delayed", "Delayed"
        COMPLAINED = "complained", "Complaint"
        ANSWERED = "answered", "Automatic answer"
        OTHER = "other", "Ordinary mail"

    class Cause(models.TextChoices):
        """Why a mail was refused."""

        NO_MAILBOX = "no_mailbox", "Nobody has this address"
        NO_DOMAIN = "no_domain", "The domain is gone"
        DISABLED = "disabled", "The mailbox is closed"
        UNEXPLAINED = "unexplained", "No reason was given"
        FULL = "full", "The mailbox is full"
        RATE = "rate", "Too much mail at once"
        SIZE = "size", "The mail is too large"
        SYSTEM = "system", "Trouble at the other mail server"
        POLICY = "policy", "The sender is not wanted"
        CONTENT = "content", "The mail’s content is not wanted"

    # Whether it was known already when it was read this time; then nothing followed from it.
    is_repeated = False

    kind = models.CharField(max_length=10, choices=Kind)
    # The mail it is about, where it brought our token; without one it changes nothing.
    delivery = models.ForeignKey("Delivery", null=True, on_delete=SET_NULL, related_name="bounce_reports")
    at = models.DateTimeField("received", default=timezone.now)
    source = models.CharField(max_length=30, help_text="The mailbox, or the mail service that told us.")
    cause = models.CharField(max_length=11, choices=Cause, blank=True, help_text="Why it was refused.")
    status = models.CharField(max_length=12, blank=True, help_text="The enhanced status code (RFC 3463).")
    words = models.CharField(max_length=300, blank=True, help_text="What the other mail server said.")
    # Of the report itself, by which one that is read twice is known.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    acted = models.BooleanField(
        default=False, help_text="Whether the person gets no more mail because of it."
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "report"

    def __str__(self) -> str:
        return f"Report {self.pk}"
