"""Erasing a person: from which places, and what remains.

What remains is a keyed hash that keeps the address silent, the counts of mailings, and a receipt; none of
them names anybody.
"""

import json
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django_tasks_db.models import DBTaskResult

from subscribers.models import (
    BounceReport,
    ContactMessage,
    Delivery,
    Erasure,
    LinkRequest,
    ServiceMail,
    Subscriber,
    Suppression,
)
from subscribers.people import receivers, suppressions


def erase(subscriber: Subscriber) -> Erasure:
    """Delete a subscriber from every place, keep their address silent, and return the receipt.

    All of it happens or nothing; the journal has it before. It is safe to repeat: a second time finds
    nothing, and its receipt says so.
    """
    with transaction.atomic():
        present = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
        person = present or subscriber
        suppressions.suppress(person.address_hash, Suppression.Reason.ERASED, "erased on request")
        # A person's own row goes last; and service mails before deliveries, as others lock them, too.
        places = {place: PLACES[place][1](person) for place in reversed(PLACES)}
        was_confirmed = present is not None and present.state == Subscriber.State.CONFIRMED
        receipt = Erasure.objects.create(was_confirmed=was_confirmed, places=places)
        transaction.on_commit(wipe, robust=True)
    return receipt


def described(receipt: Erasure) -> list[tuple[str, int]]:
    """Return (its name, in words for readers; how many were deleted) for each place of a receipt."""
    return [(words, receipt.places[place]) for place, (words, _) in PLACES.items() if place in receipt.places]


def wipe() -> None:
    """Let no deleted byte linger in SQLite's write-ahead log, as far as that is possible just now.

    In the database file itself SQLite overwrites what is deleted (``secure_delete``, in the settings). The
    log keeps older pages until it is emptied, which waits for whoever reads. Safe to run at any time: within
    a transaction, where SQLite refuses it, and on a database that looks after itself, it does nothing.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        # For so many milliseconds, emptying the log may hold up who writes.
        cursor.execute("PRAGMA busy_timeout = 1000")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience}")


def _deleted(rows: QuerySet[Model]) -> int:
    """Delete rows, and return how many they were, without what went along with them."""
    return rows.delete()[1].get(rows.model._meta.label, 0)


def _service_mails(person: Subscriber) -> int:
    # A service mail to an address that somebody moved away from is theirs who has that address now.
    elsewhere = ServiceMail.objects.exclude(address="").exclude(subscriber=person.pk)
    keys = [mail.pk for mail in elsewhere if mail.address_folded == person.address_folded]
    return _deleted(ServiceMail.objects.filter(Q(subscriber=person.pk) | Q(pk__in=keys)))


def _requests(person: Subscriber) -> int:
    theirs = Q(address_folded=person.address_folded) | Q(subscriber=person.pk)
    return _deleted(LinkRequest.objects.filter(theirs))


def _deliveries(person: Subscriber) -> int:
    theirs = Delivery.objects.filter(subscriber=person.pk)
    unsent = theirs.filter(state__in=[Delivery.State.QUEUED, Delivery.State.DEFERRED])
    # A delivery that is due at some moment would keep its mailing from ever being sent.
    unsent.update(state=Delivery.State.SKIPPED, due_at=None, reply="erased")
    # Rows before sets, as ``delivery.condensing`` locks them.
    return theirs.update(subscriber=None) + (receivers.forget(person.pk) if person.pk else 0)


def _reports(person: Subscriber) -> int:
    # No address stands in them, but other servers have many ways to name people.
    theirs = BounceReport.objects.filter(delivery__subscriber=person.pk)
    # In the order in which ``delivery.condensing`` locks them.
    list(theirs.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    return theirs.exclude(words="").update(words="")


def _consents(person: Subscriber) -> int:
    return _deleted(person.consents.all()) if person.pk else 0


def _subscription(person: Subscriber) -> int:
    return _deleted(Subscriber.objects.filter(pk=person.pk))


def _messages(person: Subscriber) -> int:
    return _deleted(ContactMessage.objects.filter(address_folded=person.address_folded))


def _suppression_evidence(person: Subscriber) -> int:
    theirs = Suppression.objects.filter(_mentions(person, "evidence"), address_hash=person.address_hash)
    return theirs.update(evidence="")


def _tasks(person: Subscriber) -> int:
    texts = {"arguments": Cast("args_kwargs", TextField()), "result": Cast("return_value", TextField())}
    results = DBTaskResult.objects.annotate(**texts)
    return _deleted(results.filter(_mentions(person, *texts, "traceback")))


def _admin_log(person: Subscriber) -> int:
    about = Q(content_type=ContentType.objects.get_for_model(Subscriber), object_id=str(person.pk))
    mention = _mentions(person, "object_repr", "change_message")
    return _deleted(LogEntry.objects.filter(about | mention))


def _lock_outs(person: Subscriber) -> int:
    typed = _mentions(person, "username", "path_info")
    attempts = AccessAttempt.objects.filter(typed | _mentions(person, "get_data", "post_data"))
    logged = [model.objects.filter(typed) for model in (AccessFailureLog, AccessLog)]
    return sum(map(_deleted, [attempts, *logged]))


def _sessions(person: Subscriber) -> int:
    # The database cannot be asked what a session holds; only staff have one.
    as_text = partial(json.dumps, default=str, ensure_ascii=False)
    folded, sessions = person.address_folded, Session.objects.iterator()
    keys = [session.pk for session in sessions if folded in as_text(session.get_decoded()).casefold()]
    return _deleted(Session.objects.filter(pk__in=keys))


def _mentions(person: Subscriber, *columns: str) -> Q:
    """Return the condition that a column of text holds the address, in any spelling that may be stored.

    An address that ends with theirs counts too: a row too many, rather than a row too few.
    """
    spellings = {person.address, json.dumps(person.address)[1:-1], quote(person.address)}
    mentions = [(f"{column}__icontains", spelling) for column in columns for spelling in spellings]
    return Q(*mentions, _connector=Q.OR)


# {place: (what a receipt calls it, the function that deletes there and returns how much)}, as readers see it.
PLACES: dict[str, tuple[str, Callable[[Subscriber], int]]] = {
    "subscription": ("Your subscription: address, first name, dates", _subscription),
    "consents": ("The record of what you agreed to", _consents),
    "deliveries": ("Your name on the list of tips that were sent", _deliveries),
    "reports": ("What other mail servers said about mail to you", _reports),
    "service_mails": ("Service mails to you, such as the welcome", _service_mails),
    "requests": ("What was typed into our forms for your address", _requests),
    "messages": ("What you wrote to us by the contact form", _messages),
    "suppression": ("Notes on why your address gets nothing", _suppression_evidence),
    "tasks": ("Background work: its arguments, results and errors", _tasks),
    "admin_log": ("The log of what staff did", _admin_log),
    "lock_outs": ("Failed attempts to sign in", _lock_outs),
    "sessions": ("Sessions", _sessions),
    "search": ("The search, in which no reader ever stands", lambda person: 0),
    "logs": ("The program’s logs, which note no address", lambda person: 0),
}
