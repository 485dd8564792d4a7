"""Who wrote part of a tip since it was last approved."""

from django.conf import settings
from django.db import models

from tips.models.tip import Tip


class Contribution(models.Model):
    """Somebody wrote part of a tip's text since it was last approved; approval deletes the row."""

    tip = models.ForeignKey(Tip, on_delete=models.CASCADE, related_name="contributions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("tip", "user", name="contribution_once_each")]
