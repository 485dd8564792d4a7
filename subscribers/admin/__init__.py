"""The admin's pages for subscribers and mailings, by subject: all personal data.

This room may import everything of ``subscribers`` but ``public``, and ``desk`` and ``tips``.
"""

from subscribers.admin import (  # noqa: F401  each registers its pages
    contact_messages,
    link_requests,
    mailings,
    subscribers,
    suppressions,
)
