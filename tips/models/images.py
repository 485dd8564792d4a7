"""Pictures in tips, and which tip shows which."""

from django.conf import settings
from django.db import models
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
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    unused_since = models.DateTimeField(null=True, default=timezone.now, db_index=True)

    def __str__(self):
        return self.name

    @property
    def address(self):
        """Return the path at which it is served; a tip's body refers to it by this."""
        return f"/media/{self.name}"


class ImageUse(models.Model):
    """A tip whose body shows an image. Kept true by whatever saves a tip."""

    tip = models.ForeignKey("tips.Tip", on_delete=models.CASCADE, related_name="image_uses")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="uses")

    class Meta:
        constraints = [models.UniqueConstraint("tip", "image", name="image_used_once")]

    @classmethod
    def note(cls, tips):
        """Write down which images some saved tips show now. Tips whose body is not loaded are left alone."""
        shown = {
            tip.pk: {name for name, _ in body_images.shown(tip.body)}
            for tip in tips
            if "body" not in tip.get_deferred_fields()
        }
        # Most tips show nothing, and their saving should not have to ask.
        known = {}
        for use in cls.objects.filter(tip__in=shown):
            known.setdefault(use.tip_id, {})[use.image_id] = use.pk
        if not known and not any(shown.values()):
            return
        asked = set().union(*shown.values())
        there = set(Image.objects.filter(name__in=asked).values_list("name", flat=True))
        gone = [
            (name, pk) for tip, uses in known.items() for name, pk in uses.items() if name not in shown[tip]
        ]
        cls.objects.filter(pk__in=[pk for _, pk in gone]).delete()
        cls.objects.bulk_create(
            [
                cls(tip_id=tip, image_id=name)
                for tip, names in shown.items()
                for name in sorted(names & there - set(known.get(tip, ())))
            ],
            ignore_conflicts=True,
        )
        Image.objects.filter(name__in=there).update(unused_since=None)
        let_go = Image.objects.filter(name__in=[name for name, _ in gone], uses=None)
        let_go.update(unused_since=timezone.now())
