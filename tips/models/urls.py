"""The URLs of what has a slug. A list writes dozens of them, and Django's own way looks each up anew."""

from functools import lru_cache
from urllib.parse import quote

from django.urls import reverse

_SLUG = "slug"


def of_slug(name: str, slug: str) -> str:
    """Return the URL of a page for readers, such as that of a tip: ``of_slug("detail", tip.slug)``."""
    before, after = _around(name)
    return f"{before}{slug if slug.isascii() else quote(slug)}{after}"


@lru_cache(maxsize=8)
def _around(name: str) -> tuple[str, str]:
    before, _, after = reverse(f"tips:{name}", args=[_SLUG]).rpartition(_SLUG)
    return before, after
