"""Two people who work at the same things at the same moments, each on a connection of their own."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.databases import shared_database
from tests.tips.admin.two_people import make_desk


def together(folder, seconds):
    """Let two people work for some seconds, each doing everything once at least; return what came of it."""
    make_desk()
    environment = os.environ | {
        "DATABASE_URL": shared_database(folder),
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        "STATE_DIR": str(folder),
        # Static files under their own names.
        "DEBUG": "1",
    }
    command = [sys.executable, "-m", "tests.tips.admin.two_people", str(seconds)]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=seconds + 300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_nothing_of_two_people_who_press_at_one_moment_is_lost_or_put_back(tmp_path):
    outcome = together(tmp_path, 0)
    assert outcome["problems"] == []
    assert outcome["done"] >= 4


@pytest.mark.soak
@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_or_put_back_in_ten_minutes(tmp_path):
    outcome = together(tmp_path, 600)
    # Shown by pytest's -rP.
    sys.stdout.write(json.dumps(outcome))
    assert outcome["problems"] == []
    assert outcome["asked"] > 20
    assert outcome["theirs"] > 5
