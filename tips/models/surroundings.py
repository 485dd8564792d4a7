"""What stands around the text of every page: the owner's settings, the pages in the foot, the notices."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils import timezone

from tips.models.notices import StandingNotice
from tips.models.site_settings import SiteSettings

# So many notices stand in one place at most.
MOST_NOTICES = 2
# In one query, since every page asks. What a kind has no use for is empty.
_AROUND = """
SELECT 0 AS kind, 0 AS place, tagline, host, host_line, host_picture_id, home_url, signup_heading,
  signup_promise, signup_version AS number, {false} AS on_pages, {false} AS in_mail, {false} AS in_feed
  FROM tips_sitesettings
UNION ALL
SELECT 1, position, title, path, '', NULL, '', '', '', id, {false}, {false}, {false}
  FROM tips_page WHERE state = 'approved' AND in_foot
UNION ALL
SELECT 2, -weight, text, link, '', NULL, sort, '', '', id, on_pages, in_mail, in_feed
  FROM tips_standingnotice WHERE starts_at <= %s AND (ends_at IS NULL OR ends_at > %s)
ORDER BY 1, 2, 3, 10
"""


@dataclass(frozen=True)
class Surroundings:
    """What stands around a page: the settings, (path, title) of the pages in the foot, and the notices.

    The notices are those that hold, the weightiest first.
    """

    site: SiteSettings
    foot: list[tuple[str, str]] = field(default_factory=list)
    notices: list[StandingNotice] = field(default_factory=list)

    @classmethod
    def load(cls, at: datetime | None = None) -> "Surroundings":
        """Return the surroundings at a moment (aware; now, unless given), in one query."""
        moment = connection.ops.adapt_datetimefield_value(at or timezone.now())
        with connection.cursor() as cursor:
            false = "false" if connection.vendor == "postgresql" else "0"
            cursor.execute(_AROUND.format(false=false), [moment, moment])
            rows = cursor.fetchall()
        around = cls(SiteSettings(pk=1))
        for kind, place, *values in rows:
            if kind == 0:
                names = "tagline host host_line host_picture_id home_url signup_heading signup_promise"
                said = zip([*names.split(), "signup_version"], values[:8], strict=True)
                vars(around.site).update(said)
            elif kind == 1:
                around.foot.append((values[1], values[0]))
            else:
                notice = StandingNotice(pk=values[7], text=values[0], link=values[1], sort=values[4])
                notice.weight, places = -place, map(bool, values[8:])
                notice.on_pages, notice.in_mail, notice.in_feed = places
                around.notices.append(notice)
        return around

    @property
    def below_tips(self) -> list[StandingNotice]:
        """The notices that stand below a tip on its page."""
        return _first(notice for notice in self.notices if notice.on_pages)

    @property
    def in_mail(self) -> list[StandingNotice]:
        """The notices that stand in the weekly mail."""
        return _first(notice for notice in self.notices if notice.in_mail)

    @property
    def in_feed(self) -> list[StandingNotice]:
        """The notices that stand in an entry of a feed."""
        return _first(notice for notice in self.notices if notice.in_feed)

    def hidden(self, kept: str) -> set[str]:
        """Return the sorts of old notices that a tip does not show; ``kept`` names those that it does."""
        return {notice.sort for notice in self.notices if notice.on_pages} - set(kept.split())


def _first(notices: Iterable[StandingNotice]) -> list[StandingNotice]:
    return list(notices)[:MOST_NOTICES]
