"""The desk's rooms for people and post, by subject."""

from subscribers.admin import people, requests, suppressions  # noqa: F401  registers what they hold
