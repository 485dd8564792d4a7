"""The desk's rooms for people and post, by subject."""

from subscribers.admin import link_requests, mailings, subscribers, suppressions  # noqa: F401  each registers its pages
