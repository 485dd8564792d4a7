"""Everything that is held about one person, as plain data: for themselves, and for staff whom they ask."""

import json
from collections.abc import Iterable
from typing import cast

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q
from django.utils import timezone

from desk.log import entries_about
from subscribers.models import (
    ContactMessage,
    Delivery,
    LinkRequest,
    Mailing,
    RepeatedRefusal,
    Subscriber,
    Suppression,
)
from subscribers.people import journal, receivers
from tips.models import Tip

# {column: what the file calls it}; other columns keep their names.
NAMES = {
    "id": "number",
    "public_id": "name_in_links",
    "subscriber_id": "subscriber_number",
    "delivery_id": "delivery_number",
    "mailing_id": "mailing_number",
    "tip_id": "tip_number",
    "address_folded": "address_as_compared",
    "address_hash": "scrambled_address",
    "region": "coarse_origin",
    "due_set_at": "due_at_was_written_at",
    "claimed_by": "worker_that_is_sending",
    "counted": "mail_counted",
    "interrupted": "mail_interrupted",
    "lease_id": "connection",
    "reply": "mail_server_said",
    "refusal": "refused_because",
    "uncertain_count": "times_it_was_uncertain",
    "blamed_at": "sender_was_blamed_at",
    "suppressed": "silenced_the_address",
    "acted": "silenced_the_address",
    "second_chance": "is_given_a_second_chance",
    "source": "came_by",
    "journaled": "in_the_journal",
    "state_at": "has_its_state_since",
    "told_at": "staff_were_told_at",
    "points": "points_for_looking_like_spam",
    "reasons": "why_it_has_points",
}
# Of a request to move, at what may be another person's address, this is all: what became of the request would
# tell whether that address is a member's.
_OF_A_MOVE = ("id", "public_id", "asked_at", "address", "kind")
# Which of the staff decided is not said.
_OF_REPEATED_REFUSALS = ("id", "delivery_id", "at", "evidence", "state", "decided_at")

# What of theirs is in none of these tables; said in words, since it leads back to nobody.
ALSO = [
    "Counters of our forms hold the address, scrambled for good, until a day after their window at most.",
    "The program's logs and its background work name people by their numbers above, never by address.",
    "What became of a change of address that was not made is known to the owner of that address alone.",
    "A list of addresses that staff bring over lies in a file until it is done, and for a day at most.",
    "Backups of the database hold copies of all this until they are replaced by newer ones.",
]


def as_json(subscriber: Subscriber) -> str:
    """Return all that is held about a subscriber, whether they left or not, as the text of one JSON file.

    Keys are for reading; moments and dates are ISO 8601, moments with their offset from UTC. Whoever shows
    the file to anybody writes down that they did.
    """
    about_them = Q(address_folded=subscriber.address_folded) | Q(subscriber=subscriber)
    suppressions = Suppression.objects.filter(address_hash=subscriber.address_hash).order_by("since")
    deliveries = subscriber.deliveries.select_related("tip", "mailing__tip").prefetch_related(
        "bounce_reports"
    )
    held = {
        "about": {
            "site": settings.SITE_NAME,
            "site_url": settings.SITE_URL + "/",
            "made_at": timezone.now(),
            "what_this_is": "Everything that we hold about you. Times are in UTC.",
        },
        "subscription": _record(subscriber),
        "consents": _records(subscriber.consents.all()),
        "requests": [
            _record(asked, None if asked.address_folded == subscriber.address_folded else _OF_A_MOVE)
            for asked in LinkRequest.objects.filter(about_them).order_by("pk")
        ],
        "messages": _records(
            ContactMessage.objects.filter(address_folded=subscriber.address_folded).order_by("pk")
        ),
        "service_mails": _records(subscriber.service_mails.order_by("pk")),
        "tips_sent": [_delivery(delivery) for delivery in deliveries.order_by("pk")],
        # Of these, no more is kept.
        "tips_sent_long_ago": _sent_long_ago(subscriber),
        "suppressions": _records(suppressions),
        "refused_again_and_again": [
            _record(refusal, _OF_REPEATED_REFUSALS)
            for refusal in RepeatedRefusal.objects.filter(subscriber=subscriber)
        ],
        # "moved" has two addresses.
        "journal": [entry for entry in journal.entries() if subscriber.address_hash in entry.values()],
        # What staff did with their data, and when they looked at it; not which of the staff.
        "staff_log": [
            {"at": entry.action_time, "what": entry.get_change_message() or entry.get_action_flag_display()}
            for entry in entries_about(subscriber).order_by("pk")
        ],
        "also": ALSO,
    }
    return json.dumps(held, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False) + "\n"


def _record(row: Model, columns: Iterable[str] | None = None) -> dict[str, object]:
    """Return a row by the names of its columns: all of them, unless ``columns`` says which."""
    columns = columns or [field.attname for field in row._meta.concrete_fields]
    return {NAMES.get(column, column): getattr(row, column) for column in columns}


def _records(rows: Iterable[Model]) -> list[dict[str, object]]:
    return [_record(row) for row in rows]


def _sent_long_ago(subscriber: Subscriber) -> list[dict[str, object]]:
    """Return what came to a subscriber by mailings whose deliveries were condensed."""
    mailings = Mailing.objects.filter(pk__in=receivers.mailings_of(subscriber.pk)).select_related("tip")
    return [
        {"mailing_number": each.pk, "began_at": each.started_at, "came_as": each.kind, **_tip(each.tip)}
        for each in mailings.defer("text", "html", "note", "tip__body").order_by("pk")
    ]


def _tip(tip: Tip) -> dict[str, object]:
    return {"tip": tip.title, "tip_url": settings.SITE_URL + tip.get_absolute_url()}


def _delivery(delivery: Delivery) -> dict[str, object]:
    # A constraint of the table: a delivery is of a mailing, or has a tip of its own.
    tip = cast(Tip, delivery.mailing.tip if delivery.mailing else delivery.tip)
    return {
        **_record(delivery),
        **_tip(tip),
        "came_as": delivery.mailing.kind if delivery.mailing else "welcome",
        "reports": _records(delivery.bounce_reports.all()),
    }
