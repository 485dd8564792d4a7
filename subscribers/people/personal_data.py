"""Everything that is held about one person, as plain data: for themselves, and for staff whom they ask."""

import json
from collections.abc import Iterable
from typing import cast

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q
from django.utils import timezone

from desk.log import entries_about
from subscribers.models import Delivery, LinkRequest, Subscriber, Suppression
from subscribers.people import journal
from tips.models import Tip


def _columns(unchanged: str, **renamed: str) -> dict[str, str]:
    """Return {what the file calls it: the column}; ``unchanged`` are the columns that keep their names."""
    return renamed | {column: column for column in unchanged.split()}


# A test holds that no column is left out.
SUBSCRIPTION = _columns(
    "address first_name state source joined_at left_at paused_until",
    number="pk",
    name_in_links="public_id",
    address_as_compared="address_folded",
    scrambled_address="address_hash",
)
CONSENT = _columns(
    "at asked_at wording_version wording page", number="pk", what="kind", coarse_origin="region"
)
_MAIL = _columns(
    "asked_at address",
    number="pk",
    name_in_links="public_id",
    mail="mail_state",
    mail_due_at="due_at",
    mail_begun_at="claimed_at",
    mail_sent_at="mailed_at",
    mail_tries="tries",
    mail_counted="counted",
    mail_interrupted="interrupted",
)
REQUEST = _MAIL | _columns(
    "state first_name wording_version wording page",
    asked_for="kind",
    address_as_compared="address_folded",
    coarse_origin="region",
)
SERVICE_MAIL = _MAIL | {"what": "kind", "delivery_number": "delivery_id"}
# Of a request to move, at what may be another person's address, this is all: what became of the request would
# tell whether that address is a member's.
MOVE = {name: REQUEST[name] for name in ("number", "name_in_links", "asked_at", "address", "asked_for")}
DELIVERY = _columns(
    "state sent_at settled_at first_tried_at tries complained_at",
    number="pk",
    mailing_number="mailing_id",
    tried_again_at="due_at",
    connection="lease_id",
    mail_server_said="reply",
    times_it_was_uncertain="uncertain_count",
    sender_was_blamed_at="blamed_at",
    silenced_the_address="suppressed",
    is_given_a_second_chance="second_chance",
)
BOUNCE_REPORT = _columns(
    "at status words", number="pk", what="kind", came_by="source", silenced_the_address="acted"
)
SUPPRESSION = _columns("reason since evidence", in_the_journal="journaled")

# What of theirs is in none of these tables; said in words, since it leads back to nobody.
ALSO = [
    "Counters that keep our forms from flooding anybody hold a scrambled form of the address, which cannot be"
    " turned back, for a day at most after their window is over.",
    "The program's logs and its background work name people by their numbers above, never by address.",
    "What became of a change of address that was asked for and not made is known to the owner of that address"
    " alone.",
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
    deliveries = subscriber.deliveries.select_related("tip", "mailing__tip")
    held = {
        "about": {
            "site": settings.SITE_NAME,
            "site_url": settings.SITE_URL + "/",
            "made_at": timezone.now(),
            "what_this_is": "Everything that we hold about you. Times are in UTC.",
        },
        "subscription": _record(subscriber, SUBSCRIPTION),
        "consents": _records(subscriber.consents.all(), CONSENT),
        "requests": [
            _record(
                link_request, REQUEST if link_request.address_folded == subscriber.address_folded else MOVE
            )
            for link_request in LinkRequest.objects.filter(about_them).order_by("pk")
        ],
        "service_mails": _records(subscriber.service_mails.order_by("pk"), SERVICE_MAIL),
        "tips_sent": [
            _delivery(delivery) for delivery in deliveries.prefetch_related("bounce_reports").order_by("pk")
        ],
        "suppressions": _records(suppressions, SUPPRESSION),
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


def _record(row: Model, columns: dict[str, str]) -> dict[str, object]:
    return {name: getattr(row, column) for name, column in columns.items()}


def _records(rows: Iterable[Model], columns: dict[str, str]) -> list[dict[str, object]]:
    return [_record(row, columns) for row in rows]


def _delivery(delivery: Delivery) -> dict[str, object]:
    # A constraint of the table: a delivery is of a mailing, or has a tip of its own.
    tip = cast(Tip, delivery.mailing.tip if delivery.mailing else delivery.tip)
    return {
        **_record(delivery, DELIVERY),
        "tip": tip.title,
        "tip_url": settings.SITE_URL + tip.get_absolute_url(),
        "came_as": delivery.mailing.kind if delivery.mailing else "welcome",
        "reports": _records(delivery.bounce_reports.all(), BOUNCE_REPORT),
    }
