"""Write the pages with which the web server in front answers what it refuses or misses by itself."""

import os
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.template.loader import render_to_string

# {the file's name: its template}
PAGES = {
    "404.html": "404.html",
    "413.html": "errors/413.html",
    "429.html": "errors/429.html",
    "503.html": "errors/503.html",
}


class Command(BaseCommand):
    help = "Writes nginx's pages of refusals into the folder of the static files; run it after collectstatic."

    def handle(self, **options: object) -> None:
        folder = settings.STATIC_ROOT / "error-pages"
        folder.mkdir(parents=True, exist_ok=True)
        for name, template in PAGES.items():
            page = render_to_string(template, {"SITE_NAME": settings.SITE_NAME})
            replace(folder / name, page)


def replace(path: Path, text: str) -> None:
    """Write a file that is there whole at any moment, for everybody to read."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.chmod(0o644)
    os.replace(new, path)
