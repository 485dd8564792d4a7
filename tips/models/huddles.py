"""What a writer adds to a tip for the sheet of a team's meeting."""

from django.db import models
from django.db.models import CheckConstraint, Q

from tips.models.lines import PlainField
from tips.models.tip import Tip

LONGEST_QUESTIONS, LONGEST_ROLE_PLAY = 600, 400


class Huddle(models.Model):
    """Questions of a tip's own, one a line, and a role play; what is empty has words that fit every tip."""

    tip = models.OneToOneField(Tip, models.CASCADE, primary_key=True, related_name="huddle")
    questions = PlainField(blank=True, max_length=LONGEST_QUESTIONS)
    role_play = PlainField(blank=True, max_length=LONGEST_ROLE_PLAY)

    class Meta:
        default_permissions = ()
        constraints = [
            CheckConstraint(name="huddle_says_something", condition=~Q(questions="", role_play="")),
        ]

    def __str__(self) -> str:
        return f"Huddle of tip {self.pk}"
