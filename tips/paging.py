"""Numbered pages of a long list, each as cheap as the first.

A page is found in an index alone, from whichever end of the list is nearer; only its ten tips are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404

from tips.models import Tip, newest_first, oldest_first
from tips.models.published import PublishedQuerySet

PER_PAGE = 10


@dataclass(frozen=True)
class Page:
    """One page of a list: its tips, its number, the number of the last page and of all tips."""

    tips: list[Tip]
    number: int
    last: int
    total: int

    @property
    def previous(self) -> int | None:
        """The number of the page before, or None."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The number of the page after, or None."""
        return self.number + 1 if self.number < self.last else None

    @property
    def numbers(self) -> list[int | None]:
        """The page numbers to offer: the ends, the neighbours, and None for each gap between."""
        numbered = Paginator(range(self.last), 1)
        numbers = numbered.get_elided_page_range(self.number, on_each_side=1, on_ends=1)
        return [number if isinstance(number, int) else None for number in numbers]


def last_page(total: int) -> int:
    """Return the number of the last page of so many tips; an empty list has one page."""
    return max(1, -(-total // PER_PAGE))


# Of tips, or of a model that places tips in lists: the stubs cannot name what both have.
def page(placements: PublishedQuerySet[Any], number: int, total: int | None = None) -> Page:
    """Return a page of the published tips in a list, newest first.

    ``placements`` is a queryset of tips, or of a model that places tips in lists; ``total`` how many of them
    are published, where that is known. Raises Http404 where there is no such page.
    """
    tip_id = placements.model.TIP_ID
    placements = placements.published()
    total = placements.count() if total is None else total
    last = last_page(total)
    if not 1 <= number <= last:
        raise Http404("There is no such page.")
    start, stop = (number - 1) * PER_PAGE, min(number * PER_PAGE, total)
    if start <= total // 2:
        ids = list(placements.order_by(newest_first(), tip_id).values_list(tip_id, flat=True)[start:stop])
    else:
        # Backwards from the end: the same order, read in the other direction.
        backwards = placements.order_by(oldest_first(), f"-{tip_id}").values_list(tip_id, flat=True)
        ids = list(backwards[total - stop : total - start])[::-1]
    return Page(tips=in_order(ids), number=number, last=last, total=total)


def in_order(ids: Sequence[int], texts: bool = False) -> list[Tip]:
    """Return the published tips of these ids, in their order; ``texts`` says whether with their bodies.

    They are asked for by their ids alone: with the rule beside them, a database without statistics reads
    the whole archive for ten rows.
    """
    tips = (Tip.objects.defer(*Tip.COMPUTED) if texts else Tip.objects.for_lists()).in_bulk(ids)
    return [tips[pk] for pk in ids if pk in tips and tips[pk].is_published]
