import pytest

from tests.tipsite.processes import Site, own_database


@pytest.fixture(scope="package")
def prepared_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with own_database(folder) as url:
        site = Site(folder, url)
        for command in (["migrate", "--verbosity=0"], ["collectstatic", "--no-input", "--verbosity=0"]):
            done = site.manage(*command)
            assert done.returncode == 0, done.stderr
        yield site


@pytest.fixture
def site(prepared_site):
    """A migrated site, of which nothing runs before or after the test."""
    yield prepared_site
    prepared_site.end_all()
