"""The desk: Django's own admin, by subject."""

from tips.admin import tips, ways  # noqa: F401  registers what they hold
