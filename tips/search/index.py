"""The search index: its table of postings, its phrases and triggers, and its rebuilding.

``tips_posting`` says which tip holds which stem (``text.stems``), and where: ``held`` is 8 for the title, 4
more for the takeaway or a teaser's excerpt, and one more for each time in the body, up to 3. It is the same
on both databases, and all ranking is made from it. Only phrases are asked of the engines (SQLite's FTS5,
PostgreSQL's tsvector in ``tips_vector``).
"""

from collections import Counter
from collections.abc import Iterator

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from desk.batches import Batches
from desk.terminal import Progress, no_progress
from tips.models import Synonym, Tip, Word
from tips.text.stems import BOUNDARY

TITLE, TAKEAWAY, BODY_MOST = 8, 4, 3
_COLUMNS = ("words_title", "words_takeaway", "words_body")
_COLUMN_LIST = ", ".join(_COLUMNS)


def create_index(cursor: CursorWrapper) -> None:
    """Make the index and the triggers that keep it up to date. Idempotent."""
    for statement in _sqlite_index() if cursor.db.vendor == "sqlite" else _postgresql_index():
        cursor.execute(statement)


def rebuild(progress: Progress = no_progress) -> int:
    """Make the words of every tip, the index and the vocabulary anew; return the number of tips.

    ``progress`` wraps the iteration over tips, to show how far it is.
    """
    pks = list(Tip.objects.order_by("pk").values_list("pk", flat=True))
    batches = Batches(progress(pks, desc="Indexing", unit="tip"), most=500)
    for batch in batches:
        # Locked while it is read and written: what staff save meanwhile waits, and is not overwritten.
        with batches.transaction():
            Tip.objects.bulk_update(Tip.objects.select_for_update().filter(pk__in=batch), Tip.COMPUTED)
    with transaction.atomic():
        Synonym.renew_keys()
    refresh_index(connection)
    return count_words()


def refresh_index(using_connection: BaseDatabaseWrapper) -> None:
    """Build the index anew from the words in the rows of tips."""
    with transaction.atomic(using_connection.alias), using_connection.cursor() as cursor:
        if using_connection.vendor == "postgresql":
            # Whoever saves a tip meanwhile waits, and adds its postings afterwards.
            cursor.execute("LOCK TABLE tips_tip IN SHARE MODE")
        for statement in refreshing(using_connection.vendor):
            cursor.execute(statement)
    if using_connection.vendor == "postgresql" and not using_connection.in_atomic_block:
        # Until it is vacuumed, each posting is looked up in the table besides the index: sixty times slower.
        with using_connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) tips_posting, tips_vector")


def refreshing(vendor: str) -> list[str]:
    """Return the statements that build the index anew, by which nothing is searched meanwhile."""
    if vendor == "sqlite":
        phrases = ["INSERT INTO tips_fts(tips_fts) VALUES ('rebuild')"]
    else:
        phrases = ["DELETE FROM tips_vector", _missing_vectors()]
    # In their order: those of a word side by side, and quicker to insert.
    added = f"INSERT INTO tips_posting {_postings(vendor)} ORDER BY 1, 2, 3"
    return [*phrases, "DELETE FROM tips_posting", added]


def count_words() -> int:
    """Count in how many public tips each word of the vocabulary stands; return the number of all tips.

    A word that no tip has any more is deleted; one that only hidden tips have is counted as 0.
    """
    public = set(Tip.objects.published().values_list("pk", flat=True))
    tips, counts, used = 0, Counter[str](), set[str]()
    for pk, *columns in Tip.objects.values_list("pk", *_COLUMNS).iterator(chunk_size=500):
        tips += 1
        stems = set(" ".join(columns).split())
        used |= stems
        if pk in public:
            counts.update(stems)
    words = list(Word.objects.all())
    changed = [word for word in words if word.tips != counts[word.stem]]
    for word in changed:
        word.tips = counts[word.stem]
    Word.objects.bulk_create(
        changed, batch_size=200, update_conflicts=True, unique_fields=["word"], update_fields=["tips"]
    )
    unused = [word.word for word in words if word.stem not in used]
    for start in range(0, len(unused), 500):
        Word.objects.filter(pk__in=unused[start : start + 500]).delete()
    return tips


# --- Tables and triggers ----------------------------------------------------------------------------------


def _postings(vendor: str, row: str = "t") -> str:
    """Return a query for the postings (stem, held, tip_id) of all tips, or of a trigger's OLD or NEW."""
    tips = "tips_tip t, " if row == "t" else ""
    if vendor != "sqlite":
        columns = ", ".join(f"{row}.{name}" for name in _COLUMNS)
        return f"SELECT w.stem, w.held, {row}.id FROM {tips}tips_held({columns}) w"
    # An index entry holds letters, digits and spaces only, so it is soon made a list in JSON.
    words = " UNION ALL ".join(
        f"SELECT {row}.id AS tip_id, {field} AS field, value FROM"
        f" {tips}json_each('[\"' || replace({row}.{name}, ' ', '\",\"') || '\"]')"
        for field, name in enumerate(_COLUMNS, 1)
    )
    held = f"{TITLE} * MAX(field = 1) + {TAKEAWAY} * MAX(field = 2) + MIN({BODY_MOST}, SUM(field = 3))"
    is_word = f"value NOT IN ('', '{BOUNDARY}')"
    return f"SELECT value, {held}, tip_id FROM ({words}) WHERE {is_word} GROUP BY value, tip_id"


def _sqlite_index() -> Iterator[str]:
    new, old = (", ".join(f"{version}.{name}" for name in _COLUMNS) for version in ("NEW", "OLD"))
    remove = (
        f"INSERT INTO tips_fts(tips_fts, rowid, {_COLUMN_LIST}) VALUES ('delete', OLD.id, {old});"
        f" DELETE FROM tips_posting WHERE (stem, held, tip_id) IN ({_postings('sqlite', 'OLD')});"
    )
    add = (
        f"INSERT INTO tips_fts(rowid, {_COLUMN_LIST}) VALUES (NEW.id, {new});"
        f" INSERT INTO tips_posting {_postings('sqlite', 'NEW')};"
    )
    changed = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in _COLUMNS)
    options = "content='tips_tip', content_rowid='id', tokenize='ascii'"
    yield f"CREATE VIRTUAL TABLE IF NOT EXISTS tips_fts USING fts5({_COLUMN_LIST}, {options})"
    yield (
        "CREATE TABLE IF NOT EXISTS tips_posting (stem text NOT NULL, held integer NOT NULL,"
        " tip_id integer NOT NULL, PRIMARY KEY (stem, held, tip_id)) WITHOUT ROWID"
    )
    for name, event, actions in (
        ("insert", "INSERT ON tips_tip", add),
        ("delete", "DELETE ON tips_tip", remove),
        ("update", f"UPDATE OF {_COLUMN_LIST} ON tips_tip WHEN {changed}", f"{remove} {add}"),
    ):
        yield f"CREATE TRIGGER IF NOT EXISTS tips_fts_{name} AFTER {event} BEGIN {actions} END"


def _postgresql_index() -> Iterator[str]:
    # A vector is as long as its text. In a table of their own, whole and uncompressed, those of a common
    # phrase are read three times faster than from where PostgreSQL puts long columns of a row apart.
    yield (
        "CREATE TABLE IF NOT EXISTS tips_vector (tip_id bigint PRIMARY KEY, everywhere tsvector NOT NULL)"
        " WITH (toast_tuple_target = 8160)"
    )
    yield "ALTER TABLE tips_vector ALTER COLUMN everywhere SET STORAGE EXTERNAL"
    yield "ALTER TABLE tips_vector ADD COLUMN IF NOT EXISTS pairs integer[] NOT NULL DEFAULT '{}'"
    # The words of a common phrase are in most tips, but side by side in few: so numbers that stand for two
    # words side by side are indexed, and vectors are only read of the tips that have those of the phrase.
    yield (
        "CREATE OR REPLACE FUNCTION tips_pairs(document text) RETURNS integer[] LANGUAGE sql IMMUTABLE AS"
        " $$ SELECT array_agg(DISTINCT hashtext(stem || ' ' || following) & 65535) FROM (SELECT stem,"
        " lead(stem) OVER (ORDER BY place) AS following"
        " FROM regexp_split_to_table(document, ' +') WITH ORDINALITY AS w (stem, place)) p"
        " WHERE following IS NOT NULL $$"
    )
    yield "DROP INDEX IF EXISTS tips_vector_everywhere"
    yield "CREATE INDEX IF NOT EXISTS tips_vector_pairs ON tips_vector USING gin (pairs)"
    # For processes of the release before, which go on while this one migrates. The next release drops it.
    yield (
        "CREATE OR REPLACE FUNCTION tips_with_everywhere(query tsquery) RETURNS SETOF bigint LANGUAGE sql"
        " STABLE AS $$ SELECT tip_id FROM tips_vector WHERE everywhere @@ query $$"
    )
    # The planner would read all vectors for a common phrase.
    yield (
        "CREATE OR REPLACE FUNCTION tips_with_phrase(phrase text, query tsquery) RETURNS SETOF bigint"
        " LANGUAGE sql STABLE SET enable_seqscan = off AS $$ SELECT tip_id FROM tips_vector"
        " WHERE pairs @> tips_pairs(phrase) AND everywhere @@ query $$"
    )
    yield (
        'CREATE TABLE IF NOT EXISTS tips_posting (stem text COLLATE "C" NOT NULL, held smallint NOT NULL,'
        " tip_id bigint NOT NULL, PRIMARY KEY (stem, held, tip_id))"
    )
    fields = " UNION ALL ".join(
        f"SELECT {field} AS field, regexp_split_to_table({name}, ' ') AS stem"
        for field, name in enumerate(_COLUMNS, 1)
    )
    held = (
        f"{TITLE} * MAX((field = 1)::int) + {TAKEAWAY} * MAX((field = 2)::int)"
        f" + LEAST({BODY_MOST}, SUM((field = 3)::int))"
    )
    parameters = ", ".join(f"{name} text" for name in _COLUMNS)
    yield (
        f"CREATE OR REPLACE FUNCTION tips_held({parameters}) RETURNS TABLE (stem text, held smallint)"
        f" LANGUAGE sql IMMUTABLE AS $$ SELECT stem, ({held})::smallint FROM ({fields}) f"
        f" WHERE stem NOT IN ('', '{BOUNDARY}') GROUP BY stem $$"
    )
    old = ", ".join(f"OLD.{name}" for name in _COLUMNS)
    remove = (
        "DELETE FROM tips_vector WHERE tip_id = OLD.id;"
        f" DELETE FROM tips_posting p USING tips_held({old}) w"
        " WHERE p.stem = w.stem AND p.held = w.held AND p.tip_id = OLD.id;"
    )
    add = (
        f"INSERT INTO tips_vector (tip_id, everywhere, pairs) SELECT NEW.id, {_vector('NEW')};"
        f" INSERT INTO tips_posting {_postings('postgresql', 'NEW')};"
    )
    changed = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in _COLUMNS)
    for name, event, body in (
        ("insert", "AFTER INSERT ON tips_tip FOR EACH ROW", add),
        ("delete", "AFTER DELETE ON tips_tip FOR EACH ROW", remove),
        (
            "update",
            f"AFTER UPDATE OF {_COLUMN_LIST} ON tips_tip FOR EACH ROW WHEN ({changed})",
            f"{remove} {add}",
        ),
        ("truncate", "AFTER TRUNCATE ON tips_tip FOR EACH STATEMENT", "TRUNCATE tips_posting, tips_vector;"),
    ):
        trigger = f"tips_posting_{name}"
        yield (
            f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN {body} RETURN NULL; END $$;"
            f" CREATE OR REPLACE TRIGGER {trigger} {event} EXECUTE FUNCTION {trigger}()"
        )
    # What the index was before it had postings.
    for where in ("title", "head"):
        yield f"DROP FUNCTION IF EXISTS tips_with_{where}(tsquery)"
    for where in ("title", "head", "everywhere"):
        yield f"ALTER TABLE tips_tip DROP COLUMN IF EXISTS vector_{where}"
    # And before its vectors had pairs.
    yield "DELETE FROM tips_vector WHERE pairs = '{}'"
    yield _missing_vectors()


def _vector(row: str) -> str:
    """Return what PostgreSQL keeps of the words of a row for phrases: their vector, and their pairs."""
    # The boundary keeps a phrase from beginning in one field and ending in the next.
    document = f" || ' {BOUNDARY} ' || ".join(f"{row}.{name}" for name in _COLUMNS)
    return f"to_tsvector('pg_catalog.simple', {document}), tips_pairs({document})"


def _missing_vectors() -> str:
    """Return the statement that adds the vectors of the tips that have none."""
    none = "NOT EXISTS (SELECT FROM tips_vector v WHERE v.tip_id = t.id)"
    insert = "INSERT INTO tips_vector (tip_id, everywhere, pairs)"
    return f"{insert} SELECT t.id, {_vector('t')} FROM tips_tip t WHERE {none}"
