"""The desk: Django's own admin, by subject."""

from tips.admin import taxonomy, tips  # noqa: F401  each registers its pages
