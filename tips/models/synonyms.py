"""Words that mean the same to a reader who searches: the groups that staff keep."""

from django.db import models

from tips.text import stems


class SynonymGroup(models.Model):
    """Words and short phrases of one meaning. A search for one of them finds the others too."""

    class Meta:
        verbose_name = "group of synonyms"
        verbose_name_plural = "synonyms"
        ordering = ["pk"]

    def __str__(self) -> str:
        first = [synonym.text for synonym in self.synonyms.all()]
        return ", ".join(first[:4]) + (" …" if len(first) > 4 else "")


class Synonym(models.Model):
    """A word or a short phrase of a group.

    ``key`` has its stems, so that all forms of a word are one. No two groups share a word, so the meaning of
    a search never wanders from group to group.
    """

    MOST_WORDS = 4
    LONGEST = 60

    group = models.ForeignKey(SynonymGroup, models.CASCADE, related_name="synonyms")
    text = models.CharField(max_length=LONGEST)
    key = models.CharField(max_length=500, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "key",
                name="synonym_in_one_group",
                violation_error_message="This word, or another form of it, is among the synonyms already.",
            )
        ]

    def __str__(self) -> str:
        return self.text

    @classmethod
    def renew_keys(cls) -> None:
        """Make all keys anew, after stems took another form. What became one with another word goes."""
        taken = set[str]()
        for synonym in cls.objects.all():
            key = cls.key_of(synonym.text)
            if key in taken:
                cls.objects.filter(pk=synonym.pk).delete()
            elif key != synonym.key:
                cls.objects.filter(key=key).delete()
                cls.objects.filter(pk=synonym.pk).update(key=key)
            taken.add(key)

    @staticmethod
    def key_of(text: str) -> str:
        """Return what all forms of a word or a phrase have in common; "" where there is no word."""
        return " ".join(stems.stems(text))
