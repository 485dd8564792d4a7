"""Show the mailings that are prepared, on their way, or waiting for a person."""

import json
from datetime import datetime

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from subscribers.mailings import status, waiting
from subscribers.models import Mailing
from tips.dates import zoned

# What the JSON form has by the names of the columns.
_COLUMNS = "id kind state cause reason trouble starts_at started_at ended_at audience".split()


class Command(BaseCommand):
    help = "Shows the mailings that are prepared, being sent, paused or held, and how far each is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="also those that are sent or cancelled")
        parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")

    def handle(self, **options: object) -> None:
        mailings = Mailing.objects.select_related("tip").defer("text", "html").order_by("starts_at", "pk")
        if not options["all"]:
            mailings = mailings.filter(state__in=Mailing.UNFINISHED)
        now = timezone.now()
        progress = [(mailing, status.progress(mailing, now)) for mailing in mailings]
        if options["json"]:
            report = {"mailings": [_as_dict(*pair, now) for pair in progress]}
            self.stdout.write(json.dumps(report, default=datetime.isoformat))
        else:
            none = "No mailing is prepared, being sent, paused or held."
            self.stdout.write("\n".join(_as_text(*pair, now) for pair in progress) or none)


def _as_dict(mailing: Mailing, progress: status.Progress, now: datetime) -> dict[str, object]:
    return {
        **{name: getattr(mailing, name) for name in _COLUMNS},
        "tip": mailing.tip.slug,
        "title": mailing.tip.title,
        "deliveries": {str(state): count for state, count in progress.states.items()},
        "remaining": progress.remaining,
        "waits_for": waiting.waits_for(mailing, now),
        "seconds_left": progress.left and round(progress.left.total_seconds()),
    }


def _as_text(mailing: Mailing, progress: status.Progress, now: datetime) -> str:
    correction = "correction of " if mailing.kind == Mailing.Kind.CORRECTION else ""
    line = f"{mailing.pk}: {correction}“{mailing.tip}”: {mailing.get_state_display().lower()}"
    if mailing.started_at is None:
        line += f", begins {zoned(mailing.starts_at)}"
    else:
        counts = [f"{count} {state.label.lower()}" for state, count in progress.states.items() if count]
        line += f", {progress.percent}% of {mailing.audience}: {', '.join(counts) or 'nobody'}"
    if progress.left:
        line += f"; {progress.time_left}"
    if mailing.cause:
        described = status.describe(mailing)
        return f"{line}. {described.sentence} {described.advice}"
    advice = "Release or cancel it." if mailing.state == Mailing.State.HELD else ""
    waits_for = waiting.waits_for(mailing, now)
    waits = f"It waits: {waits_for}" if waits_for else ""
    return " ".join(filter(None, [f"{line}.", mailing.reason, waits, advice]))
