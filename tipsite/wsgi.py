"""The WSGI application that gunicorn serves."""

import os
from pathlib import Path

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tipsite.settings")

_django = get_wsgi_application()

# Only now are the settings and the models there that the page store reads.
from django.conf import settings  # noqa: E402

from tipsite.pages.application import Application  # noqa: E402
from tipsite.pages.counts import COUNTS  # noqa: E402
from tipsite.pages.store import Store  # noqa: E402

_memory = settings.PAGES_MEMORY_MB * 1_000_000
_store = Store(_memory, COUNTS) if _memory else None
application = Application(_django, _store, Path(settings.PAGES_DIR) if settings.PAGES_DIR else None)
