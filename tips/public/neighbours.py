"""The tips before and after a tip, in the order of every list."""

from django.db import connection
from django.utils import timezone

from tips.models import Tip, TipState

# Of each side the first row in an index, in one statement: two queries of Django's own take longer to compile
# than all of a tip's page takes otherwise.
_SIDE = (
    "SELECT * FROM (SELECT {side} AS side, id, title, slug FROM tips_tip"
    " WHERE state = %s AND {condition} ORDER BY {order} LIMIT 1) {name}"
)


def of(tip: Tip) -> tuple[Tip | None, Tip | None]:
    """Return the published tips (before, after) this one in a list: the next newer, the next older.

    Either is None at an end. An undated tip's neighbours are undated ones. Only title and slug are read.
    """
    sides: list[tuple[str, str, list[object]]]
    if tip.publish_at is None:
        sides = [
            ("publish_at IS NULL AND id < %s", "id DESC", [tip.pk]),
            ("publish_at IS NULL AND id > %s", "id", [tip.pk]),
        ]
    else:
        adapted = connection.ops.adapt_datetimefield_value
        at, now = adapted(tip.publish_at), adapted(timezone.now())
        # Two tips of one moment stand in the order of their ids. Nulls stand where the index has them.
        bounds = "publish_at {} %s AND publish_at <= %s AND NOT (publish_at = %s AND id {} %s)"
        sides = [
            (bounds.format(">=", ">="), "publish_at ASC NULLS FIRST, id DESC", [at, now, at, tip.pk]),
            (bounds.format("<=", "<="), "publish_at DESC NULLS LAST, id", [at, now, at, tip.pk]),
        ]
    sql = " UNION ALL ".join(
        _SIDE.format(side=number, condition=condition, order=order, name=f"side{number}")
        for number, (condition, order, _) in enumerate(sides)
    )
    params: list[object] = [param for *_, own in sides for param in (TipState.APPROVED, *own)]
    found: dict[int, Tip] = {vars(each)["side"]: each for each in Tip.objects.raw(sql, params)}
    return found.get(0), found.get(1)
