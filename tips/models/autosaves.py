"""What somebody typed into a tip's form and did not save yet."""

from django.conf import settings
from django.db import models


class Autosave(models.Model):
    """What a tip's form holds that one person has open: theirs alone, and no part of the tip.

    A tip that does not exist yet is known by the form's key alone. If the tip is deleted, the text stays.

    Once the form is saved or its text thrown away, its row holds no text any more. For a day it says so
    (``is_saved``: the form is done with): what the form's script sent before may come in later.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    tip = models.ForeignKey("tips.Tip", models.SET_NULL, null=True, related_name="+")
    # Made up for each opened form: two forms of one tip do not overwrite each other's text.
    key = models.CharField(max_length=40)
    # What a browser sends of the form: {name: [values]}.
    fields = models.JSONField()
    saved_at = models.DateTimeField(db_index=True)
    # The form numbers what it sends: what comes in late replaces nothing newer.
    sequence = models.BigIntegerField(default=0, db_default=0)
    is_saved = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint("person", "key", name="autosave_once_a_form")]
        # Nobody gets at it by a permission.
        default_permissions = ()
