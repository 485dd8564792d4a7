import pytest

from tests.tipsite.pages.asking import Readers
from tipsite.pages import state


@pytest.fixture
def readers(monkeypatch):
    """Readers of kept pages, whose application asks the database only where a test lets time pass."""
    monkeypatch.setattr(state, "LOOK_EVERY", 3600)
    return Readers()
