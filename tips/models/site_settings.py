"""What an owner says of the site."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import CheckConstraint, Q

from tips.models.images import Image
from tips.models.lines import LineField

TAGLINE = "A short tip every week, and the one thing to take from it. Free, here and by mail."
HEADING = "Signup for FREE Tips!"
PROMISE = "Send me one tip a week from {site} by e-mail. I can leave at any time, in a moment."


def validate_promise(text: str) -> None:
    """Raise ValidationError for sign-up words that do not say from which site the mail comes."""
    if "{site}" not in text:
        raise ValidationError("Write {site} where the name of the site is to stand.")


class SiteSettings(models.Model):
    """What an owner says of the site, in one row.

    ``signup_version`` is that of the wording of ``signup_promise``: whoever signs up agrees to it.
    """

    tagline = LineField(
        max_length=160,
        default=TAGLINE,
        help_text="What this is, in a line: it stands on the home page.",
    )
    host = LineField(
        "who is behind it",
        max_length=80,
        blank=True,
        help_text="A person or a firm. It is named on the home page and to search engines.",
    )
    host_line = LineField(
        "a line about them",
        max_length=200,
        blank=True,
        help_text="What they do, such as “trains hotel staff in Leeds since 1998”.",
    )
    host_picture = models.ForeignKey(
        Image, models.PROTECT, verbose_name="picture of them", null=True, editable=False, related_name="hosts"
    )
    home_url = models.CharField(
        "Visit Our Home Page",
        max_length=200,
        blank=True,
        validators=[URLValidator(["http", "https"])],
        help_text="The address of your firm’s own site, with https://. The foot of every page leads to it.",
    )
    signup_heading = LineField("heading of the sign-up box", max_length=60, default=HEADING)
    signup_promise = LineField(
        "what people agree to",
        max_length=300,
        default=PROMISE,
        validators=[validate_promise],
        help_text="It stands below the form. Words that you change hold for whoever signs up from then on;"
        " what others agreed to stays on record as it was. {site} becomes the name of the site.",
    )
    signup_version = models.PositiveSmallIntegerField(default=2, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "site settings"
        constraints = [CheckConstraint(name="site_settings_are_one_row", condition=Q(pk=1))]

    def __str__(self) -> str:
        return "Site settings"

    @property
    def picture_url(self) -> str:
        """The path of the picture of who is behind the site, or ""."""
        return f"/media/{self.host_picture_id}" if self.host_picture_id else ""
