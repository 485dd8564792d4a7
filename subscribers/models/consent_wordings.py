"""What people agree to when they sign up, word for word."""

from django.db import models
from django.utils import timezone


class ConsentWording(models.Model):
    """A version of the words below the sign-up form; ``{site}`` stands for the site's name.

    A version is never changed: it is part of the record of each consent.
    """

    version = models.PositiveSmallIntegerField(primary_key=True)
    text = models.TextField(unique=True)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Wording {self.version}"
