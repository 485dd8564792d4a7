"""The admin's pages for tips, categories, tags and synonyms, and the calendar. Each module adds its own.

This room may import everything of ``tips`` but ``public``, and ``desk``.
"""

from tips.admin import synonyms, taxonomy, tips  # noqa: F401  each registers its pages
