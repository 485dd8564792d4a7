"""The admin's pages for tips, categories and tags, and the calendar. Each module registers or adds its own.

This room may import everything of ``tips`` but ``public``, and ``desk``.
"""

from tips.admin import taxonomy, tips  # noqa: F401  each registers its pages
