"""What people are told by mail of the work of colleagues on tips: at once, in a daily digest, or not at all.

Nothing asks for these mails. Each minute the worker's clock looks for deeds in the log that nobody was told
of, and for tips whose day has come, and makes a WorkMail for each person whom they concern. Its Notice keeps
the mail from going out twice. What one person did to one tip, with less than a minute between, is one mail.
A deed that is older than two days, or than the last restore, is not told any more.
"""

import logging
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.mail import get_connection
from django.db import IntegrityError, transaction
from django.db.models import F, Prefetch

from subscribers.models import DatabaseIdentity
from subscribers.recovery import guard
from tips.models import Tip, TipState
from tipsite.alerts import notices, work_deeds, work_letters
from tipsite.models import Notice, WorkDeed, WorkMail, WorkMailChoice
from tipsite.staff import mail_choice

logger = logging.getLogger(__name__)

# A mail tells of what a person did to a tip until they left it alone for so long, or were at it for so long.
QUIET, LONGEST_RUN = timedelta(minutes=1), timedelta(minutes=5)
# Before any deed.
EPOCH = datetime.fromtimestamp(0, UTC)
# Rows are kept for longer than any deed can be told of.
KEEP = timedelta(days=14)
# Of what one person did at one time to more tips than this, one mail tells.
_MOST_MAILS = 3
# In seconds: a mail server that is slow must not hold the clock up. The next minute goes on.
_LONGEST_ROUND = 20.0


def send_due(now: datetime) -> None:
    """Tell people of what was done, as each of them chose. Run each minute."""
    # A copy of the database must not write to the staff, nor a restored one tell what it told before.
    is_closed = guard.why_closed() is not None
    declared_at = DatabaseIdentity.objects.values_list("declared_at", flat=True).first()
    since = max(now - work_deeds.LONGEST_AGO, declared_at or EPOCH)
    if runs := [*_runs(since, now), *([deed] for deed in _gone_public(since, now))]:
        # Another worker may note the same deeds at this moment: then the mails are its own.
        with suppress(IntegrityError):
            _note(runs, now, is_told=not is_closed)
    if not is_closed:
        _send_mails(declared_at or EPOCH, now)


def forget_old(now: datetime) -> None:
    """Delete what is known of mails that went out, or came to nothing, days ago. Run each day."""
    kinds = (Notice.Kind.WORK, Notice.Kind.WORK_DIGEST)
    Notice.objects.filter(kind__in=kinds, created_at__lt=now - KEEP).delete()
    WorkDeed.objects.filter(at__lt=now - KEEP).delete()


# --- Noting what was done -----------------------------------------------------------------------------


@transaction.atomic
def _note(runs: list[list[WorkDeed]], now: datetime, *, is_told: bool) -> None:
    """Note deeds, so that each is told once, and make the mails that tell of them if ``is_told``."""
    deeds = WorkDeed.objects.bulk_create(chain(*runs))
    if not is_told:
        return
    people = work_deeds.People([deed.tip for deed in deeds])
    told: defaultdict[int, list[list[WorkDeed]]] = defaultdict(list)
    for run in runs:
        of_run: defaultdict[int, list[WorkDeed]] = defaultdict(list)
        for deed in run:
            for person in work_deeds.concerned(deed, people):
                of_run[person].append(deed)
        for person, concerning in of_run.items():
            told[person].append(concerning)
    chosen = dict(WorkMailChoice.objects.filter(person__in=told).values_list("person", "when"))
    # Never one that another worker may be sending at this moment.
    digest_at = mail_choice.next_digest(now + QUIET)
    for person, runs in told.items():
        when = chosen.get(person, WorkMailChoice.When.AT_ONCE)
        if when == WorkMailChoice.When.DAILY:
            _make_mail(
                Notice.Kind.WORK_DIGEST, person, digest_at, digest_at.isoformat(), [*chain(*runs)], now
            )
        elif when == WorkMailChoice.When.AT_ONCE:
            for together in _put_together(runs):
                _make_mail(Notice.Kind.WORK, person, now, f"deed {together[0].pk}", together, now)


def _runs(since: datetime, now: datetime) -> list[list[WorkDeed]]:
    """Return the deeds in the log that nobody was told of, by runs of one person on one tip that ended."""
    # The newest that is too old, found from the end of the log: what is read does not grow with the log.
    last = (
        LogEntry.objects.filter(action_time__lte=since).order_by("-pk").values_list("pk", flat=True).first()
    )
    entries = LogEntry.objects.filter(
        pk__gt=last or 0,
        action_time__gt=since,
        action_time__lte=now,
        content_type=ContentType.objects.get_for_model(Tip),
        object_id__isnull=False,
        coded__code__in=work_deeds.KINDS,
        work_deed=None,
    )
    found = list(entries.select_related("coded", "user").order_by("action_time", "pk"))
    tips = Tip.objects.for_lists().in_bulk([int(entry.object_id) for entry in found])
    runs: list[list[WorkDeed]] = []
    latest: dict[tuple[int, int], list[WorkDeed]] = {}
    for entry in found:
        if tip := tips.get(int(entry.object_id)):
            deed = WorkDeed(tip=tip, entry=entry, at=entry.action_time)
            run = latest.get(by := (tip.pk, entry.user_id))
            if run is None or deed.at - run[-1].at >= QUIET:
                run = latest[by] = []
                runs.append(run)
            run.append(deed)
    return [run for run in runs if now - run[-1].at >= QUIET or now - run[0].at >= LONGEST_RUN]


def _gone_public(since: datetime, now: datetime) -> list[WorkDeed]:
    """Return that tips went public by time, as far as that was not noted yet."""
    came = Tip.objects.filter(state=TipState.APPROVED, publish_at__gt=since, publish_at__lte=now)
    # What was published at once is somebody's deed, and what was imported is no news.
    tips = list(came.filter(publish_at__gt=F("approved_at")).for_lists().order_by("publish_at", "pk"))
    noted = WorkDeed.objects.filter(entry=None, tip__in=tips).values_list("tip", "at")
    known = set(noted) if tips else set()
    return [WorkDeed(tip=tip, at=tip.moment) for tip in tips if (tip.pk, tip.publish_at) not in known]


def _put_together(runs: list[list[WorkDeed]]) -> list[list[WorkDeed]]:
    """Return the deeds of each mail: each run is one, but for those of a person who did very many."""
    by_person: defaultdict[int | None, list[list[WorkDeed]]] = defaultdict(list)
    for run in runs:
        by_person[run[0].entry.user_id if run[0].entry else None].append(run)
    return [
        deeds
        for theirs in by_person.values()
        for deeds in (theirs if len(theirs) <= _MOST_MAILS else [[*chain(*theirs)]])
    ]


def _make_mail(
    kind: Notice.Kind, person: int, due_at: datetime, occasion: str, deeds: list[WorkDeed], now: datetime
) -> None:
    """Add deeds to a person's mail, and make it where there is none; ``occasion`` is as in ``Notice``."""
    named = {"kind": kind, "about": str(person), "occasion": occasion}
    notice, _ = Notice.objects.get_or_create(**named, defaults={"created_at": now})
    mail, _ = WorkMail.objects.get_or_create(notice=notice, defaults={"person_id": person, "due_at": due_at})
    mail.deeds.add(*deeds)


# --- Sending ------------------------------------------------------------------------------------------


def _send_mails(restored_at: datetime, now: datetime) -> None:
    mails = _due(now)
    if not mails:
        return
    people = work_deeds.People({deed.tip for mail in mails for deed in mail.deeds.all()})
    try:
        with get_connection() as connection:
            ends = time.monotonic() + _LONGEST_ROUND
            for mail in mails:
                if time.monotonic() > ends:
                    logger.warning("Mails about work take long; the rest of them goes on in a minute.")
                    return
                # A new one, where the last mail found it broken; otherwise this does nothing.
                connection.open()
                letter = partial(work_letters.write, mail, restored_at, people, connection, now)
                notices.send_once(mail.notice, letter, now)
    except OSError as error:
        logger.error("Mails about work wait, since no mail server answers; the next minute tries. %s", error)


def _due(now: datetime) -> list[WorkMail]:
    """Return the mails that are to go out, the oldest first, with all that they tell of."""
    entries = LogEntry.objects.select_related("coded", "user")
    deeds = (
        WorkDeed.objects.order_by("at", "pk")
        .select_related("tip")
        .defer("tip__body", *(f"tip__{name}" for name in Tip.COMPUTED))
        .prefetch_related(Prefetch("entry", entries))
    )
    waiting = WorkMail.objects.filter(due_at__lte=now, notice__sent_at=None, notice__settled_at=None)
    mails = waiting.select_related("notice", "person").prefetch_related(Prefetch("deeds", deeds))
    return list(mails.order_by("due_at", "notice"))
