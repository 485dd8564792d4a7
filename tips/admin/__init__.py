"""The admin's pages for tips, their categories, tags, synonyms and ideas, and the calendar.

Each module adds its own. This room may import everything of ``tips`` but ``public``, and ``desk``.
"""

from tips.admin import (  # noqa: F401  each registers its pages
    ideas,
    notices,
    series,
    site_pages,
    site_settings,
    synonyms,
    taxonomy,
    tips,
)
