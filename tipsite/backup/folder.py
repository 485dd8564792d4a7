"""A folder of backups: what the next one is called, and which old ones go.

Kept are the newest backup of each of the last 7 days that have one, of each of the last 5 weeks, and of each
of the last 12 months. Days, weeks (from Monday) and months are those of UTC, as the names of the files are.
So at most 24 files stay, and where no more backups are taken, none goes.
"""

import re
import shutil
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

DAILY, WEEKLY, MONTHLY = 7, 5, 12
# How the folder of a backup is called that is not yet whole.
BEGUN = ".backup-"
_A_DAY = 24 * 60 * 60
_NAME = "tips-%Y%m%d-%H%M%S.tar"
_OURS = re.compile(r"tips-\d{8}-\d{6}\.tar")
# By which moments belong to one day, week or month.
_PERIODS: list[tuple[int, Callable[[datetime], object]]] = [
    (DAILY, datetime.date),
    (WEEKLY, lambda moment: moment.isocalendar()[:2]),
    (MONTHLY, lambda moment: (moment.year, moment.month)),
]


def name(now: datetime) -> str:
    """Return what a backup of a moment (an aware datetime) is called."""
    return now.astimezone(UTC).strftime(_NAME)


def expired(moments: Iterable[datetime]) -> set[datetime]:
    """Return the moments whose backups are not kept (see above); the moments are in UTC."""
    newest_first = sorted(set(moments), reverse=True)
    kept = set()
    for number, period in _PERIODS:
        newest: dict[object, datetime] = {}
        for moment in newest_first:
            newest.setdefault(period(moment), moment)
        kept.update(list(newest.values())[:number])
    return {moment for moment in newest_first if moment not in kept}


def remove_expired(folder: Path) -> list[Path]:
    """Remove the backups in a folder that are not kept; return their paths. Other files are not touched.

    With them go the beginnings of backups whose process was killed more than a day ago.
    """
    for begun in folder.glob(f"{BEGUN}*"):
        if time.time() - begun.stat().st_mtime > _A_DAY:
            shutil.rmtree(begun, ignore_errors=True)
    moments = {}
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name):
            try:
                moments[datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)] = path
            except ValueError:
                continue
    paths = [moments[moment] for moment in sorted(expired(moments))]
    for path in paths:
        path.unlink()
    return paths
