"""How many people are on the list: pages ask here, and do not count a long list themselves."""

from django.db import models
from django.db.models import Sum


class SubscriberCountQuerySet(models.QuerySet["SubscriberCount"]):
    def confirmed(self) -> int:
        """Return how many subscribers are confirmed; whether mail may go to each is not asked."""
        return self.aggregate(total=Sum("number", default=0))["total"]

    def named(self, name: str) -> "models.QuerySet[SubscriberCount, tuple[object, ...]]":
        """Return that number in a row with a name, for ``desk.counting.count_each``."""
        rows = self.order_by().values(of=models.Value(name, output_field=models.CharField()))
        return rows.annotate(total=Sum("number")).values_list("of", "total")


class SubscriberCount(models.Model):
    """A part of the number of confirmed subscribers: the whole is the sum of the shards.

    The database's triggers (``subscribers.triggers``) write it, as they do a ``DeliveryCount``.
    """

    # The process of the server that serves the connection, or 0.
    shard = models.BigIntegerField(primary_key=True)
    # A part may be below nothing: who came by one connection left by another.
    number = models.BigIntegerField()

    objects = SubscriberCountQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.number} confirmed subscribers"
