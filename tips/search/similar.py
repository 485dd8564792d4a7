"""Which tips are about the same thing, and which tell the same story: by the rare words that they share."""

import math

from django.db import connection
from django.db.models import Max, Sum

from tips.models import Tip, Word
from tips.search import index, queries
from tips.text import markup
from tips.text import stems as words

# A word in more tips than this says little about any of them, and would make the answer slow.
COMMONEST = 200
MOST_WORDS = 12
# Words of the title and the takeaway say best what a tip is about.
HEAD_WEIGHT = 2.5


def distinctive(tip):
    """Return the stems that tell this tip from others, as a dict of stem to weight, at most MOST_WORDS."""
    head = set(f"{tip.words_title} {tip.words_takeaway}".split())
    stems = head | set(tip.words_body.split())
    counted = Word.objects.filter(stem__in=stems, tips__range=(2, COMMONEST)).order_by()
    counts = dict(counted.values("stem").annotate(most=Sum("tips")).values_list("stem", "most"))
    weights = {
        stem: (HEAD_WEIGHT if stem in head else 1) / math.log(1.5 + count) for stem, count in counts.items()
    }
    best = sorted(weights, key=lambda stem: (-weights[stem], stem))[:MOST_WORDS]
    return {stem: weights[stem] for stem in best}


def related(tip, limit=3):
    """Return the published tips most like this one, the most alike first; none where nothing is alike."""
    weights = distinctive(tip)
    if not weights:
        return []
    parts, params = [], []
    for n, (stem, weight) in enumerate(weights.items()):
        sql, own = index.matching([index.Term(stem, (stem,))])
        parts.append(f"SELECT id, {weight:.4f} AS weight FROM ({sql}) m{n}")
        params += own
    public_sql, public_params = queries.public()
    return list(
        Tip.objects.raw(
            # Summed up before any tip's row is looked at.
            "SELECT t.id, t.title, t.slug, t.excerpt, t.publish_at, t.has_body"
            " FROM (SELECT id, SUM(weight) AS weight"
            f" FROM ({' UNION ALL '.join(parts)}) u GROUP BY id HAVING COUNT(*) > 1) s"
            f" JOIN tips_tip t ON t.id = s.id WHERE {public_sql} AND t.id <> %s"
            " ORDER BY s.weight DESC, t.publish_at DESC NULLS LAST, t.id LIMIT %s",
            [*params, *public_params, tip.pk, limit],
        )
    )


# --- Have we run this before? -----------------------------------------------------------------------------

# Fewer words than this are a beginning, not a text: anything would be like it.
FEWEST_WORDS = 12
# Candidates are looked for by the rarest words, as long as there are so few postings of them to read.
MOST_SOUGHT = 24
MOST_POSTINGS = 6000
CANDIDATES = 30
# What one word may add to a likeness at most: a noun of the trade, used in dozens of tips, is no story.
MOST_OF_ONE_WORD = 0.12
# How many different words a tip usually has. One with more holds many words anyway, and counts for less.
USUAL_LENGTH = 100
# From this figure on, two texts tell the same story. The trial in the tests holds whom it finds and accuses.
ALIKE = 42

_SAYS_NOTHING = frozenset(words.stem(word) for word in words.STOP_WORDS)


def earlier(title, body, takeaway, exclude=None, author=None, limit=3):
    """Return the tips that tell what a text tells, as a list of (tip, figure), the most alike first.

    ``body`` is HTML; any of the three texts may be empty. ``exclude`` is the id of the tip that the text is
    of. All tips count, public or not, unless ``author``, a user's id, narrows them to the published ones
    and that user's own. The figure runs from ALIKE to 100, which is the same words.

    It is made from the share of the text's words, weighed by how rare they are in the archive, that the
    other tip has too. A text too short to tell anything is like none.
    """
    text = f"{title} {takeaway} {markup.searchable_text(markup.clean(body))}"
    stems = {stem for stem in words.stems(text[: words.LONGEST_INDEXED]) if len(stem) > 2} - _SAYS_NOTHING
    if len(stems) < FEWEST_WORDS:
        return []
    counts = dict(
        Word.objects.filter(stem__in=stems).order_by().values_list("stem").annotate(most=Max("tips"))
    )
    total = Tip.objects.count()
    weights = {stem: math.log(1 + total / counts.get(stem, 1)) ** 2 for stem in stems}
    sought, postings = [], 0
    for stem in sorted(counts, key=lambda stem: (counts[stem], stem)):
        postings += counts[stem]
        if len(sought) == MOST_SOUGHT or postings > MOST_POSTINGS:
            break
        sought.append(stem)
    figures = {
        pk: _figure(weights, held)
        for pk, held in _candidates({stem: weights[stem] for stem in sought}, exclude, author)
    }
    best = sorted((pk for pk in figures if figures[pk] >= ALIKE), key=lambda pk: (-figures[pk], pk))[:limit]
    tips = Tip.objects.for_lists().in_bulk(best)
    return [(tips[pk], figures[pk]) for pk in best if pk in tips]


def _figure(weights, held):
    """Return how much of the weighed stems is among those that a tip has, as a whole number up to 100."""
    shared = [weight for stem, weight in weights.items() if stem in held]
    most = MOST_OF_ONE_WORD * sum(shared)
    share = sum(min(weight, most) for weight in shared) / sum(weights.values())
    longer = math.sqrt(max(1, 0.5 + 0.5 * len(held) / USUAL_LENGTH))
    return min(100, round(100 * math.sqrt(share / longer)))


def _candidates(weights, exclude, author):
    """Yield (id, stems) of the tips that have the most of these stems by weight."""
    if not weights:
        return
    parts, params = [], []
    for n, (stem, weight) in enumerate(weights.items()):
        sql, own = index.matching([index.Term(stem, (stem,))])
        # Whole numbers: their sum is the same in whatever order an engine adds them up.
        parts.append(f"SELECT id, {round(weight * 1000)} AS weight FROM ({sql}) m{n}")
        params += own
    conditions = ["t.id <> %s"]
    params.append(exclude or 0)
    if author is not None:
        public_sql, public_params = queries.public()
        conditions.append(f"(({public_sql}) OR t.author_id = %s)")
        params += [*public_params, author]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.words_title, t.words_takeaway, t.words_body FROM"
            f" (SELECT u.id FROM ({' UNION ALL '.join(parts)}) u JOIN tips_tip t ON t.id = u.id"
            f" WHERE {' AND '.join(conditions)} GROUP BY u.id"
            " ORDER BY SUM(u.weight) DESC, u.id LIMIT %s) best"
            " JOIN tips_tip t ON t.id = best.id",
            [*params, CANDIDATES],
        )
        for pk, *texts in cursor.fetchall():
            yield pk, {stem for stem in " ".join(texts).split() if len(stem) > 2} - _SAYS_NOTHING
