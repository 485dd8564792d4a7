"""Links at which somebody without an account reads a tip before it is public."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class PreviewLink(models.Model):
    """A URL at which somebody without an account reads a tip that is not public, for a while.

    The URL holds ``key`` and a signature that is not stored: who reads the database alone cannot use it.
    """

    tip = models.ForeignKey("tips.Tip", on_delete=models.CASCADE, related_name="preview_links")
    key = models.CharField(max_length=32, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    @property
    def is_live(self) -> bool:
        """Whether the link still leads to the tip."""
        return self.revoked_at is None and self.expires_at > timezone.now()
