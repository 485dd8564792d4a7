"""Who got a mailing whose deliveries were condensed: the rows of a finished mailing become one exact set."""

import zlib
from collections.abc import Iterable, Iterator

from django.db import models
from django.db.models import CompositePrimaryKey

# Subscribers' ids in one part of a set; a part without compression has a bit for each.
PART = 2**16


class Receivers(models.Model):
    """A part of the set of a mailing's receivers: those whose id divided by PART is ``part``.

    ``bits`` is a bitmap, compressed by zlib: bit ``id % PART``, the lowest of a byte first.
    ``subscribers.people.receivers`` asks and changes the sets.
    """

    # By its part first: what one person got is found by that.
    pk = CompositePrimaryKey("part", "mailing")
    part = models.BigIntegerField()
    mailing = models.ForeignKey("Mailing", on_delete=models.CASCADE, related_name="receivers")
    bits = models.BinaryField()

    class Meta:
        verbose_name_plural = "receivers"

    def __str__(self) -> str:
        return f"Receivers {self.part} of mailing {self.mailing_id}"

    def has(self, subscriber: int) -> bool:
        """Tell whether a subscriber's id, which belongs into this part, is in the set."""
        place = subscriber % PART
        return bool(zlib.decompress(self.bits)[place // 8] & 1 << place % 8)

    def ids(self) -> Iterator[int]:
        """Yield the ids in this part, in order."""
        first = self.part * PART
        for number, byte in enumerate(zlib.decompress(self.bits)):
            if byte:
                place = first + number * 8
                yield from (place + bit for bit in range(8) if byte & 1 << bit)

    def change(self, subscribers: Iterable[int], *, is_in: bool) -> None:
        """Put ids into this part, or take them out; the row is to be saved."""
        bitmap = bytearray(zlib.decompress(self.bits) if self.bits else PART // 8)
        for subscriber in subscribers:
            place = subscriber % PART
            if is_in:
                bitmap[place // 8] |= 1 << place % 8
            else:
                bitmap[place // 8] &= ~(1 << place % 8)
        self.bits = zlib.compress(bitmap)
