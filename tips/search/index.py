"""The search index: its tables, columns and triggers, its rebuilding, and which tips hold which stems.

Both engines (SQLite's FTS5, PostgreSQL's tsvector) index the same stems (``text.stems``).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from desk.terminal import Progress, no_progress
from tips.models import Tip, Word

Param = str | int | datetime | None
# A statement or a part of one, and its parameters.
Sql = tuple[str, list[Param]]
TITLE, HEAD, EVERYWHERE = "title", "head", "everywhere"
_COLUMNS = ("words_title", "words_takeaway", "words_body")
_COLUMN_LIST = ", ".join(_COLUMNS)


@dataclass(frozen=True)
class Term:
    """One word to search for, or several words that must stand in a row. ``text`` is as it was typed."""

    text: str
    stems: tuple[str, ...]
    quoted: bool = False

    @property
    def correctable(self) -> bool:
        """Whether a typing error may be looked for in it."""
        return len(self.stems) == 1 and not self.quoted and 4 <= len(self.text) <= Word.LONGEST


def matching(terms: Iterable[Term], where: str = EVERYWHERE) -> Sql:
    """Return the statement for the ids of tips that hold every term in the fields ``where``."""
    if connection.vendor == "sqlite":
        columns = {TITLE: "{words_title} : ", HEAD: "{words_title words_takeaway} : ", EVERYWHERE: ""}[where]
        expression = " AND ".join('"' + " ".join(term.stems) + '"' for term in terms)
        return "SELECT rowid AS id FROM tips_fts WHERE tips_fts MATCH %s", [f"{columns}({expression})"]
    expression = " & ".join("(" + " <-> ".join(term.stems) + ")" for term in terms)
    return f"SELECT id FROM tips_with_{where}(%s::tsquery) AS id", [expression]


def union(parts: Iterable[Sql]) -> Sql:
    """Return a statement for the rows of all parts, repeated rows included."""
    statements, params = zip(*parts, strict=True)
    return " UNION ALL ".join(statements), list(chain.from_iterable(params))


def create_index(cursor: CursorWrapper) -> None:
    """Make the index and the triggers that keep it up to date. Idempotent."""
    for statement in _sqlite_index() if cursor.db.vendor == "sqlite" else _postgresql_index():
        cursor.execute(statement)


def rebuild(progress: Progress = no_progress) -> int:
    """Make the words of every tip, the index and the vocabulary anew; return the number of tips.

    ``progress`` wraps the iteration over batches of tips, to show how far it is.
    """
    pks = list(Tip.objects.order_by("pk").values_list("pk", flat=True))
    for start in progress(range(0, len(pks), 500), desc="Indexing", unit="batch"):
        # Locked while it is read and written: what staff save meanwhile waits, and is not overwritten.
        with transaction.atomic():
            batch = Tip.objects.select_for_update().filter(pk__in=pks[start : start + 500])
            Tip.objects.bulk_update(batch, Tip.COMPUTED)
    refresh_index(connection)
    return count_words()


def refresh_index(using_connection: BaseDatabaseWrapper) -> None:
    """Build the index anew from the words in the rows of tips. PostgreSQL's index is part of the rows."""
    if using_connection.vendor == "sqlite":
        with using_connection.cursor() as cursor:
            cursor.execute("INSERT INTO tips_fts(tips_fts) VALUES ('rebuild')")


def count_words() -> int:
    """Count in how many tips each word of the vocabulary stands; return the number of tips.

    A word that no tip has any more is deleted.
    """
    tips, counts = 0, Counter[str]()
    for columns in Tip.objects.values_list(*_COLUMNS).iterator(chunk_size=500):
        tips += 1
        counts.update(set(" ".join(columns).split()))
    changed = [word for word in Word.objects.all() if word.tips != counts[word.stem]]
    for word in changed:
        word.tips = counts[word.stem]
    Word.objects.bulk_create(
        changed, batch_size=200, update_conflicts=True, unique_fields=["word"], update_fields=["tips"]
    )
    # Only words just counted as unused: a word that another process learns at this moment stays.
    Word.objects.filter(tips=0).delete()
    return tips


def _sqlite_index() -> Iterator[str]:
    new, old = (", ".join(f"{version}.{name}" for name in _COLUMNS) for version in ("NEW", "OLD"))
    remove = f"INSERT INTO tips_fts(tips_fts, rowid, {_COLUMN_LIST}) VALUES ('delete', OLD.id, {old});"
    add = f"INSERT INTO tips_fts(rowid, {_COLUMN_LIST}) VALUES (NEW.id, {new});"
    changed = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in _COLUMNS)
    options = "content='tips_tip', content_rowid='id', tokenize='ascii'"
    yield f"CREATE VIRTUAL TABLE IF NOT EXISTS tips_fts USING fts5({_COLUMN_LIST}, {options})"
    for name, event, actions in (
        ("insert", "INSERT ON tips_tip", add),
        ("delete", "DELETE ON tips_tip", remove),
        ("update", f"UPDATE OF {_COLUMN_LIST} ON tips_tip WHEN {changed}", f"{remove} {add}"),
    ):
        yield f"CREATE TRIGGER IF NOT EXISTS tips_fts_{name} AFTER {event} BEGIN {actions} END"


def _postgresql_index() -> Iterator[str]:
    # The boundary keeps a phrase from beginning in one field and ending in the next.
    boundary = " || ' fieldboundary ' || "
    for where, columns in ((TITLE, _COLUMNS[:1]), (HEAD, _COLUMNS[:2]), (EVERYWHERE, _COLUMNS)):
        vector, value = f"vector_{where}", f"to_tsvector('pg_catalog.simple', {boundary.join(columns)})"
        column = f"{vector} tsvector GENERATED ALWAYS AS ({value}) STORED"
        yield f"ALTER TABLE tips_tip ADD COLUMN IF NOT EXISTS {column}"
        yield f"CREATE INDEX IF NOT EXISTS tips_tip_{vector} ON tips_tip USING gin ({vector})"
        # The planner does not know what it costs to fetch a vector that is stored apart from its row, and
        # would read them all for a common word: eight times slower than the index.
        yield (
            f"CREATE OR REPLACE FUNCTION tips_with_{where}(query tsquery) RETURNS SETOF bigint LANGUAGE sql"
            f" STABLE SET enable_seqscan = off AS $$ SELECT id FROM tips_tip WHERE {vector} @@ query $$"
        )
