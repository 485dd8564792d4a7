"""The demonstration: an archive of invented tips, its dates moved so that the site looks alive today."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from subscribers.models import Heartbeat, SenderLease, SubscriberCount
from tips.dates import WEEK
from tips.importers import pages, store
from tips.importers.records import Archive
from tips.models import Category, Tag, Tip
from tips.publishing import workflow
from tips.schedule import slots

ARCHIVE = settings.BASE_DIR / "fixtures" / "archive"
COMING = settings.BASE_DIR / "fixtures" / "coming"
SOURCE = "demo"
STAFF = "editor"
TUESDAY = 1


class DemoError(Exception):
    """The demonstration cannot be loaded here; the text says why, and what to do."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded: how many tips, the day of the newest public one, and the staff account's password."""

    tips: int
    newest: date
    password: str


def is_empty() -> bool:
    """Tell whether the database holds nobody and nothing yet."""
    return not _counts(foreign_only=False)


def load(today: date | None = None) -> Loaded | None:
    """Load the demonstration into an empty database; return None where it is already there.

    ``today`` is a date in the site's zone (the present one, unless given). All is written or nothing. Raises
    DemoError where the database holds anything else, or the demonstration's own pages are damaged.
    """
    today = today or timezone.localdate()
    with transaction.atomic():
        is_loaded = Tip.objects.filter(import_origin__source=SOURCE).exists()
        if foreign := _counts(foreign_only=is_loaded):
            listed = ", ".join(f"{count} {name}" for name, count in foreign.items())
            words = f"The database holds what is not the demonstration's: {listed}. demo wants an empty one;"
            raise DemoError(f"{words} set DATABASE_URL or STATE_DIR to another.")
        if is_loaded:
            return None
        newest = last_tuesday_before(today)
        store.write(_archive(newest), source=SOURCE)
        password = secrets.token_urlsafe(12)
        editor = User.objects.create_superuser(STAFF, password=password, first_name="Robin", last_name="Hale")
        _plan(newest + WEEK if newest + WEEK > today else newest + 2 * WEEK, editor)
        return Loaded(Tip.objects.count(), newest, password)


def last_tuesday_before(day: date) -> date:
    """Return the last Tuesday strictly before a day."""
    return day - timedelta(days=(day.weekday() - TUESDAY - 1) % 7 + 1)


def _counts(*, foreign_only: bool) -> dict[str, int]:
    """Return how much of each kind the database holds: all, or only what is not the demonstration's own."""
    objects: dict[str, QuerySet] = {
        str(model._meta.verbose_name_plural): model._default_manager.all()
        for model in apps.get_app_config("subscribers").get_models()
        # A worker may have been at work on the empty database; the number of people is kept even if it is 0.
        if model not in (Heartbeat, SenderLease, SubscriberCount)
    }
    objects |= {"tips": Tip.objects.all(), "staff accounts": User.objects.all()}
    if foreign_only:
        # Beside the demonstration's tips, staff may try out categories and tags.
        objects["tips"] = Tip.objects.exclude(import_origin__source=SOURCE)
        objects["staff accounts"] = User.objects.exclude(username=STAFF)
    else:
        objects |= {"categories": Category.objects.all(), "tags": Tag.objects.all()}
    return {name: count for name, queryset in objects.items() if (count := queryset.count())}


def _archive(newest: date) -> Archive:
    """Read the archive's pages; move all days by whole weeks, so that the newest is the one given."""
    archive = _read(ARCHIVE)
    shift = newest - max(post.day for post in archive.posts if post.day)
    archive.posts = [replace(post, day=post.day + shift) if post.day else post for post in archive.posts]
    return archive


def _plan(first: date, editor: User) -> None:
    """Bring in the coming tips: two approved, in the next two slots; the rest drafts without a day."""
    coming = _read(COMING)
    posts = [post for post in coming.posts if post.full]
    days = [first + number * WEEK for number in range(len(posts))]
    coming.posts = [replace(post, day=day) for post, day in zip(posts, days, strict=True)]
    # An import plans what is dated in the future, as drafts.
    store.write(coming, source=SOURCE)
    timetable = slots.Timetable.load()
    tips = [Tip.objects.get(publish_at=timetable.moment(day)) for day in days]
    for tip in tips:
        tip.publish_at, tip.pinned = None, False
        tip.save(update_fields=["publish_at", "pinned"])
    for tip in tips[:2]:
        workflow.submit(tip, by=editor)
        workflow.approve(tip, by=editor)


def _read(folder: Path) -> Archive:
    archive = pages.read([folder])
    if archive.refused or not archive.posts:
        reasons = [f"{refusal.file}: {refusal.message}" for refusal in archive.refused]
        words = "; ".join(reasons) or f"{folder}: no tips"
        raise DemoError(f"The demonstration's pages cannot be read: {words}")
    return archive
