"""The demonstration: an archive of invented tips, its dates moved so that the site looks alive today."""

import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from tips.importers import pages, store
from tips.models import Category, Tag, Tip
from tips.publishing import workflow
from tips.schedule import slots

ARCHIVE = settings.BASE_DIR / "fixtures" / "archive"
COMING = settings.BASE_DIR / "fixtures" / "coming"
SOURCE = "demo"
STAFF = "editor"
WEEK = timedelta(weeks=1)
TUESDAY = 1


class NotOurOwnError(Exception):
    """The database holds what the demonstration did not put there; the text says what."""


class CannotReadError(Exception):
    """The demonstration's own pages are missing or damaged; the text says which."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded: how many tips, the day of the newest public one, and the staff account's password."""

    tips: int
    newest: date
    password: str


def is_empty():
    """Tell whether the database holds nobody and nothing yet."""
    return not any(_found(every=True).values())


def load(today=None):
    """Load the demonstration into an empty database, and return a Loaded; None where it is already there.

    ``today`` is a date in the site's zone (the present one, unless given). All is written or nothing. Raises
    NotOurOwnError where the database holds anything else.
    """
    today = today or timezone.localdate()
    with transaction.atomic():
        foreign = {name: count for name, count in _found(every=not _was_loaded()).items() if count}
        if foreign:
            listed = ", ".join(f"{count} {name}" for name, count in foreign.items())
            raise NotOurOwnError(f"The database holds what is not the demonstration's: {listed}.")
        if _was_loaded():
            return None
        newest = last_tuesday_before(today)
        store.write(_archive(newest), source=SOURCE)
        password = secrets.token_urlsafe(12)
        editor = get_user_model().objects.create_superuser(STAFF, password=password)
        _plan(newest + WEEK if newest + WEEK > today else newest + 2 * WEEK, editor)
        return Loaded(Tip.objects.count(), newest, password)


def last_tuesday_before(day):
    """Return the last Tuesday strictly before a day."""
    return day - timedelta(days=(day.weekday() - TUESDAY - 1) % 7 + 1)


def _was_loaded():
    return Tip.objects.filter(import_origin__source=SOURCE).exists()


def _found(every):
    """Count what the database holds, by kind: all of it, or only what is not the demonstration's own."""
    tips, staff = Tip.objects.all(), get_user_model().objects.all()
    found = {
        "tips": tips if every else tips.exclude(import_origin__source=SOURCE),
        "staff accounts": staff if every else staff.exclude(username=STAFF),
    }
    if every:
        # Beside the demonstration's tips, staff may try out categories and tags.
        found |= {"categories": Category.objects.all(), "tags": Tag.objects.all()}
    for model in apps.get_app_config("subscribers").get_models():
        found[str(model._meta.verbose_name_plural)] = model._default_manager.all()
    return {name: rows.count() for name, rows in found.items()}


def _archive(newest):
    """Read the archive's pages; move all days by whole weeks, so that the newest is the one given."""
    archive = _read(ARCHIVE)
    shift = newest - max(post.day for post in archive.posts if post.day)
    archive.posts = [replace(post, day=post.day + shift) if post.day else post for post in archive.posts]
    return archive


def _plan(first, editor):
    """Bring in the coming tips: two approved, in the next two slots; the rest drafts without a day."""
    coming = _read(COMING)
    posts = [post for post in coming.posts if post.full]
    coming.posts = [replace(post, day=first + number * WEEK) for number, post in enumerate(posts)]
    # An import keeps what is dated in the future as drafts.
    store.write(coming, source=SOURCE)
    timetable = slots.Timetable.load()
    tips = [Tip.objects.get(publish_at=timetable.moment(post.day)) for post in coming.posts]
    for tip in tips:
        tip.publish_at = None
        tip.save(update_fields=["publish_at"])
    for tip in tips[:2]:
        workflow.submit(tip, by=editor)
        workflow.approve(tip, by=editor)


def _read(folder):
    archive = pages.read([folder])
    if archive.refused or not archive.posts:
        reasons = [f"{each.file}: {each.message}" for each in archive.refused] or [f"{folder}: no tips"]
        raise CannotReadError("; ".join(reasons))
    return archive
