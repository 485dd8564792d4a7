"""The archive's words, learnt from every tip that is saved."""

from django.db import models

from tips.text import stems


class Word(models.Model):
    """One word of the archive's vocabulary: what a reader's typing error is corrected to.

    ``tips`` is in how many tips the word stood when last counted (``search.rebuild``); it weighs words
    for related tips and needs not be exact. A word that no tip has any more does no harm: nothing is
    suggested that is not found in a public tip.
    """

    LONGEST = 30

    word = models.CharField(max_length=LONGEST, primary_key=True)
    stem = models.CharField(max_length=200, db_index=True)
    length = models.PositiveSmallIntegerField(db_index=True)
    tips = models.PositiveIntegerField(default=1)

    @classmethod
    def learn(cls, tips):
        """Add the words of some tips that are not known yet."""
        found = set()
        for tip in tips:
            if tip.get_deferred_fields().isdisjoint({"title", "takeaway", "body", "excerpt"}):
                found |= stems.vocabulary(f"{tip.title} {tip.takeaway} {tip.searchable_text}")
        new = sorted(found)
        for start in range(0, len(new), 500):
            some = new[start : start + 500]
            known = set(cls.objects.filter(word__in=some).values_list("word", flat=True))
            unknown = [word for word in some if word not in known]
            # Another process may learn the same word at this moment.
            cls.objects.bulk_create(
                [cls(word=word, stem=stems.stem(word), length=len(word)) for word in unknown],
                ignore_conflicts=True,
            )
