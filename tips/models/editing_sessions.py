"""Who has a tip's form open."""

from django.conf import settings
from django.db import models


class EditingSession(models.Model):
    """Somebody has a tip's form open, or had it a moment ago."""

    tip = models.ForeignKey("tips.Tip", on_delete=models.CASCADE, related_name="editing_sessions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("tip", "user", name="editing_session_once_each")]
