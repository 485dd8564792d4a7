"""How many approved tips there are, and how many each label has: kept, so that no page counts the archive."""

from datetime import datetime
from typing import TypeVar

from django.db import connection, models
from django.db.models import Model
from django.utils import timezone

from tips.models.taxonomy import Category, Tag

_Param = str | int | None
_Label = TypeVar("_Label", Category, Tag)
# Of each kind of label: the table of its places, and the columns there with the tip and with the label.
_PLACES: dict[type[Model], tuple[str, str, str]] = {
    Category: ("tips_categorisedtip", "tip_id", "category_id"),
    Tag: ("tips_taggedtip", "content_object_id", "tag_id"),
}


class ApprovedCount(models.Model):
    """The number of approved tips: of all (``tips``), of a category (``category 3``) or a tag (``tag 17``).

    Triggers of the database keep it (``tips.count_triggers``); nothing else writes it. How many are public is
    a question about time: what is approved for later is taken off when somebody asks. PostgreSQL writes it as
    a transaction ends; so whoever asks within a transaction gets the rows counted.
    """

    ALL = "tips"

    key = models.CharField(max_length=40, primary_key=True)
    approved = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.key}: {self.approved}"


def published(label: Category | Tag | None = None, at: datetime | None = None) -> int:
    """Return how many tips are public at a moment (now, unless given): of a label, or of all."""
    sql, params = _published(label, at)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", params)
        return int(cursor.fetchone()[0])


def _published(label: Category | Tag | None, at: datetime | None) -> tuple[str, list[_Param]]:
    """Return the SQL, with its parameters, for the number that ``published`` returns."""
    if label is None:
        key, table, condition, params = ApprovedCount.ALL, "tips_tip", "", list[_Param]()
    else:
        table, _, own = _PLACES[type(label)]
        key, condition, params = f"{label._meta.model_name} {label.pk}", f"{own} = %s AND ", [label.pk]
    moment = connection.ops.adapt_datetimefield_value(at or timezone.now())
    approved, of_key = "(SELECT approved FROM tips_approvedcount WHERE key = %s)", list[_Param]([key])
    if connection.in_atomic_block:
        approved, of_key = f"(SELECT COUNT(*) FROM {table} WHERE {condition}state = 'approved')", params
    later = f"(SELECT COUNT(*) FROM {table} WHERE {condition}state = 'approved' AND publish_at > %s)"
    return f"COALESCE({approved}, 0) - {later}", [*of_key, *params, moment]


def labels(model: type[_Label], most: int | None = None) -> list[tuple[_Label, int]]:
    """Return the labels of a kind that have public tips, each with their number, by name.

    With ``most`` it is so many with the most tips, by that number. Of each the name and the slug are read.
    """
    return labels_and_total(model, most)[0]


def labels_and_total(model: type[_Label], most: int | None = None) -> tuple[list[tuple[_Label, int]], int]:
    """Return what ``labels`` does, and how many tips are public in all, in one query.

    Where no label has a tip, the number of all is 0.
    """
    table, tip, own = _PLACES[model]
    name = model._meta.model_name
    of_total: list[_Param]
    total, of_total = _published(None, None)
    moment: _Param = connection.ops.adapt_datetimefield_value(timezone.now())
    numbers = "tips_approvedcount"
    if connection.in_atomic_block:
        anew = f"SELECT '{name} ' || CAST({own} AS text) AS key, COUNT(*) AS approved FROM {table}"
        numbers = f"({anew} WHERE state = 'approved' GROUP BY 1)"
    order = "LOWER(name)" if most is None else "published DESC, LOWER(name)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, name, slug, published, {total} FROM ("
            f"SELECT g.id, g.name, g.slug, c.approved - COALESCE(l.later, 0) AS published FROM tips_{name} g"
            f" JOIN {numbers} c ON c.key = '{name} ' || CAST(g.id AS text) LEFT JOIN"
            # Few tips are approved for later, and an index has them in a row.
            f" (SELECT p.{own} AS label, COUNT(*) AS later FROM tips_tip t JOIN {table} p ON p.{tip} = t.id"
            f" WHERE t.state = 'approved' AND t.publish_at > %s GROUP BY p.{own}) l ON l.label = g.id"
            f") counted WHERE published > 0 ORDER BY {order}" + (" LIMIT %s" if most is not None else ""),
            [*of_total, moment, *([] if most is None else [most])],
        )
        rows = cursor.fetchall()
    found = [(model.from_db(connection.alias, ("id", "name", "slug"), row[:3]), row[3]) for row in rows]
    return found, int(rows[0][4]) if rows else 0
