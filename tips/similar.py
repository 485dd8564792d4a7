"""Which tips are about the same thing: by the rare words that they share."""

import math

from django.db.models import Sum

from tips import search
from tips.models import Tip, Word

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
        sql, own = search.matching([search.Term(stem, (stem,))])
        parts.append(f"SELECT id, {weight:.4f} AS weight FROM ({sql}) m{n}")
        params += own
    public_sql, public_params = search.public()
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
