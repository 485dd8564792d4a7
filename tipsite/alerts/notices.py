"""What staff are told by mail: so far, of slots that nothing will appear in.

Nothing asks for a mail. Each minute the clock looks at the rows as they stand, and what is due and was not
sent goes out once. For one slot these alarms are due, and none for a skipped week:

- from 5 days before it, while it is free or at risk;
- from 2 days before it likewise, and once more each time it was seen safe there and is unsafe again;
- when it passes while a tip stands in it that was not approved, until the next slot passes.

Of several that are due for a slot at once, since the worker was late, only the last goes out.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from tips import permissions
from tips.schedule import slots
from tipsite.alerts import emails
from tipsite.models import Notice
from tipsite.staff import accounts

logger = logging.getLogger(__name__)

EARLY, LATE = timedelta(days=5), timedelta(days=2)
# Days on either side among which all slots are that may be due: a move may take one to its week's other end.
_NEAR = timedelta(days=14)
# A claim holds at least this long; a mail server may take its time before it answers.
_PAUSE, _LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=1)


@dataclass(frozen=True)
class Alarm:
    """A mail about a slot that is due: the notice's key, and the slot as it stands."""

    key: str
    row: slots.Row


def due(now):
    """Return the Alarms that are due at a moment (an aware datetime) and were not sent, in order of slots."""
    return _due_among(_near(now), now)


def _due_among(rows, now):
    notices = _notices(rows)
    passed = [row for row in rows if row.slot.at <= now]
    # What passed before the latest slot is too late to be told.
    rows = passed[-1:] + rows[len(passed) :]
    found = [_due(row, notices[row.slot.day], now) for row in rows]
    return [Alarm(key, row) for key, row in zip(found, rows, strict=True) if key]


def send_alarms(now):
    """Tell staff of each slot that nothing will appear in. Run each minute."""
    rows = _near(now)
    notices = _notices(rows)
    for row in rows:
        told = _within_the_last_days(notices[row.slot.day])
        if told and not row.is_unsafe and row.slot.at > now:
            Notice.objects.filter(pk__in=[each.pk for each in told], settled_at=None).update(settled_at=now)
    for alarm in _due_among(rows, now):
        send_once(alarm.key, lambda alarm=alarm: emails.slot_alarm(alarm.row, staff(), calendar_url()), now)


def send_once(key, build, now):
    """Send the mail that ``build`` returns, unless the notice of this key went out; tell whether it did now.

    A mail that fails is tried again by a later call.
    """
    notice, _ = Notice.objects.get_or_create(key=key, defaults={"created_at": now})
    if not _claim(notice, now):
        return False
    mail = build()
    if mail.to:
        try:
            mail.send()
        except (OSError, ValueError):
            logger.exception("The notice %r could not be sent; it is tried again.", key)
            return False
    else:
        logger.error("Nobody can be told of %r: no editor has an address, and STAFF_EMAIL is empty.", key)
    Notice.objects.filter(pk=notice.pk).update(sent_at=timezone.now())
    return True


def staff(permission=permissions.APPROVE):
    """Return the addresses of those who can do something about a slot, and STAFF_EMAIL; each once.

    For another matter, ``permission`` is the one that those have who can do something about that.

    Mails name tips that are not public: whoever was invited and never came in gets none.
    """
    editors = get_user_model().objects.with_perm(
        permission, backend="django.contrib.auth.backends.ModelBackend"
    )
    found = {}
    addresses = [editor.email for editor in editors.order_by("pk") if not accounts.is_invited(editor)]
    for address in [*addresses, *settings.STAFF_EMAIL]:
        try:
            validate_email(address)
        except ValidationError:
            continue
        found.setdefault(address.lower(), address)
    return list(found.values())


def calendar_url():
    """Return the address of the page on which slots are filled."""
    return settings.SITE_URL + reverse("admin:tips_calendar")


def _near(now):
    today = timezone.localdate(now)
    return slots.calendar(today - _NEAR, today + _NEAR, now)


def _notices(rows):
    """Return {day: its notices, oldest first}, in one query."""
    wanted = Q(pk=None)
    for row in rows:
        wanted |= Q(key__startswith=_key(row, ""))
    by_day = {_key(row, ""): row.slot.day for row in rows}
    notices = defaultdict(list)
    for notice in Notice.objects.filter(wanted).order_by("pk"):
        notices[by_day[notice.key[: notice.key.index(":") + 1]]].append(notice)
    return notices


def _due(row, notices, now):
    """Return the key of the alarm that is due for a slot and was not sent, or None."""
    ahead = row.slot.at - now
    if row.is_unsafe and ahead <= LATE:
        told = _within_the_last_days(notices)
        # Told of already, or about to be: the same key until the slot was safe in between.
        number = len(told) + (not told or told[-1].settled_at is not None)
        key = _key(row, "2 days" if number == 1 else f"unsafe again {number - 1}")
    elif row.is_unsafe and ahead <= EARLY:
        key = _key(row, "5 days")
    elif row.standing == slots.Standing.MISSED and row.tip:
        key = _key(row, "passed")
    else:
        return None
    return None if any(each.key == key and each.sent_at for each in notices) else key


def _within_the_last_days(notices):
    return [each for each in notices if each.key.endswith("2 days") or "unsafe again" in each.key]


def _key(row, what):
    return f"slot {row.slot.day}:{what}"


def _claim(notice, now):
    """Take a notice for this process alone; tell whether it was there for the taking."""
    pause = min(_PAUSE * 2 ** max(notice.attempts - 1, 0), _LONGEST_PAUSE)
    free = Q(claimed_at=None) | Q(claimed_at__lte=now - pause)
    mine = Notice.objects.filter(free, pk=notice.pk, sent_at=None, attempts=notice.attempts)
    return mine.update(claimed_at=now, attempts=F("attempts") + 1) == 1
