"""What imports leave behind: what each wrote into a tip, and what each run did."""

from django.db import models

from tips.models.tip import Tip


class ImportOrigin(models.Model):
    """What an import last wrote into a tip, so that the next import tells its own words from the staff's.

    ``identity`` is the folded title and the date as the archive states them; it stays when staff change
    the tip's title or date. ``digests`` holds a digest of each field as imported; ``categories`` and
    ``tags`` are the names that the archive stated. ``category_assumed`` is whether the category was not
    stated, but is the one that all entries of a strip have in common.
    """

    tip = models.OneToOneField(Tip, on_delete=models.CASCADE, primary_key=True, related_name="import_origin")
    identity = models.CharField(max_length=260, unique=True)
    source = models.CharField(max_length=20)
    digests = models.JSONField(default=dict)
    categories = models.JSONField(default=list)
    tags = models.JSONField(default=list)
    category_assumed = models.BooleanField(default=False)


class ImportRun(models.Model):
    """One import, and how far it came: written anew in each transaction of the import.

    It has done all when it has come to as many tips as the archive ``stated``; of old imports that is not
    known, and they were done whole or not at all.
    """

    at = models.DateTimeField(db_index=True)
    source = models.CharField(max_length=20)
    files = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    created = models.PositiveIntegerField()
    updated = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    stated = models.PositiveIntegerField(null=True)

    @property
    def left(self) -> int:
        """How many tips the import has not written: it is at work, or was stopped."""
        return max(0, (self.stated or 0) - self.created - self.updated - self.unchanged)
