"""How many deliveries of a mailing there are of each kind: pages ask here, and count nothing themselves."""

from collections import Counter
from collections.abc import Iterable

from django.db import models
from django.db.models import CompositePrimaryKey, Sum


class DeliveryCountQuerySet(models.QuerySet["DeliveryCount"]):
    def of(self, mailings: Iterable[int]) -> dict[int, Counter[str]]:
        """Return {primary key of a mailing: {kind: how many}} of some mailings, in one query."""
        counts: dict[int, Counter[str]] = {pk: Counter() for pk in mailings}
        rows = self.filter(mailing__in=list(counts)).order_by().values_list("mailing", "kind")
        for pk, kind, number in rows.annotate(Sum("number")):
            counts[pk][kind] = number
        return counts


class DeliveryCount(models.Model):
    """A part of a count: the whole is the sum over the shards of a mailing and a kind.

    The database's triggers (``subscribers.triggers``) write it, in the transaction that changes a delivery,
    whoever does that. On PostgreSQL each connection has a shard of its own, so that none waits for another.
    Those queued or being sent are not counted: they are the rest of ``Mailing.audience``, and a claim then
    changes no count.
    """

    # The other kinds are the values of Delivery.State, but for the two that are not counted.
    # Those uncertain that wait for a person, which are not counted as uncertain.
    HELD = "held"
    # Besides its state.
    COMPLAINED = "complained"
    # The shard of those whose rows were condensed: what it counts is in no table any more.
    CONDENSED = -1

    pk = CompositePrimaryKey("mailing", "kind", "shard")
    # No mailing is ever deleted, and a check would lock its row.
    mailing = models.ForeignKey(
        "Mailing", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=10)
    # The process of the server that serves the connection, 0, or CONDENSED.
    shard = models.BigIntegerField()
    # A part may be below nothing: who was refused by one connection came back by another.
    number = models.BigIntegerField()

    objects = DeliveryCountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.number} {self.kind} of mailing {self.mailing_id}"
