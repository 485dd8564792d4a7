"""Show the mailings that are prepared, on their way, or waiting for a person."""

import json

from django.core.management.base import BaseCommand
from django.utils import timezone

from subscribers.mailings import status
from subscribers.models import Mailing
from tips.dates import in_words


class Command(BaseCommand):
    help = "Shows the mailings that are prepared, being sent, paused or held, and how far each is."

    def add_arguments(self, parser):
        parser.add_argument("--all", action="store_true", help="also those that are sent or cancelled")
        parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")

    def handle(self, **options):
        rows = Mailing.objects.select_related("tip").defer("text", "html").order_by("starts_at", "pk")
        if not options["all"]:
            rows = rows.filter(state__in=Mailing.UNFINISHED)
        now = timezone.now()
        found = [(row, status.progress(row, now)) for row in rows]
        if options["json"]:
            self.stdout.write(json.dumps({"mailings": [_as_json(*each) for each in found]}))
            return
        for row, progress in found:
            self.stdout.write(_as_text(row, progress))
        if not found:
            self.stdout.write("No mailing is prepared, being sent, paused or held.")


def _as_json(row, progress):
    return {
        "id": row.pk,
        "kind": row.kind,
        "tip": row.tip.slug,
        "title": row.tip.title,
        "state": row.state,
        "reason": row.reason,
        "trouble": row.trouble,
        "starts_at": row.starts_at.isoformat(),
        "started_at": row.started_at and row.started_at.isoformat(),
        "ended_at": row.ended_at and row.ended_at.isoformat(),
        "audience": row.audience,
        "deliveries": {str(state): count for state, count in progress.states.items()},
        "remaining": progress.remaining,
        "seconds_left": progress.left and round(progress.left.total_seconds()),
    }


def _as_text(row, progress):
    correction = "correction of " if row.kind == Mailing.Kind.CORRECTION else ""
    line = f"{row.pk}: {correction}“{row.tip}”: {row.get_state_display().lower()}"
    if row.started_at is None:
        line += f", begins {in_words(row.starts_at)}"
    else:
        counts = [f"{count} {state.label.lower()}" for state, count in progress.states.items() if count]
        line += f", {progress.percent}% of {row.audience}: {', '.join(counts) or 'nobody'}"
    if progress.left:
        line += f"; {progress.time_left}"
    advice = "Release or cancel it." if row.state == Mailing.State.HELD else ""
    return " ".join(filter(None, [f"{line}.", row.reason, row.trouble, advice]))
