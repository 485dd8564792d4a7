"""What stays beside the site's processes for as long as these run."""

import subprocess
import sys

from django.conf import settings


def test_the_supervisor_has_nothing_of_django_nor_of_the_site_in_memory():
    code = "import sys, tipsite.worker.supervisor; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"django", "gunicorn", "tips", "subscribers", "shield", "desk", "logging.config"}
