import itertools

import pytest

from tips.importers import pages, store


@pytest.fixture
def bring(tmp_path):
    """Return a function that imports pages, given as texts, in one run."""
    numbers = itertools.count()

    def bring(*texts, **options):
        paths = []
        for text in texts:
            path = tmp_path / f"{next(numbers):03}.txt"
            path.write_text(text)
            paths.append(path)
        return store.write(pages.read(paths), **options)

    return bring
