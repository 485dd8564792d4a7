"""What changes under readers: tips that somebody edits, renames and withdraws, and one that goes live."""

import sqlite3
import time
from datetime import UTC, datetime
from threading import Event
from typing import NamedTuple

import psycopg2

from tests.tipsite.processes import wait_until

TIPS = """
from datetime import timedelta
from django.utils import timezone
from tips.models import Tip
now = timezone.now()
Tip.objects.filter(slug__in=["said-often", "said-anew", "said-soon"]).delete()
for slug, title, at in (("said-often", "Said 0 times", now), ("said-soon", "Soon", now + timedelta(days=9))):
    Tip.objects.create(
        title=title, slug=slug, body="<p>Listen.</p>", state="approved", publish_at=at, for_mail=False)
"""
RENAME = (
    "UPDATE tips_tip SET slug = 'said-anew' WHERE slug = 'said-often'",
    "INSERT INTO tips_formerslug (slug, tip_id)"
    " SELECT 'said-often', id FROM tips_tip WHERE slug = 'said-anew'",
)


class Change(NamedTuple):
    """What changed: a page, what tells that an answer is newer than it, and the moments around its commit."""

    url: str
    is_new: object
    begun_at: float
    done_at: float


class Desk:
    """Somebody who changes rows by plain SQL, in another process than those that serve."""

    def __init__(self, database_url):
        self.is_sqlite = database_url.startswith("sqlite")
        if self.is_sqlite:
            file = database_url.removeprefix("sqlite:///")
            self.connection = sqlite3.connect(file, timeout=60, isolation_level=None)
        else:
            self.connection = psycopg2.connect(database_url)
            self.connection.autocommit = True

    def run(self, *statements):
        """Run statements in one transaction; return the moments before and after."""
        begun_at = time.time()
        cursor = self.connection.cursor()
        for statement in ("BEGIN", *statements, "COMMIT"):
            cursor.execute(statement)
        cursor.close()
        return begun_at, time.time()

    def let_go_live(self, at):
        moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        moment = moment if self.is_sqlite else f"{moment}+00"
        self.run(f"UPDATE tips_tip SET publish_at = '{moment}' WHERE slug = 'said-soon'")  # noqa: S608


def says(number):
    """Tell of an answer whether it is of the tip as it was said so often, or later (it is withdrawn then)."""
    return lambda seen: not seen.text or int(seen.text.split()[1]) >= number


def has_status(*statuses):
    return lambda seen: seen.status in statuses


def changes(desk, crowd, site, rest, editions):
    """Make changes one after the other, each when somebody has seen the one before; yield each Change."""

    def seen_by_somebody(urls, is_new, begun_at, done_at):
        for url in urls:
            wait_until(lambda url=url: crowd.has_seen(url, done_at, is_new))
            yield Change(url, is_new, begun_at, done_at)
        Event().wait(rest)

    for number in range(1, editions + 1):
        said = f"UPDATE tips_tip SET title = 'Said {number} times' WHERE slug = 'said-often'"  # noqa: S608
        yield from seen_by_somebody(["/tips/", "/feed/"], says(number), *desk.run(said))
    if rest:
        # As the desk does, in a process of its own, by the verbs' own rows.
        code = "from tips.models import Tip; import time; a = time.time();"
        code += "Tip.objects.filter(slug='said-often').update(title='Said 90 times'); print(a, time.time())"
        done = site.manage("shell", "-v0", "-c", code)
        begun_at, done_at = map(float, done.stdout.split())
        yield from seen_by_somebody(["/tips/", "/feed/"], says(90), begun_at, done_at)
    at = time.time() + 1.5
    desk.let_go_live(at)
    yield from seen_by_somebody(["/tips/said-soon/"], has_status(200), at, at)
    is_new = has_status(301, 410)
    renamed = desk.run(*RENAME)
    yield from seen_by_somebody(["/tips/said-often/"], is_new, *renamed)
    yield from seen_by_somebody(["/tips/said-anew/"], has_status(200, 410), *renamed)
    withdrawn = desk.run("UPDATE tips_tip SET state = 'withdrawn' WHERE slug = 'said-anew'")
    yield from seen_by_somebody(["/tips/said-anew/"], has_status(410), *withdrawn)
    yield from seen_by_somebody(["/tips/"], says(99), *withdrawn)
