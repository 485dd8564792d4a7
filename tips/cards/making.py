"""The verbs over cards: draw those that are due, and clear away what nobody needs.

A card is due while the row of an approved tip is not of the words that the tip has now, whatever wrote them.
So nothing has to tell of a change, and what a killed worker left undone is due still. The file is there
before the row: a row always leads to a picture that is whole.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import MD5, Concat

from tips.cards import drawing
from tips.models import Card, Tip, TipState
from tips.storage import names

# In each minute cards are drawn for so many seconds at most: the worker has other things to do.
SECONDS = 5.0
_MOST = 100
# A file without a row may be one whose row is about to be written.
_KEEP = timedelta(days=1)

_logger = logging.getLogger(__name__)


def draw_due(now: datetime) -> int:
    """Draw the cards that are due, the newest tips first, for at most SECONDS; return how many.

    Raises OSError where the pictures cannot be stored; those that were are kept.
    """
    ends_at = time.monotonic() + SECONDS
    drawn: list[Card] = []
    try:
        for due in _due():
            drawn.append(Card(tip_id=due.tip_id, drawn_of=due.digest, name=_stored(due.draw)))
            if time.monotonic() > ends_at:
                break
    finally:
        # At once, since with them all readers' pages are built anew.
        with transaction.atomic():
            Card.objects.bulk_create(
                drawn, update_conflicts=True, unique_fields=["tip_id"], update_fields=["drawn_of", "name"]
            )
    return len(drawn)


class _Due(NamedTuple):
    """A card that is to be drawn: of which tip, by what, and the digest of what it is drawn of."""

    tip_id: int
    draw: Callable[[], bytes | None]
    digest: str


def _due() -> Iterator[_Due]:
    site = settings.SITE_NAME
    begin = f"{drawing.DESIGN}\n{site}\n"
    own = hashlib.md5(begin.encode(), usedforsecurity=False).hexdigest()
    if not Card.objects.filter(tip_id=Card.OF_SITE, drawn_of=own).exists():
        yield _Due(Card.OF_SITE, partial(drawing.site_card, site), own)
    words = Concat(Value(begin), "title", Value("\n"), "takeaway", output_field=TextField())
    tips = Tip.objects.filter(state=TipState.APPROVED).annotate(digest=MD5(words))
    is_drawn = Exists(Card.objects.filter(tip_id=OuterRef("pk"), drawn_of=OuterRef("digest")))
    for tip in tips.exclude(is_drawn).newest_first().only("title", "takeaway")[:_MOST]:
        yield _Due(tip.pk, partial(drawing.tip_card, tip.title, tip.takeaway, site), vars(tip)["digest"])


def _stored(draw: Callable[[], bytes | None]) -> str:
    """Draw a card and store it; return the name of its file, "" where there is none.

    A card that cannot be drawn keeps no other waiting: the log tells of it.
    """
    try:
        content = draw()
    except Exception:
        _logger.exception("A card cannot be drawn; the site's own card stands in for it.")
        return ""
    if content is None:
        return ""
    name = f"{Card.FOLDER}/{hashlib.sha256(content).hexdigest()}.png"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))
    return name


def clear_away(now: datetime) -> None:
    """Delete rows of tips that are no more or whose file is lost, and files of a day ago without a row.

    What is still needed of these is due again.
    """
    files = set(names.every(Card.FOLDER))
    rows = Card.objects.exclude(tip_id=Card.OF_SITE)
    rows.exclude(Exists(Tip.objects.filter(pk=OuterRef("tip_id")))).delete()
    kept = set(Card.objects.exclude(name="").values_list("name", flat=True))
    Card.objects.filter(name__in=kept - files).delete()
    for name in files - kept:
        if default_storage.get_modified_time(name) < now - _KEEP:
            default_storage.delete(name)
