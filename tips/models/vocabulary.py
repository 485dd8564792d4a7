"""The archive's words, learnt from every tip that is saved."""

from collections.abc import Iterable

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
    tips = models.PositiveIntegerField(default=1)

    @classmethod
    def learn(cls, texts: Iterable[str]) -> None:
        """Add the words of some texts that are not known yet."""
        words = sorted(set[str]().union(*(stems.vocabulary(text, cls.LONGEST) for text in texts)))
        for start in range(0, len(words), 500):
            batch = words[start : start + 500]
            known = set(Word.objects.filter(word__in=batch).values_list("word", flat=True))
            new = [word for word in batch if word not in known]
            rows = [Word(word=word, stem=stems.stem(word)) for word in new]
            # Another process may learn the same word at this moment.
            Word.objects.bulk_create(rows, ignore_conflicts=True)
