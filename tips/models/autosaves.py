"""What somebody typed into a tip's form and did not save yet."""

from django.conf import settings
from django.db import models


class Autosave(models.Model):
    """What a tip's form holds that one person has open: theirs alone, and no part of the tip.

    A tip that does not exist yet is known by the form's key alone. If the tip is deleted, the text stays.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    tip = models.ForeignKey("tips.Tip", models.SET_NULL, null=True, related_name="+")
    # Made up for each opened form: two forms of one tip do not overwrite each other's text.
    key = models.CharField(max_length=40)
    # What a browser sends of the form: {name: [values]}.
    fields = models.JSONField()
    saved_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("person", "key", name="autosave_once_a_form")]
        # Nobody gets at it by a permission.
        default_permissions = ()
