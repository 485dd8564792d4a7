"""Everything that is held about one person, as plain data: for themselves, and for staff whom they ask."""

import json

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils import timezone

from desk.log import entries_about
from subscribers.models import Delivery, LinkRequest, Suppression
from subscribers.people import journal

# {what the file calls it: the column}. A test holds that no column is left out.
SUBSCRIPTION = {
    "number": "pk",
    "name_in_links": "public_id",
    "address": "address",
    "address_as_compared": "address_folded",
    "scrambled_address": "address_hash",
    "first_name": "first_name",
    "state": "state",
    "source": "source",
    "joined_at": "joined_at",
    "left_at": "left_at",
    "paused_until": "paused_until",
}
CONSENT = {
    "number": "pk",
    "what": "kind",
    "at": "at",
    "asked_at": "asked_at",
    "wording_version": "wording_version",
    "wording": "wording",
    "page": "page",
    "coarse_origin": "region",
}
_MAIL = {
    "number": "pk",
    "name_in_links": "public_id",
    "mail": "mail_state",
    "mail_due_at": "due_at",
    "mail_begun_at": "claimed_at",
    "mail_sent_at": "mailed_at",
    "mail_tries": "tries",
    "mail_counted": "counted",
    "mail_interrupted": "interrupted",
    "asked_at": "asked_at",
    "address": "address",
}
REQUEST = {
    **_MAIL,
    "wish": "kind",
    "state": "state",
    "address_as_compared": "address_folded",
    "first_name": "first_name",
    "wording_version": "wording_version",
    "wording": "wording",
    "page": "page",
    "coarse_origin": "region",
}
SERVICE_MAIL = {**_MAIL, "what": "kind", "delivery_number": "delivery_id"}
# Of a request to move, at what may be another person's address, this is all: what became of it would tell
# whether that address is a member's.
MOVE = {name: REQUEST[name] for name in ("number", "name_in_links", "asked_at", "address", "wish")}
DELIVERY = {
    "number": "pk",
    "state": "state",
    "sent_at": "sent_at",
    "settled_at": "settled_at",
    "first_tried_at": "first_tried_at",
    "tried_again_at": "due_at",
    "tries": "tries",
    "connection": "lease_id",
    "mail_server_said": "reply",
    "times_it_was_uncertain": "uncertain_count",
    "sender_was_blamed_at": "blamed_at",
    "silenced_the_address": "suppressed",
    "is_given_a_second_chance": "second_chance",
    "complained_at": "complained_at",
}
# What mail servers reported of their mails.
BOUNCE_REPORT = {
    "number": "pk",
    "what": "kind",
    "at": "at",
    "came_by": "source",
    "status": "status",
    "words": "words",
    "silenced_the_address": "acted",
}
SUPPRESSION = {"reason": "reason", "since": "since", "evidence": "evidence", "in_the_journal": "journaled"}

# What of theirs is in none of the tables above; said in words, since nobody can be found by it.
ALSO = [
    "Counters that keep our forms from flooding anybody hold a scrambled form of the address, which cannot be"
    " turned back, for a day at most after their window is over.",
    "The program's logs and its background work name people by their numbers above, never by address.",
    "What became of a change of address that was asked for and not made is known to the owner of that address"
    " alone.",
    "A list of addresses that staff bring over lies in a file until it is done, and for a day at most.",
    "Backups of the database hold copies of all this until they are replaced by newer ones.",
]


def of(subscriber):
    """Return all that is held about a subscriber, whether they left or not, as a dict ready for JSON.

    Keys are for reading; moments and dates are ISO 8601, moments with their offset from UTC. Whoever shows
    it to anybody writes down that they did.
    """
    about_them = Q(address_folded=subscriber.address_folded) | Q(subscriber=subscriber)
    requests = list(LinkRequest.objects.filter(about_them).order_by("pk"))
    known = [
        link_request for link_request in requests if link_request.address_folded == subscriber.address_folded
    ]
    data = {
        "about": {
            "site": settings.SITE_NAME,
            "site_address": settings.SITE_URL + "/",
            "made_at": timezone.now(),
            "what_this_is": "Everything that we hold about you. Times are in UTC.",
        },
        "subscription": _record(subscriber, SUBSCRIPTION),
        "consents": [_record(event, CONSENT) for event in subscriber.consents.all()],
        "requests": [
            _record(link_request, REQUEST if link_request in known else MOVE) for link_request in requests
        ],
        "letters": [
            _record(service_mail, SERVICE_MAIL) for service_mail in subscriber.service_mails.order_by("pk")
        ],
        "tips_sent": [_delivery(row) for row in _deliveries(subscriber)],
        "suppressions": _suppressions(subscriber),
        # "moved" has two addresses.
        "journal": [entry for entry in journal.entries() if subscriber.address_hash in entry.values()],
        "staff_log": _staff_log(subscriber),
        "also": ALSO,
    }
    return json.loads(json.dumps(data, cls=DjangoJSONEncoder))


def as_json(subscriber):
    """Return the same as the text of one JSON file."""
    return json.dumps(of(subscriber), indent=2, ensure_ascii=False) + "\n"


def _record(row, columns):
    return {name: getattr(row, column) for name, column in columns.items()}


def _deliveries(subscriber):
    rows = Delivery.objects.filter(subscriber=subscriber)
    return rows.select_related("tip", "mailing__tip").prefetch_related("bounce_reports").order_by("pk")


def _delivery(row):
    tip = row.tip or row.mailing.tip
    return {
        **_record(row, DELIVERY),
        "tip": tip.title,
        "tip_address": settings.SITE_URL + tip.get_absolute_url(),
        "came_as": row.mailing.kind if row.mailing else "welcome",
        "mailing_number": row.mailing_id,
        "reports": [_record(each, BOUNCE_REPORT) for each in row.bounce_reports.all()],
    }


def _suppressions(subscriber):
    rows = Suppression.objects.filter(address_hash=subscriber.address_hash).order_by("since")
    return [_record(row, SUPPRESSION) for row in rows]


def _staff_log(subscriber):
    """Return what staff did with, and when they looked at, this person's data; not which of them."""
    return [
        {"at": entry.action_time, "what": entry.get_change_message() or entry.get_action_flag_display()}
        for entry in entries_about(subscriber).order_by("pk")
    ]
