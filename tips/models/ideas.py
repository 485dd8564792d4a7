"""Ideas: a line and a thought, which become drafts."""

from django.conf import settings
from django.db import models

from tips.models.lines import LineField, PlainField


class Idea(models.Model):
    """Something to write about some day. All staff who write tips share one list."""

    line = LineField(max_length=200, help_text="What the tip would be about, in a line.")
    thought = PlainField(
        blank=True, max_length=2000, help_text="What you want to remember of it: the start of the draft."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    at = models.DateTimeField("noted", auto_now_add=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.CheckConstraint(name="idea_has_a_line", condition=~models.Q(line=""))]

    def __str__(self) -> str:
        return self.line
