"""Pictures in tips, and which tip shows which."""

from collections.abc import Mapping

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tips.text import body_images


class Image(models.Model):
    """One picture as it is served. ``name`` is the SHA-256 of the file's bytes, and its kind.

    ``unused_since`` is the moment at which it was uploaded, or the last tip that showed it let go of it;
    None while a tip shows it.
    """

    name = models.CharField(max_length=70, primary_key=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="In bytes.")
    uploaded_at = models.DateTimeField(default=timezone.now)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    unused_since = models.DateTimeField(null=True, default=timezone.now, db_index=True)
    # Of the copy for small screens, in bytes: None while it is due, 0 where the picture serves there too.
    small_size = models.PositiveIntegerField(null=True, editable=False)

    # The folder of those copies. They can be made again, so that no backup has them.
    SMALL_FOLDER = "small"

    class Meta:
        indexes = [
            models.Index(fields=["uploaded_at"], name="image_small_due", condition=Q(small_size=None)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def small_name(self) -> str:
        """The name of the file of the copy for small screens."""
        return f"{self.SMALL_FOLDER}/{self.name}"

    @property
    def url(self) -> str:
        """The path at which the picture is served; a tip's body refers to it by this."""
        return f"/media/{self.name}"


class ImageUse(models.Model):
    """A tip whose body shows an image. Kept true by whatever saves a tip."""

    tip = models.ForeignKey("tips.Tip", on_delete=models.CASCADE, related_name="image_uses")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="uses")
    # What the tip says of it: by this a picture is found again.
    alt = models.TextField(blank=True, default="", db_default="")
    caption = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint("tip", "image", name="image_used_once")]

    @classmethod
    def record(cls, bodies: Mapping[int, str]) -> None:
        """Record which images saved tips show now, by the bodies of the tips' ids."""
        shown = {
            (tip, image.name): image for tip, body in bodies.items() for image in body_images.shown(body)
        }
        # Most tips show nothing, and their saving should not have to ask.
        known = {(use.tip_id, use.image_id): use for use in ImageUse.objects.filter(tip__in=bodies)}
        if not known and not shown:
            return
        uploaded = Image.objects.in_bulk({name for _, name in shown})
        gone = known.keys() - shown.keys()
        ImageUse.objects.filter(pk__in=[known[use].pk for use in gone]).delete()
        reworded = [known[use]._described(shown[use]) for use in known.keys() & shown.keys()]
        ImageUse.objects.bulk_update([use for use in reworded if use], ["alt", "caption"])
        new = sorted(use for use in shown.keys() - known.keys() if use[1] in uploaded)
        uses = [
            ImageUse(tip_id=tip, image_id=name, alt=image.alt, caption=image.caption.strip())
            for (tip, name), image in ((use, shown[use]) for use in new)
        ]
        ImageUse.objects.bulk_create(uses, ignore_conflicts=True)
        Image.objects.filter(name__in=uploaded).update(unused_since=None)
        let_go = Image.objects.filter(name__in=[name for _, name in gone], uses=None, pages=None, hosts=None)
        let_go.update(unused_since=timezone.now())

    def _described(self, image: body_images.Shown) -> "ImageUse | None":
        """Take over what the tip says of the image now; return None where that is nothing new."""
        said = (image.alt, image.caption.strip())
        if (self.alt, self.caption) == said:
            return None
        self.alt, self.caption = said
        return self
