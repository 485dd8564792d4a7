"""What an owner says of the site, and what stands around every page of it."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import connection, models
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


# In one query, since every page asks. The columns of pages that have none of the settings are empty.
_AROUND = """
SELECT 0 AS kind, 0 AS place, tagline, host, host_line, host_picture_id, home_url, signup_heading,
  signup_promise, signup_version FROM tips_sitesettings
UNION ALL
SELECT 1, position, title, path, '', NULL, '', '', '', id FROM tips_page WHERE state = 'approved' AND in_foot
ORDER BY 1, 2, 3, 10
"""


@dataclass(frozen=True)
class Surroundings:
    """What stands around every page: the owner's settings, and (path, title) of the pages in the foot."""

    site: SiteSettings
    foot: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def load(cls) -> "Surroundings":
        """Return the surroundings as they are now, in one query."""
        with connection.cursor() as cursor:
            cursor.execute(_AROUND)
            rows = cursor.fetchall()
        site, foot = SiteSettings(pk=1), []
        for kind, _, *values in rows:
            if kind:
                foot.append((values[1], values[0]))
            else:
                names = "tagline host host_line host_picture_id home_url signup_heading signup_promise"
                fields = dict(zip([*names.split(), "signup_version"], values, strict=True))
                site = SiteSettings(pk=1, **fields)
        return cls(site, foot)
