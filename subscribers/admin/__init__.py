"""The desk's rooms for people and post, by subject."""

from subscribers.admin import mailings, signup_requests, subscribers, suppressions  # noqa: F401  each registers its pages
