"""What is public, and the order of every list, for all tables that have a state and a date."""

from datetime import datetime
from typing import Any, Self, TypeVar

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor as SchemaEditor
from django.db.backends.ddl_references import Statement
from django.db.models import F, Model, Q
from django.db.models.expressions import OrderBy
from django.utils import timezone

_Row = TypeVar("_Row", bound=Model)


def newest_first() -> OrderBy:
    """Return the order of every list by date: descending, what has no date last."""
    return F("publish_at").desc(nulls_last=True)


def oldest_first() -> OrderBy:
    """Return the reverse of ``newest_first``, nulls and all, so that the same index serves it backwards."""
    return F("publish_at").asc(nulls_first=True)


class ListingIndex(models.Index):
    """An index in the order of a list.

    PostgreSQL puts nulls first in a descending index unless told; SQLite puts them last anyway, and
    refuses to be told so in an index.
    """

    # Whatever Django's own method takes.
    def create_sql(self, model: type[Model], schema_editor: SchemaEditor, *args: Any, **kw: Any) -> Statement:
        if schema_editor.connection.vendor != "sqlite":
            return super().create_sql(model, schema_editor, *args, **kw)
        expressions = [
            OrderBy(part.expression, descending=part.descending) if isinstance(part, OrderBy) else part
            for part in self.expressions
        ]
        return models.Index(*expressions, name=self.name).create_sql(model, schema_editor, *args, **kw)


class TipState(models.TextChoices):
    """The states of a tip. Whether it is public is a question about time as well: see ``published``."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    WITHDRAWN = "withdrawn", "Withdrawn"


# The states in which a tip is written and planned; no reader has seen it.
PLANS = (TipState.DRAFT, TipState.IN_REVIEW)


class PublishedQuerySet(models.QuerySet[_Row]):
    """The one rule of what is public, for every table that has ``state`` and ``publish_at``."""

    def published(self, at: datetime | None = None) -> Self:
        """Return what readers may see at a moment (now, unless given).

        An approved tip without ``publish_at`` is an undated one: the database holds it to that.
        """
        at = at or timezone.now()
        return self.filter(Q(publish_at__isnull=True) | Q(publish_at__lte=at), state=TipState.APPROVED)

    def published_dated(self, at: datetime | None = None) -> Self:
        """Return those of the published that have their day. An index finds them as one range."""
        return self.filter(publish_at__lte=at or timezone.now(), state=TipState.APPROVED)
