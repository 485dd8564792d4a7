"""The site's own pages, such as “About”: their texts, their former addresses and their history."""

import re
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, Q
from django.urls import Resolver404, resolve
from django.utils import timezone
from django_prose_editor.fields import ProseEditorField

from tips.models.images import Image
from tips.models.lines import LineField
from tips.text import body_images, sanitiser

# Begins of addresses that are answered before all URLs, or never come to this program, or that the site is to
# have. With a slash at its end, such an address would be one to lead on to.
_TAKEN = "static|media|anymail|metrics|readyz|healthz|live|contact|series|situations|courses|comments"
# An address without the slashes around it: four parts at most.
IN_PATH = rf"(?!(?:{_TAKEN})(?:/|\Z))[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*){{0,3}}"
_PATH = re.compile(r"/[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*){0,3}/")


def validate_path(path: str) -> None:
    """Raise ValidationError for what cannot be a page's address, or is an address of the site itself."""
    if not _PATH.fullmatch(path):
        raise ValidationError(
            "An address has small letters, digits and hyphens between slashes, four parts at most:"
            " “/about/” or “/about/team/”."
        )
    try:
        is_free = resolve(path).view_name == "tips:page"
    except Resolver404:
        is_free = False
    if not is_free:
        raise ValidationError(f"“{path}” is an address of the site itself. Choose another.")


class PathField(models.CharField):
    """A page's address, with its slashes however somebody types it. In migrations it is Django's own."""

    def to_python(self, value: object) -> object:
        value = super().to_python(value)
        parts = str(value).strip().lower().strip("/") if isinstance(value, str) else ""
        return f"/{parts}/" if parts else value

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        name, _, args, options = super().deconstruct()
        options.pop("validators", None)
        return name, "django.db.models.CharField", args, options


class Page(models.Model):
    """A page of the site's own. Readers see it while it is approved, at its address (``path``)."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"

    # What a version keeps.
    WRITTEN = ("title", "path", "body")

    title = LineField(max_length=200, help_text="Also the words of the link in the foot.")
    path = PathField(
        "address",
        max_length=200,
        unique=True,
        validators=[validate_path],
        help_text="Such as /about/ or /about/team/. A former address leads to the present one.",
        error_messages={"unique": "Another page has this address. Choose another."},
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="The page above, which leads to this page and to which this page leads back.",
    )
    position = models.PositiveSmallIntegerField(
        "order", default=0, help_text="Smaller numbers come first; pages of one number stand by their titles."
    )
    in_foot = models.BooleanField(
        "in the foot", default=True, help_text="The foot of every page leads to it, once it is approved."
    )
    body = ProseEditorField("text", blank=True, extensions=sanitiser.EDITOR, sanitize=sanitiser.clean)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT, editable=False)
    updated_at = models.DateTimeField("changed", auto_now=True)

    class Meta:
        ordering = ["position", "title", "id"]
        permissions = [("approve_page", "Can approve pages, and take them from the site")]
        constraints = [
            CheckConstraint(
                name="page_path_between_slashes",
                condition=Q(path__startswith="/", path__endswith="/") & ~Q(path="/"),
            ),
            CheckConstraint(name="page_has_a_title", condition=~Q(title="")),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return self.path

    @classmethod
    def leads_to_one(cls, path: str) -> bool:
        """Tell whether readers find a page at an address, or are led to one."""
        shown = cls.objects.filter(state=cls.State.APPROVED)
        return shown.filter(Q(path=path) | Q(former_paths__path=path)).exists()

    def clean(self) -> None:
        """Hold a page below its parent, and no page above itself."""
        above, seen = self.parent, {self.pk}
        while above is not None:
            if above.pk in seen:
                raise ValidationError({"parent": "A page cannot stand below itself. Choose another."})
            seen.add(above.pk)
            above = above.parent
        if self.parent and self.path and not self.path.startswith(self.parent.path):
            begin = f"It begins with the address of the page above: “{self.parent.path}…”."
            raise ValidationError({"path": f"{begin} Change it, or choose no page above."})


class FormerPath(models.Model):
    """An address that a page once had."""

    path = models.CharField(max_length=200, unique=True)
    page = models.ForeignKey(Page, models.CASCADE, related_name="former_paths")

    def __str__(self) -> str:
        return self.path


class PageVersion(models.Model):
    """A page as it once was saved, by whom and when."""

    page = models.ForeignKey(Page, models.CASCADE, related_name="versions")
    title = models.CharField(max_length=200)
    path = models.CharField(max_length=200)
    body = models.TextField()
    saved_at = models.DateTimeField(default=timezone.now)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        verbose_name = "version of a page"
        verbose_name_plural = "versions of pages"

    @classmethod
    def record(cls, page: Page, by: User | None) -> None:
        """Keep a page as it stands now, unless its newest version is the same."""
        present: dict[str, str] = {name: getattr(page, name) for name in Page.WRITTEN}
        newest = page.versions.first()
        if newest is None or any(getattr(newest, name) != value for name, value in present.items()):
            cls.objects.create(page=page, saved_by=by, **present)


class PageImage(models.Model):
    """A page whose text shows a picture. Kept true by whatever saves a page."""

    page = models.ForeignKey(Page, models.CASCADE, related_name="pictures")
    image = models.ForeignKey(Image, models.CASCADE, related_name="pages")

    class Meta:
        constraints = [models.UniqueConstraint("page", "image", name="picture_of_a_page_once")]

    @classmethod
    def record(cls, page: Page) -> None:
        """Record which pictures a saved page shows now."""
        shown = {image.name for image in body_images.shown(page.body)}
        known = set(page.pictures.values_list("image_id", flat=True))
        page.pictures.filter(image__in=known - shown).delete()
        new = Image.objects.filter(name__in=shown - known)
        rows = [PageImage(page=page, image=image) for image in new]
        PageImage.objects.bulk_create(rows, ignore_conflicts=True)
        new.update(unused_since=None)
        Image.objects.filter(name__in=known - shown, uses=None, pages=None, hosts=None).update(
            unused_since=timezone.now()
        )
