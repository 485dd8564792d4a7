"""Tips on the same subject, and tips that say the same as another: both by the rare words that they share."""

import math
from collections.abc import Collection, Iterator, Mapping
from itertools import accumulate

from django.db import connection
from django.db.models import Max

from tips.models import Tip, Word
from tips.search import postings
from tips.text import excerpts, sanitiser
from tips.text import stems as words

MOST_WORDS = 12
# Words of the title and the takeaway say best what a tip is about.
HEAD_WEIGHT = 2.5


def related(tip: Tip, limit: int = 3) -> list[Tip]:
    """Return the published tips most like a tip, the most alike first; none where nothing is alike."""
    weights = _distinctive(tip)
    if not weights:
        return []
    sql, params = _weighted(weights)
    public_sql, public_params = postings.public()
    alike = Tip.objects.raw(
        # Summed up before any tip's row is looked at.
        "SELECT t.id, t.title, t.slug, t.takeaway, t.excerpt, t.publish_at, t.has_body"
        f" FROM (SELECT id, SUM(weight) AS weight FROM ({sql}) u GROUP BY id HAVING COUNT(*) > 1) s"
        f" JOIN tips_tip t ON t.id = s.id WHERE {public_sql} AND t.id <> %s"
        " ORDER BY s.weight DESC, t.publish_at DESC NULLS LAST, t.id LIMIT %s",
        [*params, *public_params, tip.pk, limit],
    )
    return list(alike)


def _distinctive(tip: Tip) -> dict[str, float]:
    """Return {stem: weight} of the stems that tell a tip from others, at most MOST_WORDS."""
    head = set(f"{tip.words_title} {tip.words_takeaway}".split())
    stems = head | set(tip.words_body.split())
    counts = _counts(stems)
    weights = {stem: (HEAD_WEIGHT if stem in head else 1) / math.log(1.5 + counts[stem]) for stem in counts}
    best = sorted(weights, key=lambda stem: (-weights[stem], stem))[:MOST_WORDS]
    return {stem: weights[stem] for stem in best}


def _counts(stems: Collection[str]) -> dict[str, int]:
    """Return in how many tips each of some stems is, of those that are neither unique nor very common."""
    if not stems:
        return {}
    with connection.cursor() as cursor:
        # To compile this anew for a hundred stems would take longer than the answer.
        cursor.execute(
            f"SELECT stem, MAX(tips) FROM tips_word WHERE stem IN ({', '.join(['%s'] * len(stems))})"
            " AND tips BETWEEN 2 AND %s GROUP BY stem",
            [*stems, postings.COMMONEST],
        )
        return dict(cursor.fetchall())


def _weighted(weights: Mapping[str, float]) -> postings.Sql:
    """Return a statement for (id, weight), once for each of the weighed stems that a tip has."""
    parts: list[postings.Sql] = []
    for stem, weight in weights.items():
        # Whole numbers: their sum is the same in whatever order an engine adds them up.
        sql = f"SELECT tip_id AS id, {round(weight * 10_000)} AS weight FROM tips_posting WHERE stem = %s"
        parts.append((sql, [stem]))
    return postings.union(parts)


# --- Have we run this before? -----------------------------------------------------------------------------

# Fewer words than this are a beginning, not a text: anything would be like it.
FEWEST_WORDS = 12
# Candidates are looked for by the rarest words, as long as there are so few postings of them to read.
MOST_SOUGHT = 24
MOST_POSTINGS = 6000
CANDIDATES = 30
# What one word may add to a score at most: a noun of the trade, used in dozens of tips, makes no duplicate.
MOST_OF_ONE_WORD = 0.12
# How many different words a tip usually has. A tip with more holds many words anyway, and scores less.
USUAL_LENGTH = 100
# From this score on, two texts say the same. The trial in the tests holds which tips it finds, and wrongly.
DUPLICATE_SCORE = 42


def duplicates(
    title: str, body: str, takeaway: str, tip_id: int | None = None, author: int | None = None, limit: int = 3
) -> list[tuple[Tip, int]]:
    """Return the tips that say what a text says, as (tip, score), the most alike first.

    ``body`` is HTML; any of the three texts may be empty. ``tip_id`` is that of the tip that the text is
    of. All tips count, public or not, unless ``author``, a user's id, narrows them to the published ones
    and that user's own. The score runs from DUPLICATE_SCORE to 100, which is the same words.

    The score is made from the share of the text's words, weighed by how rare they are in the archive, that
    the other tip has too. A text of fewer than FEWEST_WORDS words has no duplicates.
    """
    text = f"{title} {takeaway} {excerpts.searchable_text(sanitiser.clean(body))}"
    stems = _telling(words.stems(text[: words.LONGEST_INDEXED]))
    if len(stems) < FEWEST_WORDS:
        return []
    known = Word.objects.filter(stem__in=stems).order_by()
    counts = dict(known.values_list("stem").annotate(most=Max("tips")))
    total = Tip.objects.count()
    weights = {stem: math.log(1 + total / max(1, counts.get(stem, 1))) ** 2 for stem in stems}
    rarest = sorted(counts, key=lambda stem: (counts[stem], stem))[:MOST_SOUGHT]
    sums = accumulate(counts[stem] for stem in rarest)
    sought = {stem: weights[stem] for stem, read in zip(rarest, sums, strict=True) if read <= MOST_POSTINGS}
    scores = {pk: _score(weights, held) for pk, held in _nearest(sought, tip_id or 0, author)}
    best = sorted((pk for pk in scores if scores[pk] >= DUPLICATE_SCORE), key=lambda pk: (-scores[pk], pk))
    tips = Tip.objects.for_lists().in_bulk(best[:limit])
    return [(tips[pk], scores[pk]) for pk in best[:limit] if pk in tips]


def _telling(stems: list[str]) -> set[str]:
    """Return the stems that say something about a text."""
    return {stem for stem in stems if len(stem) > 2} - words.STOP_STEMS


def _score(weights: Mapping[str, float], held: set[str]) -> int:
    """Return how much of the weighed stems is among those that a tip has, up to 100."""
    shared = [weight for stem, weight in weights.items() if stem in held]
    most = MOST_OF_ONE_WORD * sum(shared)
    share = sum(min(weight, most) for weight in shared) / sum(weights.values())
    longer = math.sqrt(max(1, 0.5 + 0.5 * len(held) / USUAL_LENGTH))
    return min(100, round(100 * math.sqrt(share / longer)))


def _nearest(weights: dict[str, float], exclude: int, author: int | None) -> Iterator[tuple[int, set[str]]]:
    """Yield (id, stems) of the tips that have the most of the weighed stems."""
    if not weights:
        return
    sql, params = _weighted(weights)
    condition = "t.id <> %s"
    params.append(exclude)
    if author is not None:
        public_sql, public_params = postings.public()
        condition += f" AND (({public_sql}) OR t.author_id = %s)"
        params += [*public_params, author]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.words_title, t.words_takeaway, t.words_body FROM"
            f" (SELECT u.id FROM ({sql}) u JOIN tips_tip t ON t.id = u.id WHERE {condition} GROUP BY u.id"
            " ORDER BY SUM(u.weight) DESC, u.id LIMIT %s) best JOIN tips_tip t ON t.id = best.id",
            [*params, CANDIDATES],
        )
        for pk, *columns in cursor.fetchall():
            yield pk, _telling([stem for entry in columns for stem in words.in_order(entry)])
