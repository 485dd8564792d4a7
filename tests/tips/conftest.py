from pathlib import Path

import pytest

ARCHIVE = Path(__file__).parent.parent.parent / "fixtures" / "archive"


@pytest.fixture
def demonstration(db):
    """The demonstration archive, as it stands in its files."""
    from tips.importers import pages, store

    return store.write(pages.read([str(ARCHIVE)]))
