"""The admin's pages for tips, their categories, tags, synonyms and ideas, and the calendar.

Each module adds its own. This room may import everything of ``tips`` but ``public``, and ``desk``.
"""

from tips.admin import ideas, site_pages, synonyms, taxonomy, tips  # noqa: F401  each registers its pages
