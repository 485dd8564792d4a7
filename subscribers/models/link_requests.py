"""What somebody typed into a form."""

from typing import Any

from django.db import models
from django.utils import timezone

from subscribers import addresses, tokens
from subscribers.models.outgoing_mail import OutgoingMail


class LinkRequest(OutgoingMail):
    """An address that somebody typed. Nothing follows from it until its owner confirms; else it vanishes."""

    class Kind(models.TextChoices):
        """What whoever typed it would like, and so which mail is sent, if any."""

        JOIN = "join", "The tips"
        AGAIN = "again", "The confirmation once more"
        LINK = "link", "A link to the preferences"
        MOVE = "move", "The tips at this address instead"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        USED = "used", "Used"

    kind = models.CharField(max_length=5, choices=Kind, default=Kind.JOIN)
    address = models.CharField(max_length=addresses.MAX_LENGTH)
    address_folded = models.CharField(max_length=addresses.MAX_LENGTH, db_index=True, editable=False)
    # Whose preferences asked for it: a request to move only.
    subscriber = models.ForeignKey("Subscriber", null=True, editable=False, on_delete=models.CASCADE)
    first_name = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=4, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField("asked", default=timezone.now, db_index=True)
    wording_version = models.PositiveSmallIntegerField(null=True)
    wording = models.TextField(blank=True, help_text="What the form said that the person agrees to.")
    page = models.CharField(max_length=200, blank=True, help_text="The page on which the form stood.")
    region = models.CharField(max_length=50, blank=True, help_text="The network it came from, cut short.")
    # Mails go out in this order: a network that asks for many lets those of other networks go first.
    turn = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["mail_state", "turn", "id"], name="link_request_by_turn")]
        verbose_name = "link request"
        constraints = [
            models.CheckConstraint(
                name="link_request_moves_somebody",
                condition=models.Q(kind="move", subscriber__isnull=False)
                | (~models.Q(kind="move") & models.Q(subscriber__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return f"Link request {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.address_folded = addresses.folded(self.address)
        super().save(*args, **kwargs)

    @property
    def to(self) -> str:
        """The address its mail goes to."""
        return self.address

    @property
    def token(self) -> str:
        """A new token for the link that its mail holds."""
        return tokens.make(PURPOSES[LinkRequest.Kind(self.kind)], self.public_id)


PURPOSES = {
    LinkRequest.Kind.JOIN: tokens.Purpose.CONFIRM,
    LinkRequest.Kind.AGAIN: tokens.Purpose.CONFIRM,
    LinkRequest.Kind.LINK: tokens.Purpose.PREFERENCES,
    LinkRequest.Kind.MOVE: tokens.Purpose.MOVE,
}
