"""The search index: its tables, columns and triggers, its rebuilding, and which tips hold which stems.

Both engines (SQLite's FTS5, PostgreSQL's tsvector) index the same stems (``text.stems``).
"""

from collections import Counter
from dataclasses import dataclass

from django.db import connection, transaction

from desk.terminal import Progress, no_progress
from tips.models import Tip, Word

TITLE, HEAD, EVERYWHERE = "title", "head", "everywhere"


@dataclass(frozen=True)
class Term:
    """One thing asked for: a word, or several that must stand in a row. ``text`` is as it was typed."""

    text: str
    stems: tuple
    quoted: bool = False

    @property
    def correctable(self):
        """Whether a typing error may be looked for in it."""
        return len(self.stems) == 1 and not self.quoted and 4 <= len(self.text) <= Word.LONGEST


def matching(terms, where=EVERYWHERE):
    """Return (sql, params) of the ids of tips that hold every term in the fields ``where``."""
    if connection.vendor == "sqlite":
        columns = {TITLE: "{words_title} : ", HEAD: "{words_title words_takeaway} : ", EVERYWHERE: ""}[where]
        expression = " AND ".join('"' + " ".join(term.stems) + '"' for term in terms)
        return "SELECT rowid AS id FROM tips_fts WHERE tips_fts MATCH %s", [f"{columns}({expression})"]
    expression = " & ".join("(" + " <-> ".join(term.stems) + ")" for term in terms)
    return f"SELECT id FROM tips_with_{where}(%s::tsquery) AS id", [expression]


def create_index(cursor):
    """Make the index and what keeps it true. Idempotent."""
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
            Tip.objects.bulk_update(batch, [])
    refresh_index(connection)
    return count_words()


def refresh_index(using_connection):
    """Build the index anew from the words in the tips' rows. PostgreSQL's is part of the rows."""
    if using_connection.vendor == "sqlite":
        with using_connection.cursor() as cursor:
            cursor.execute("INSERT INTO tips_fts(tips_fts) VALUES ('rebuild')")


def count_words():
    """Count in how many tips each word of the vocabulary stands; return the number of tips.

    A word that none has any more is forgotten.
    """
    tips, counts = 0, Counter()
    rows = Tip.objects.values_list(*Tip.COMPUTED).iterator(chunk_size=500)
    for row in rows:
        tips += 1
        counts.update(set(" ".join(row).split()))
    known = list(Word.objects.all())
    changed = [word for word in known if word.tips != counts[word.stem]]
    for word in changed:
        word.tips = counts[word.stem]
    Word.objects.bulk_create(
        changed, batch_size=200, update_conflicts=True, unique_fields=["word"], update_fields=["tips"]
    )
    # Only what was seen to be lost: a word that another process learns at this moment stays.
    Word.objects.filter(tips=0).delete()
    return tips


_COLUMNS = "words_title, words_takeaway, words_body"


def _sqlite_index():
    new, old = (", ".join(f"{row}.{name}" for name in _COLUMNS.split(", ")) for row in ("NEW", "OLD"))
    forget = f"INSERT INTO tips_fts(tips_fts, rowid, {_COLUMNS}) VALUES ('delete', OLD.id, {old});"
    learn = f"INSERT INTO tips_fts(rowid, {_COLUMNS}) VALUES (NEW.id, {new});"
    changed = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in _COLUMNS.split(", "))
    return (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS tips_fts USING fts5"
        f"({_COLUMNS}, content='tips_tip', content_rowid='id', tokenize='ascii')",
        f"CREATE TRIGGER IF NOT EXISTS tips_fts_insert AFTER INSERT ON tips_tip BEGIN {learn} END",
        f"CREATE TRIGGER IF NOT EXISTS tips_fts_delete AFTER DELETE ON tips_tip BEGIN {forget} END",
        f"CREATE TRIGGER IF NOT EXISTS tips_fts_update AFTER UPDATE OF {_COLUMNS} ON tips_tip"
        f" WHEN {changed} BEGIN {forget} {learn} END",
    )


def _postgresql_index():
    # The boundary keeps a phrase from beginning in one field and ending in the next.
    boundary = " || ' fieldboundary ' || "
    fields = _COLUMNS.split(", ")
    for where, parts in ((TITLE, fields[:1]), (HEAD, fields[:2]), (EVERYWHERE, fields)):
        vector = f"vector_{where}"
        yield (
            f"ALTER TABLE tips_tip ADD COLUMN IF NOT EXISTS {vector} tsvector"
            f" GENERATED ALWAYS AS (to_tsvector('pg_catalog.simple', {boundary.join(parts)})) STORED"
        )
        yield f"CREATE INDEX IF NOT EXISTS tips_tip_{vector} ON tips_tip USING gin ({vector})"
        # The planner does not know what it costs to fetch a vector that is stored apart from its row, and
        # would read them all for a common word: eight times slower than the index.
        yield (
            f"CREATE OR REPLACE FUNCTION tips_with_{where}(wanted tsquery) RETURNS SETOF bigint"
            f" LANGUAGE sql STABLE SET enable_seqscan = off"
            f" AS $$ SELECT id FROM tips_tip WHERE {vector} @@ wanted $$"
        )
