"""Addresses that mail servers refused for their own sake in mailing after mailing."""

from django.conf import settings
from django.db import models
from django.db.models import CASCADE, SET_NULL, Index, Q
from django.utils import timezone


class RepeatedRefusal(models.Model):
    """A subscriber whose address was refused in at least three mailings in a row, and what follows.

    A person has one at most: of the last such row of refusals. Refusals before ``decided_at`` count no more.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "To be decided"
        ASKED = "asked", "Staff are asked"
        SUPPRESSED = "suppressed", "Suppressed"
        KEPT = "kept", "Kept"

    subscriber = models.OneToOneField("Subscriber", on_delete=CASCADE, related_name="repeated_refusal")
    # The last of the refusals.
    delivery = models.ForeignKey("Delivery", on_delete=CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField("found", default=timezone.now)
    evidence = models.CharField(max_length=200, help_text="The refusals, as numbers and days.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    decided_at = models.DateTimeField("decided", null=True)
    # Who decided; nobody, where there were few enough to need no question.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=SET_NULL, related_name="+")

    class Meta:
        # The clock asks for these each minute.
        indexes = [Index(fields=["id"], name="repeated_refusal_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"Repeated refusal {self.pk}"
