"""A stretch of weeks as staff see it: what was, what comes, and how the next slot stands, in a sentence."""

from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from tips import dates, permissions
from tips.models import Tip
from tips.schedule import slots

PAST, COMING = 8, 13
# A daily archive from before the first rule must not make the page endless.
_MOST_BEFORE_RULES = 100
VEILED = "another author’s tip"


@dataclass
class Weeks:
    """Rows (``slots.Row``) around a moment: ``past`` ones, newest first, and ``coming`` ones in order.

    ``now`` is the moment, ``first`` the day (a date) at which the past ones end, ``table`` the Timetable.
    """

    now: datetime
    table: slots.Timetable
    first: date
    past: list
    coming: list

    @property
    def rule(self):
        """The rule that holds today, else the first one to come, or None."""
        today = timezone.localdate(self.now)
        return self.table.rule(today) or next(iter(self.table.rules), None)

    @property
    def next(self):
        """The next slot that is not skipped, or None."""
        return next((row for row in self.coming if row.standing != slots.Standing.SKIPPED), None)

    def hide_titles(self, user):
        """Hide from an author what others have written and readers do not see yet; return self."""
        for row in [*self.past, *self.coming]:
            hide_titles([*([row.tip] if row.tip else []), *row.others], user)
        return self


def around(now=None, *, past=PAST, coming=COMING, page=1):
    """Return the Weeks around a moment (an aware datetime), in four queries at most.

    ``past`` and ``coming`` are numbers of weeks. Behind page 1 there are only past ones, ``past`` weeks to a
    page. What was published before the first rule stands among them, at its own moment: it was never missed.
    """
    now = now or timezone.now()
    table = slots.Timetable.load()
    today = timezone.localdate(now)
    first, last = today - page * past * dates.WEEK, today - (page - 1) * past * dates.WEEK - dates.DAY
    ahead = list(islice(table.after(now), coming)) if page == 1 else []
    if page == 1:
        last = max([today + dates.WEEK, *(slot.day for slot in ahead)])
    rows = slots.calendar(first, last, now, table)
    passed = [row for row in rows if row.slot.at <= now]
    passed = _before_rules(table, first, last, now) + passed
    days = {slot.day for slot in ahead}
    return Weeks(now, table, first, passed[::-1], [row for row in rows if row.slot.day in days])


def _before_rules(table, first, last, now):
    """Return rows for what was published before there were slots, in order."""
    start, end = dates.moment(first, time()), min(dates.moment(last + dates.DAY, time()), now)
    if table.rules:
        opening = table.rules[0].from_date
        slot = next(table.between(opening, opening + dates.WEEK), None)
        end = min(end, slot.at) if slot else end
    if start >= end:
        return []
    tips = Tip.objects.published_dated(now).filter(publish_at__gte=start, publish_at__lt=end)
    tips = tips.for_lists().select_related("author").newest_first()[:_MOST_BEFORE_RULES]
    return [
        slots.Row(
            slots.Slot(
                timezone.localdate(tip.publish_at), tip.publish_at, tip.publish_at, settings.TIME_ZONE
            ),
            slots.Standing.PUBLISHED,
            tip,
        )
        for tip in reversed(tips)
    ]


def hide_titles(tips, user):
    """Give tips that a person may not know of yet a title that says nothing; set ``veiled`` on every one.

    The tips are for showing only: they must not be saved afterwards.
    """
    sees_all = user.has_perm(permissions.CHANGE_ANY)
    for tip in tips:
        tip.veiled = not (sees_all or tip.author_id == user.pk or tip.is_published)
        if tip.veiled:
            tip.title = VEILED


def when(slot):
    """Return a slot's moment as a sentence has it: “Tuesday, 24 November, 07:00”, in the site's zone."""
    return date_format(timezone.localtime(slot.at), "l, j F, H:i")


def verdict(row):
    """Return how a coming slot stands, to complete “Tuesday, 24 November, 07:00, is …”."""
    match row.standing:
        case slots.Standing.SAFE:
            sentence = f"safe: “{row.tip}” goes live."
        case slots.Standing.AT_RISK:
            sentence = f"at risk: {row.sentence}"
        case slots.Standing.FREE:
            sentence = "free: nothing is planned."
        case _:
            sentence = f"skipped: {row.slot.reason}"
    # That is no title.
    return sentence.replace(f"“{VEILED}”", VEILED)


def advice(row):
    """Return what an editor can do about a coming slot, or an empty text."""
    match row.standing:
        case slots.Standing.AT_RISK:
            return "Approve it, or let another tip take the slot."
        case slots.Standing.FREE:
            return "Approve a tip that waits for review: it takes the next free slot. Or skip the week."
    return ""
