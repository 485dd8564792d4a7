"""The cards of tips: of what words each was drawn, and where the picture lies."""

from django.db import models


class Card(models.Model):
    """The card of a tip, or the site's own: what shared links show.

    It has no foreign key: a release that knows no cards deletes tips too, and then the row is cleared away.
    """

    # In place of a tip's id: the site's own card.
    OF_SITE = 0
    # Where the pictures lie among the uploads.
    FOLDER = "cards"

    tip_id = models.BigIntegerField(primary_key=True)
    # A digest of all that the card was drawn of: where the tip says something else now, it is drawn anew.
    drawn_of = models.CharField(max_length=32)
    # The file among the uploads, named by its content; "" where the site's own card has to do.
    name = models.CharField(max_length=80, blank=True)
