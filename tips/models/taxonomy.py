"""The two ways into the archive: few categories, many tags."""

from django.db import models
from django.urls import reverse
from taggit.models import TagBase

from tips.text import markup


class Category(models.Model):
    """One of a few, curated ways into the archive."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True, help_text="The category's address.")

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.name = markup.one_line(markup.without_controls(self.name))
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("tips:category", args=[self.slug])


class Tag(TagBase):
    """One of many, free ways into the archive."""

    class Meta:
        ordering = ["name"]

    def save(self, *args, **kwargs):
        self.name = markup.one_line(markup.without_controls(self.name))
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("tips:tag", args=[self.slug])
