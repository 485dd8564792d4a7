"""The desk's rooms for people and post, by subject."""

from subscribers.admin import (  # noqa: F401  registers what they hold
    mailings,
    people,
    requests,
    suppressions,
)
