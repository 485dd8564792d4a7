"""One delivery at a time: may it still go, and what came of it.

What is asked for each message is written in SQL, in one statement where the database can: it is most of
what a delivery costs beside its transport.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from subscribers import addresses
from subscribers.delivery import claims, repeated_refusals
from subscribers.delivery.verdicts import Answer, Verdict
from subscribers.models import Delivery, Mailing, Subscriber, Suppression
from subscribers.people import suppressions
from tips import dates

EXPIRES_AFTER = timedelta(hours=24)
# However late it is by the clock, which may have been set forward, or by a worker that was off for a day.
FEWEST_TRIES = 10

# By primary keys alone, and judged here: no plan of any database then reads through the list.
_PERSON = """
SELECT d.lease_id, d.state, m.state, s.state, s.paused_until,
(SELECT x.reason FROM subscribers_suppression x WHERE x.address_hash = s.address_hash LIMIT 1),
s.address, s.public_id,
m.tip_moment IS NULL OR (t.state = 'approved' AND t.for_mail AND t.publish_at = m.tip_moment)
FROM subscribers_delivery d JOIN subscribers_mailing m ON m.id = d.mailing_id
JOIN tips_tip t ON t.id = m.tip_id
LEFT JOIN subscribers_subscriber s ON s.id = d.subscriber_id WHERE d.id = %s
"""
# A sender that was taken for dead, and is not, may still say how the delivery in its hands went.
_SENT = """
UPDATE subscribers_delivery SET state = 'sent', sent_at = %s, settled_at = %s, reply = '', due_at = NULL,
tries = tries + 1 WHERE id = %s AND lease_id = %s AND state IN ('sending', 'uncertain')
"""
_SENT_THEN_PERSON = f"WITH settled AS ({_SENT.strip()}) {_PERSON.strip()}"
# To plan the statement anew would cost as much as to run it.
_PREPARE = "PREPARE tips_sent (timestamptz, timestamptz, bigint, bigint, bigint) AS " + _SENT_THEN_PERSON % (
    ("$1", "$2", "$3", "$4", "$5")
)
_EXECUTE = "EXECUTE tips_sent (%s, %s, %s, %s, %s)"
# As the driver itself writes parameters.
_SENT_ON_SQLITE, _PERSON_ON_SQLITE = _SENT.replace("%s", "?"), _PERSON.replace("%s", "?")
# SQLite has one writer at a time, and who finds it taken sleeps: threads of one process can do better.
_one_writer = threading.Lock()
# What _PERSON selects.
_Row = tuple[int | None, str, str | None, str | None, object, str | None, str, str, int | None] | None


@dataclass(frozen=True)
class Ready:
    """Whether a claimed delivery may go: then ``address`` and ``public_id`` say to whom.

    Otherwise ``reason`` says in a word why this one is skipped; without a reason all of the claim must wait.
    ``is_taken_back`` says that the tip is not to be mailed any more as it was frozen, to anybody.
    """

    address: str = ""
    public_id: str = ""
    reason: str = ""
    is_taken_back: bool = False

    def __bool__(self) -> bool:
        return bool(self.address)


class Ledger:
    """The ledger as one sender sees it, in the database connection of the thread that made it."""

    def __init__(self, lease_id: int) -> None:
        self.lease_id = lease_id
        self._db = connections[DEFAULT_DB_ALIAS]
        self._is_postgresql = self._db.vendor == "postgresql"
        # With a pool between us and the server, no session is ours to prepare anything in.
        self._has_session = not self._db.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
        # What the driver has, past Django's layers: its connection and a cursor.
        self._session: object = None
        self._cursor: Any = None

    def ready(self, pk: int) -> Ready:
        """Return whether a delivery may go now, a Ready."""
        with connection.cursor() as cursor:
            cursor.execute(_PERSON, [pk])
            return self._judged(cursor.fetchone())

    def addresses(self, pks: Sequence[int]) -> dict[int, str]:
        """Return {delivery: address} as these are now; nobody may be sent anything by that alone."""
        people = Delivery.objects.filter(pk__in=pks, subscriber__isnull=False)
        return dict(people.values_list("pk", "subscriber__address"))

    def sent(self, pk: int, following: int | None = None) -> Ready | None:
        """Settle a delivery as sent; return what ``ready`` does for the ``following`` one, if there is one.

        Safe to repeat where the answer of the database was lost.
        """
        now = self._db.ops.adapt_datetimefield_value(timezone.now())
        settled = [now, now, pk, self.lease_id]
        if not self._is_postgresql:
            with _one_writer:
                self._execute(_SENT_ON_SQLITE, settled)
            return None if following is None else self._judged(self._execute(_PERSON_ON_SQLITE, [following]))
        if self._has_session and following is not None:
            return self._judged(self._execute(_EXECUTE, [*settled, following]))
        with connection.cursor() as cursor:
            cursor.execute(_SENT, settled)
        return None if following is None else self.ready(following)

    def _execute(self, statement: str, parameters: Sequence[object]) -> _Row:
        """Run a statement past Django's layers, which would double its cost; return its row, if it has one.

        Of PostgreSQL, what is prepared is there for it.
        """
        self._db.ensure_connection()
        with self._db.wrap_database_errors:
            if self._cursor is None or self._session is not self._db.connection:
                self._session = self._db.connection
                self._cursor = self._db.connection.cursor()
                if self._is_postgresql:
                    self._prepare()
            self._cursor.execute(statement, parameters)
            # All that there is: SQLite goes on reading until then, and another's write would stand in ours.
            rows = self._cursor.fetchall()
            return rows[0] if rows else None

    def _prepare(self) -> None:
        self._cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = 'tips_sent'")
        if self._cursor.fetchone() is None:
            self._cursor.execute(_PREPARE)

    def _judged(self, row: _Row) -> Ready:
        if row is None:
            return Ready()
        lease_id, state, mailing, person, paused_until, suppression, address, public_id, is_as_frozen = row
        if lease_id != self.lease_id or state != Delivery.State.SENDING or mailing != Mailing.State.SENDING:
            return Ready()
        # Null where the tip has no moment any more.
        if not is_as_frozen:
            return Ready(is_taken_back=True)
        if person != Subscriber.State.CONFIRMED:
            return Ready(reason=person or "erased")
        if suppression is not None:
            return Ready(reason=suppression)
        # A date, or on SQLite its text.
        if paused_until is not None and str(paused_until) > timezone.localdate().isoformat():
            return Ready(reason="paused")
        return Ready(address, public_id)

    def settle(self, pk: int, answer: Answer, address: str) -> None:
        """Settle a delivery by an Answer that is neither SENT nor the sender's own fault."""
        now = timezone.now()
        with transaction.atomic():
            # Before the delivery, as whoever erases a person takes them: a refusal may be noted beside them.
            person = Subscriber.objects.select_for_update(of=("self",), no_key=True)
            list(person.filter(deliveries=pk).values_list("pk"))
            mine = Delivery.objects.filter(
                pk=pk, lease_id=self.lease_id, state__in=[Delivery.State.SENDING, Delivery.State.UNCERTAIN]
            )
            delivery = mine.select_for_update().first()
            if delivery is None:
                return
            if answer.verdict is Verdict.UNCERTAIN:
                claims.mark_uncertain(delivery, now, answer.reply)
                return
            delivery.reply = answer.reply
            delivery.tries += 1
            first_tried_at = delivery.first_tried_at or now
            is_young = now < first_tried_at + EXPIRES_AFTER or delivery.tries < FEWEST_TRIES
            if answer.verdict is Verdict.LATER and is_young:
                delivery.state, delivery.first_tried_at = Delivery.State.DEFERRED, first_tried_at
                delivery.due_at, delivery.due_set_at = now + claims.pause_after(delivery.tries), now
            else:
                delivery.state, delivery.settled_at, delivery.due_at = Delivery.State.REFUSED, now, None
                if answer.verdict is Verdict.LATER:
                    delivery.refusal = Delivery.Refusal.EXPIRED
                    delivery.reply = f"expired, {answer.reply}".removesuffix(", ")[:60]
                elif answer.judged is not None:
                    delivery.refusal = answer.judged.refusal
                if answer.verdict is Verdict.GONE:
                    evidence = f"{answer.reply} on {dates.dated(now)}"
                    address_hash, reason = addresses.keyed_hash(address), Suppression.Reason.BOUNCED
                    delivery.suppressed = suppressions.suppress(address_hash, reason, evidence)
            delivery.save()
            if delivery.state == Delivery.State.REFUSED:
                repeated_refusals.note(delivery)

    def blame(self, pk: int, answer: Answer) -> bool:
        """Put off a delivery for whose sake the server blamed the sender; return whether that is new of it.

        It may be one mailbox that takes nothing from us; ``circuit_breaker.blamed`` says whether it is more.
        """
        is_new = bool(self._mine(pk).filter(blamed_at=None).update(blamed_at=timezone.now()))
        self.settle(pk, Answer(Verdict.LATER, answer.stage, answer.reply), "")
        return is_new

    def skip(self, pk: int, reason: str) -> None:
        """Note that a delivery is not sent, and why, in a word."""
        self._mine(pk).update(state=Delivery.State.SKIPPED, reply=reason, due_at=None)

    def _mine(self, pk: int) -> QuerySet[Delivery]:
        return Delivery.objects.filter(pk=pk, lease_id=self.lease_id, state=Delivery.State.SENDING)
